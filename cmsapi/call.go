package cmsapi

import (
	"context"
	"net/url"
)

// callDetails is one call as calls/<id> shows it on one bridge.
type callDetails struct {
	space, callType string
	local, remote   int // participants on this bridge, and on the others
	distributed     int // other bridges that host participants
	activeWhenEmpty bool
}

// call reads calls/<id>. A call that has ended is an error of kind Gone.
func (c *Client) call(ctx context.Context, id string) (callDetails, error) {
	return fetch(ctx, c, "/calls/"+url.PathEscape(id), nil, decodeCall)
}

// decodeCall reads a call document. Counts that are left out are 0: CMS omits
// those that do not apply. activeWhenEmpty is true unless it says otherwise, as
// in CMS.
func decodeCall(b []byte) (callDetails, error) {
	var doc struct {
		Space           text `xml:"coSpace"`
		Type            text `xml:"callType"`
		Local           text `xml:"numParticipantsLocal"`
		Remote          text `xml:"numParticipantsRemote"`
		Distributed     text `xml:"numDistributedInstances"`
		ActiveWhenEmpty text `xml:"activeWhenEmpty"`
	}
	if err := unmarshal(b, "call", &doc); err != nil {
		return callDetails{}, err
	}
	d := callDetails{
		space:           doc.Space.value(),
		callType:        doc.Type.value(),
		activeWhenEmpty: doc.ActiveWhenEmpty.boolean(true),
	}
	var err error
	for _, f := range []struct {
		to   *int
		from text
		name string
	}{
		{&d.local, doc.Local, "numParticipantsLocal"},
		{&d.remote, doc.Remote, "numParticipantsRemote"},
		{&d.distributed, doc.Distributed, "numDistributedInstances"},
	} {
		if *f.to, err = f.from.count(f.name); err != nil {
			return callDetails{}, err
		}
	}
	return d, nil
}
