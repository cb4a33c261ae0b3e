package cmsapi

import "context"

// listedSpace is a space as the list of spaces shows it.
type listedSpace struct {
	id, uri, tenant string
	secondary       string // secondaryUri, which lists may leave out
}

// spacesLimit is how many spaces are asked for at once: few enough to be
// answered quickly, many enough to get through a large directory.
const spacesLimit = 200

// spaces reads one page of the spaces of this bridge's database.
func (c *Client) spaces(ctx context.Context, offset int) (page[listedSpace], error) {
	return fetch(ctx, c, "/coSpaces", pageQuery(offset, spacesLimit), decodeSpaces)
}

// decodeSpaces reads a coSpaces document. Spaces without an id are left out;
// those without a uri are kept, since they count in the total.
func decodeSpaces(b []byte) (page[listedSpace], error) {
	var doc struct {
		Total  text `xml:"total,attr"`
		Spaces []struct {
			ID     text `xml:"id,attr"`
			URI    text `xml:"uri"`
			Tenant text `xml:"tenant"`
			Second text `xml:"secondaryUri"`
		} `xml:"coSpace"`
	}
	if err := unmarshal(b, "coSpaces", &doc); err != nil {
		return page[listedSpace]{}, err
	}
	p := page[listedSpace]{total: pageTotal(doc.Total), received: len(doc.Spaces), items: make([]listedSpace, 0, len(doc.Spaces))}
	for _, s := range doc.Spaces {
		if id := s.ID.value(); id != "" {
			p.items = append(p.items, listedSpace{id, s.URI.value(), s.Tenant.value(), s.Second.value()})
		}
	}
	return p, nil
}
