package dns

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/miekg/dns"

	"bridgehead/sip"
)

// Client is a sip.Lookup. All methods block until an answer, an error, or the end
// of ctx, and are safe for concurrent use. Errors name the question and the name
// server.
type Client struct {
	servers servers
	hosts   *net.Resolver // knows the hosts file alone
	system  *net.Resolver
}

var _ sip.Lookup = (*Client)(nil)

// resolvConf is where Unix systems say who their name servers are, resolv.conf(5).
const resolvConf = "/etc/resolv.conf"

// New makes a client of the name servers in /etc/resolv.conf.
func New() *Client {
	return &Client{
		servers: servers{path: resolvConf},
		hosts: &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("only the hosts file is read")
		}},
		system: net.DefaultResolver,
	}
}

// SRV returns the SRV records of a name (RFC 2782), in the order of the answer.
func (c *Client) SRV(ctx context.Context, name string) (out []sip.SRV, life time.Duration, err error) {
	records, err := c.exchange(ctx, name, dns.TypeSRV)
	for _, r := range records {
		if r, ok := r.(*dns.SRV); ok {
			out = append(out, sip.SRV{Priority: r.Priority, Weight: r.Weight, Port: r.Port, Target: r.Target})
		}
	}
	return out, lifeOf(records), err
}

// NAPTR returns the NAPTR records of a domain (RFC 3403) that have no regular
// expression, since SIP uses none, in the order of the answer.
func (c *Client) NAPTR(ctx context.Context, domain string) (out []sip.NAPTR, life time.Duration, err error) {
	records, err := c.exchange(ctx, domain, dns.TypeNAPTR)
	for _, r := range records {
		if r, ok := r.(*dns.NAPTR); ok && r.Regexp == "" {
			out = append(out, sip.NAPTR{Order: r.Order, Preference: r.Preference, Flags: r.Flags, Service: r.Service, Replacement: r.Replacement})
		}
	}
	return out, lifeOf(records), err
}

// lifeOf is the shortest TTL of an answer, which is what all of it together is
// good for; at least a nanosecond, since 0 would be not to know.
func lifeOf(records []dns.RR) time.Duration {
	if len(records) == 0 {
		return 0
	}
	least := records[0].Header().Ttl
	for _, r := range records {
		least = min(least, r.Header().Ttl)
	}
	return max(time.Duration(least)*time.Second, 1)
}
