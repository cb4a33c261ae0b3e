package cmsapi

import (
	"context"
	"strings"
)

// listedUser is a user as the list of users shows it.
type listedUser struct{ id, jid, tenant string }

// users reads one page of users.
func (c *Client) users(ctx context.Context, offset int) (page[listedUser], error) {
	return fetch(ctx, c, "/users", pageQuery(offset, rulesLimit), decodeUsers)
}

type userDoc struct {
	ID     text `xml:"id,attr"`
	JID    text `xml:"userJid"`
	Tenant text `xml:"tenant"`
}

func decodeUsers(b []byte) (page[listedUser], error) {
	var doc struct {
		Total text      `xml:"total,attr"`
		Users []userDoc `xml:"user"`
	}
	if err := unmarshal(b, "users", &doc); err != nil {
		return page[listedUser]{}, err
	}
	return pageOf(doc.Total, doc.Users, func(d userDoc) listedUser {
		return listedUser{d.ID.value(), strings.ToLower(d.JID.value()), d.Tenant.value()}
	}), nil
}
