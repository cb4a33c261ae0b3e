package cmsapi

import "context"

// listedCall is a call as the list of calls shows it: enough to say that
// something of that space runs here, not who is in it.
type listedCall struct {
	id, name, space, correlator string
}

// callsLimit is how many calls are asked for at once.
const callsLimit = 50

// calls reads one page of the calls of this bridge; no other bridge's calls are
// in it.
func (c *Client) calls(ctx context.Context, offset int) (page[listedCall], error) {
	return fetch(ctx, c, "/calls", pageQuery(offset, callsLimit), decodeCalls)
}

// decodeCalls reads a calls document. A call with no id is nothing that could be
// asked about, and is left out.
func decodeCalls(b []byte) (page[listedCall], error) {
	var doc struct {
		Total text `xml:"total,attr"`
		Calls []struct {
			ID         text `xml:"id,attr"`
			Name       text `xml:"name"`
			Space      text `xml:"coSpace"`
			Correlator text `xml:"callCorrelator"`
		} `xml:"call"`
	}
	if err := unmarshal(b, "calls", &doc); err != nil {
		return page[listedCall]{}, err
	}
	p := page[listedCall]{total: pageTotal(doc.Total), received: len(doc.Calls), items: make([]listedCall, 0, len(doc.Calls))}
	for _, call := range doc.Calls {
		if id := call.ID.value(); id != "" {
			p.items = append(p.items, listedCall{id, call.Name.value(), call.Space.value(), call.Correlator.value()})
		}
	}
	return p, nil
}
