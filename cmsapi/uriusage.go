package cmsapi

import (
	"context"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// usage is what the bridge says uses a URI; more than one at once only where
// they can be told apart by the rule that leads there.
type usage struct {
	space     string // its id
	ivr, user bool
}

// none reports whether nothing uses the URI.
func (u usage) none() bool { return u == usage{} }

// uriUsage asks what uses the user part uri in a tenant, "" for none.
func (c *Client) uriUsage(ctx context.Context, tenant, uri string) (usage, error) {
	form := url.Values{"uri": {uri}}
	if tenant != "" {
		form.Set("tenant", tenant)
	}
	var u usage
	b, err := c.post(ctx, "/uriUsageQuery", form)
	if err == nil {
		if u, err = decodeUsage(b); err != nil {
			err = c.failed(apiPrefix+"/uriUsageQuery", err)
		}
	}
	if e, ok := errors.AsType[*Error](err); ok {
		e.Method = http.MethodPost
	}
	return u, err
}

// decodeUsage reads a uriUsageQuery document. Only userId has been seen in the
// vendor's examples; the other names follow from it, so their case and their
// ending are not insisted on.
func decodeUsage(b []byte) (usage, error) {
	var doc struct {
		Elements []struct {
			XMLName xml.Name
			Text    text `xml:",chardata"`
		} `xml:",any"`
	}
	if err := unmarshal(b, "uriUsageQuery", &doc); err != nil {
		return usage{}, err
	}
	var u usage
	for _, e := range doc.Elements {
		id := e.Text.value()
		if id == "" {
			continue
		}
		switch strings.TrimSuffix(strings.ToLower(e.XMLName.Local), "id") {
		case "cospace":
			u.space = id
		case "ivr":
			u.ivr = true
		case "user":
			u.user = true
		}
	}
	return u, nil
}
