package cmsapi

import "context"

// Load reads system/load: the mediaProcessingLoad of the bridge in load units,
// the number that CMS's own load balancing compares.
func (c *Client) Load(ctx context.Context) (int, error) {
	return fetch(ctx, c, "/system/load", nil, decodeLoad)
}

// decodeLoad reads a load document. There is no sensible default for a load, so
// one that is absent is as wrong as one that is negative.
func decodeLoad(b []byte) (int, error) {
	var doc struct {
		Load text `xml:"mediaProcessingLoad"`
	}
	if err := unmarshal(b, "load", &doc); err != nil {
		return 0, err
	}
	n, err := doc.Load.number("mediaProcessingLoad", maxUnits)
	if err != nil {
		return 0, err
	}
	if n == nil {
		return 0, &documentError{"mediaProcessingLoad is missing"}
	}
	return *n, nil
}
