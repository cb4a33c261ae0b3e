package dns

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// Addresses returns the addresses of a host, best first: those of the hosts file,
// else A and AAAA records, else what the system's own resolver finds, which alone
// knows search lists and further sources. The duration is 0 where nobody said it.
// No addresses and no error mean that there is no such host.
func (c *Client) Addresses(ctx context.Context, host string) ([]netip.Addr, time.Duration, error) {
	if addrs, err := c.hosts.LookupNetIP(ctx, "ip", host); err == nil && len(addrs) > 0 {
		return addrs, 0, nil
	}
	if strings.Contains(host, ".") {
		if addrs, life := c.records(ctx, host); len(addrs) > 0 {
			return addrs, life, nil
		}
	}
	addrs, err := c.system.LookupNetIP(ctx, "ip", host)
	if e := new(net.DNSError); errors.As(err, &e) && e.IsNotFound {
		return nil, 0, nil
	}
	return addrs, 0, err
}

// records are a host's A and AAAA records, asked for at the same time. An error
// counts as no record, since the system's resolver is asked next.
func (c *Client) records(ctx context.Context, host string) (addrs []netip.Addr, life time.Duration) {
	var both sync.WaitGroup
	var answers [2][]dns.RR
	for i, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
		both.Go(func() { answers[i], _ = c.exchange(ctx, host, kind) })
	}
	both.Wait()
	for _, records := range answers {
		found := len(addrs)
		for _, r := range records {
			var ip net.IP
			switch r := r.(type) {
			case *dns.A:
				ip = r.A
			case *dns.AAAA:
				ip = r.AAAA
			}
			if a, ok := netip.AddrFromSlice(ip); ok {
				addrs = append(addrs, a.Unmap())
			}
		}
		if l := lifeOf(records); len(addrs) > found && (life == 0 || l < life) {
			life = l
		}
	}
	sortByUse(addrs)
	return addrs, life
}

// sortByUse puts addresses into the order in which they are worth trying from
// here: RFC 6724 section 6 as far as it tells the families apart.
func sortByUse(addrs []netip.Addr) {
	if !slices.ContainsFunc(addrs, netip.Addr.Is6) {
		return
	}
	ranks := make(map[netip.Addr]int, len(addrs))
	for _, a := range addrs {
		ranks[a] = rank(a, sourceFor(a))
	}
	slices.SortStableFunc(addrs, func(a, b netip.Addr) int { return cmp.Compare(ranks[a], ranks[b]) })
}

func rank(to, from netip.Addr) int {
	switch {
	case !from.IsValid():
		return 3 // rule 1: no way there
	case to.Is6() && (to.IsPrivate() || from.IsPrivate()):
		return 2 // rules 5 and 6: unique local, on either side
	case to.Is4():
		return 1
	}
	return 0
}

// sourceFor is the address that packets to a would leave from, none without a
// route. Nothing is sent.
func sourceFor(a netip.Addr) netip.Addr {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, 9)))
	if err != nil {
		return netip.Addr{}
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
}
