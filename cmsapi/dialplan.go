package cmsapi

import (
	"context"
	"net/url"
)

// rulesLimit is how many rules, IVRs, users or access methods are asked for at
// once.
const rulesLimit = 100

// inboundRule says what a domain resolves to.
type inboundRule struct {
	id, domain, tenant        string
	priority                  int
	spaces, ivrs, users, lync bool
	flagged                   bool // at least one flag was told
	kept                      bool // not in the newest list, which may have missed it
}

// forwardingRule says what becomes of a call to a domain that no inbound rule
// has.
type forwardingRule struct {
	id, pattern string
	priority    int
	reject      bool
	kept        bool
}

// listedIVR is an IVR. Its tenant is not in the list.
type listedIVR struct {
	id, uri, tenant string
	known           bool // the tenant is
	kept            bool
}

// inboundDoc is an inboundDialPlanRule, listed or alone.
type inboundDoc struct {
	ID       text `xml:"id,attr"`
	Domain   text `xml:"domain"`
	Priority text `xml:"priority"`
	Tenant   text `xml:"tenant"`
	Users    text `xml:"resolveToUsers"`
	Spaces   text `xml:"resolveTocoSpaces"`
	Spaces2  text `xml:"resolveToCoSpaces"`
	IVRs     text `xml:"resolveToIvrs"`
	Lync     text `xml:"resolveToLyncConferences"`
	Simple   text `xml:"resolveToLyncSimplejoin"`
}

// rule is d as it is used. A rule that tells no flag at all resolves to all but
// Lync, so that nothing is refused for what is not known; where it tells some,
// those left out are false, as software drops flags (resolveToUsers in 3.0).
func (d inboundDoc) rule() inboundRule {
	spaces := d.Spaces
	if spaces.value() == "" {
		spaces = d.Spaces2
	}
	r := inboundRule{id: d.ID.value(), domain: foldDomain(d.Domain.value()), tenant: d.Tenant.value(), priority: priority(d.Priority)}
	r.flagged = spaces.value() != "" || d.Users.value() != "" || d.IVRs.value() != "" || d.Lync.value() != "" || d.Simple.value() != ""
	r.spaces, r.ivrs, r.users = spaces.boolean(!r.flagged), d.IVRs.boolean(!r.flagged), d.Users.boolean(!r.flagged)
	r.lync = d.Lync.boolean(false) || d.Simple.boolean(false)
	return r
}

// inboundRules reads one page of inboundDialPlanRules.
func (c *Client) inboundRules(ctx context.Context, offset int) (page[inboundRule], error) {
	return fetch(ctx, c, "/inboundDialPlanRules", pageQuery(offset, rulesLimit), decodeInboundRules)
}

func decodeInboundRules(b []byte) (page[inboundRule], error) {
	var doc struct {
		Total text         `xml:"total,attr"`
		Rules []inboundDoc `xml:"inboundDialPlanRule"`
	}
	if err := unmarshal(b, "inboundDialPlanRules", &doc); err != nil {
		return page[inboundRule]{}, err
	}
	return pageOf(doc.Total, doc.Rules, inboundDoc.rule), nil
}

// inboundRule reads one inboundDialPlanRule, for what its list leaves out.
func (c *Client) inboundRule(ctx context.Context, id string) (inboundRule, error) {
	return fetch(ctx, c, "/inboundDialPlanRules/"+url.PathEscape(id), nil, decodeInboundRule)
}

func decodeInboundRule(b []byte) (inboundRule, error) {
	var doc inboundDoc
	if err := unmarshal(b, "inboundDialPlanRule", &doc); err != nil {
		return inboundRule{}, err
	}
	return doc.rule(), nil
}

type forwardingDoc struct {
	ID       text `xml:"id,attr"`
	Pattern  text `xml:"matchPattern"`
	Priority text `xml:"priority"`
	Action   text `xml:"action"`
}

// rule is d as it is used; an action that is not told forwards.
func (d forwardingDoc) rule() forwardingRule {
	return forwardingRule{id: d.ID.value(), pattern: foldDomain(d.Pattern.value()), priority: priority(d.Priority), reject: d.Action.value() == "reject"}
}

// forwardingRules reads one page of forwardingDialPlanRules.
func (c *Client) forwardingRules(ctx context.Context, offset int) (page[forwardingRule], error) {
	return fetch(ctx, c, "/forwardingDialPlanRules", pageQuery(offset, rulesLimit), decodeForwardingRules)
}

func decodeForwardingRules(b []byte) (page[forwardingRule], error) {
	var doc struct {
		Total text            `xml:"total,attr"`
		Rules []forwardingDoc `xml:"forwardingDialPlanRule"`
	}
	if err := unmarshal(b, "forwardingDialPlanRules", &doc); err != nil {
		return page[forwardingRule]{}, err
	}
	return pageOf(doc.Total, doc.Rules, forwardingDoc.rule), nil
}

type ivrDoc struct {
	ID     text `xml:"id,attr"`
	URI    text `xml:"uri"`
	Tenant text `xml:"tenant"`
}

func (d ivrDoc) ivr() listedIVR {
	tenant := d.Tenant.value()
	return listedIVR{id: d.ID.value(), uri: foldURI(d.URI.value()), tenant: tenant, known: tenant != ""}
}

// ivrs reads one page of ivrs.
func (c *Client) ivrs(ctx context.Context, offset int) (page[listedIVR], error) {
	return fetch(ctx, c, "/ivrs", pageQuery(offset, rulesLimit), decodeIVRs)
}

func decodeIVRs(b []byte) (page[listedIVR], error) {
	var doc struct {
		Total text     `xml:"total,attr"`
		IVRs  []ivrDoc `xml:"ivr"`
	}
	if err := unmarshal(b, "ivrs", &doc); err != nil {
		return page[listedIVR]{}, err
	}
	return pageOf(doc.Total, doc.IVRs, ivrDoc.ivr), nil
}

// ivr reads ivrs/<id>, for its tenant.
func (c *Client) ivr(ctx context.Context, id string) (listedIVR, error) {
	return fetch(ctx, c, "/ivrs/"+url.PathEscape(id), nil, decodeIVR)
}

func decodeIVR(b []byte) (listedIVR, error) {
	var doc ivrDoc
	if err := unmarshal(b, "ivr", &doc); err != nil {
		return listedIVR{}, err
	}
	v := doc.ivr()
	v.known = true
	return v, nil
}

// priority reads a rule's priority; one that is odd is 0, the lowest there is.
func priority(t text) int {
	n, err := t.number("priority", maxUnits)
	if err != nil || n == nil {
		return 0
	}
	return *n
}
