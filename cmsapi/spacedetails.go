package cmsapi

import (
	"context"
	"net/url"
)

// spaceDetails is a space as coSpaces/<id> shows it: what the list leaves out.
type spaceDetails struct {
	listedSpace
	accessMethods int // how many there are, -1 if it is not told
}

// space reads coSpaces/<id>. A space that is not there is an error of kind Gone.
func (c *Client) space(ctx context.Context, id string) (spaceDetails, error) {
	return fetch(ctx, c, "/coSpaces/"+url.PathEscape(id), nil, decodeSpace)
}

// decodeSpace reads a coSpace document.
func decodeSpace(b []byte) (spaceDetails, error) {
	var doc struct {
		ID        text `xml:"id,attr"`
		URI       text `xml:"uri"`
		Secondary text `xml:"secondaryUri"`
		Tenant    text `xml:"tenant"`
		Methods   text `xml:"numAccessMethods"`
	}
	if err := unmarshal(b, "coSpace", &doc); err != nil {
		return spaceDetails{}, err
	}
	s := spaceDetails{
		listedSpace:   listedSpace{doc.ID.value(), doc.URI.value(), doc.Tenant.value(), doc.Secondary.value()},
		accessMethods: -1,
	}
	if n, err := doc.Methods.number("numAccessMethods", maxCount); err == nil && n != nil { // an odd one only costs a request
		s.accessMethods = *n
	}
	return s, nil
}

// accessMethods reads one page of the access methods of a space: the URIs of
// those that have one.
func (c *Client) accessMethods(ctx context.Context, id string, offset int) (page[listedMethod], error) {
	return fetch(ctx, c, "/coSpaces/"+url.PathEscape(id)+"/accessMethods", pageQuery(offset, rulesLimit), decodeAccessMethods)
}

// listedMethod is an access method of a space.
type listedMethod struct{ id, uri string }

type methodDoc struct {
	ID  text `xml:"id,attr"`
	URI text `xml:"uri"`
}

// decodeAccessMethods reads an accessMethods document. callId is left alone: it
// is no SIP address.
func decodeAccessMethods(b []byte) (page[listedMethod], error) {
	var doc struct {
		Total   text        `xml:"total,attr"`
		Methods []methodDoc `xml:"accessMethod"`
	}
	if err := unmarshal(b, "accessMethods", &doc); err != nil {
		return page[listedMethod]{}, err
	}
	return pageOf(doc.Total, doc.Methods, func(d methodDoc) listedMethod {
		return listedMethod{d.ID.value(), d.URI.value()}
	}), nil
}
