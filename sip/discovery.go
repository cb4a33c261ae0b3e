package sip

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"bridgehead/sip/wire"
)

// Lookup asks the DNS. Each method may block until ctx ends, and none is called on
// the call path. No records and no error say that there are none. The duration is
// how long the answer may be kept, 0 where that is not known.
type Lookup interface {
	// Addresses are the A and AAAA records of a host, best first (RFC 6724).
	Addresses(ctx context.Context, host string) ([]netip.Addr, time.Duration, error)
	// SRV are the SRV records of a name such as _sip._udp.example.com (RFC 2782).
	SRV(ctx context.Context, name string) ([]SRV, time.Duration, error)
	// NAPTR are the NAPTR records of a domain (RFC 3403).
	NAPTR(ctx context.Context, domain string) ([]NAPTR, time.Duration, error)
}

// SRV is an SRV record: a host and port with what ranks them. Target "." says that
// the service is not offered.
type SRV struct {
	Priority, Weight, Port uint16
	Target                 string
}

// NAPTR is a NAPTR record, without the regular expression, which is empty where
// SIP uses it.
type NAPTR struct {
	Order, Preference           uint16
	Flags, Service, Replacement string
}

// query is all of a URI that its servers depend on.
type query struct {
	host      string         // lower case
	port      uint16         // 0: it names none
	transport wire.Transport // UDP where it names none
	named     bool           // it names one
}

// Bounds of one look-up.
const (
	lookupTimeout = 2 * time.Second // all of it
	recordTimeout = time.Second     // NAPTR and SRV: a name server that swallows them leaves time for what is there without
	maxRecords    = 8               // SRV records that are looked up further
	maxAddresses  = 8               // of one name
	maxPerRecord  = 4               // of one SRV target
)

// The transports that a URI leaves to us, in the order in which we would have
// them, with their names in NAPTR and SRV. One without a listener is not asked for.
var discovered = []struct {
	transport    wire.Transport
	naptr, label string
}{
	{wire.UDP, "SIP+D2U", "_sip._udp."},
	{wire.TCP, "SIP+D2T", "_sip._tcp."},
}

// errNotOffered is for a domain that has SRV records with the target "." alone.
var errNotOffered = errors.New("its SRV records say that it takes no SIP")

// found is what a look-up gave.
type found struct {
	servers []server
	life    time.Duration // 0: not known
	unsure  bool          // NAPTR or SRV could not be asked: they may say otherwise
}

// discover is RFC 3263 sections 4.1 and 4.2: from a URI to its servers. A port in
// the URI leaves nothing but addresses to ask for. Without one, NAPTR says which
// transport its domain wants and SRV where; where it has neither, what the URI
// says with the default port. All is asked for at once, as a caller is waiting.
func (n *names) discover(ctx context.Context, q query) (found, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	if q.port != 0 || q.transport == wire.TLS {
		return n.plain(ctx, q)
	}
	var (
		asks    sync.WaitGroup
		plain   found
		failure error
		naptr   []NAPTR
		life    time.Duration
		unsure  bool
		direct  [2]service
	)
	asks.Go(func() { plain, failure = n.plain(ctx, q) })
	if !q.named {
		asks.Go(func() { naptr, life, unsure = n.naptr(ctx, q.host) })
	}
	for i, d := range discovered {
		if n.speaks(d.transport) && (!q.named || d.transport == q.transport) {
			asks.Go(func() { direct[i] = n.service(ctx, d.transport, d.label+q.host) })
		}
	}
	asks.Wait()

	for _, r := range naptr {
		s := n.chosen(ctx, r, direct[:])
		unsure = unsure || s.unsure
		if len(s.servers) > 0 {
			return found{s.servers, shorter(life, s.life), unsure}, nil
		}
	}
	closed := false
	for _, s := range direct {
		unsure = unsure || s.unsure
		if len(s.servers) > 0 {
			return found{s.servers, s.life, unsure}, nil
		}
		closed = closed || s.closed
	}
	if closed && !unsure {
		return found{}, errNotOffered
	}
	plain.unsure = unsure
	return plain, failure
}

// plain is a look-up of addresses alone.
func (n *names) plain(ctx context.Context, q query) (found, error) {
	addrs, life, err := n.lookup.Addresses(ctx, q.host)
	if err != nil {
		return found{}, err
	}
	port := q.port
	if port == 0 {
		port = defaultPortOf(q.transport)
	}
	f := found{life: life}
	for _, a := range unmapped(addrs[:min(len(addrs), maxAddresses)]) {
		f.servers = append(f.servers, server{transport: q.transport, at: netip.AddrPortFrom(a, port)})
	}
	return f, nil
}

// service is what the SRV records of one name say.
type service struct {
	name string
	found
	closed bool // that there is no such service
}

// service asks for the SRV records of a name and the addresses of their targets.
// A failure counts as no record, since addresses may still be there, but is told.
func (n *names) service(ctx context.Context, t wire.Transport, name string) service {
	s := service{name: name}
	var failed atomic.Bool
	ask, cancel := context.WithTimeout(ctx, recordTimeout)
	records, life, err := n.lookup.SRV(ask, name)
	cancel()
	if s.unsure = err != nil; s.unsure {
		return s
	}
	records = slices.DeleteFunc(records, func(r SRV) bool {
		none := r.Target == "." || r.Target == ""
		s.closed = s.closed || none
		return none || r.Port == 0
	})
	slices.SortStableFunc(records, func(a, b SRV) int { return cmp.Compare(a.Priority, b.Priority) })
	records = records[:min(len(records), maxRecords)]
	s.life = life

	var asks sync.WaitGroup
	addrs := make([][]netip.Addr, len(records))
	lives := make([]time.Duration, len(records))
	for i, r := range records {
		asks.Go(func() {
			var err error
			if addrs[i], lives[i], err = n.lookup.Addresses(ctx, trimDot(r.Target)); err != nil {
				failed.Store(true)
			}
		})
	}
	asks.Wait()
	s.unsure = failed.Load()
	for i, r := range records {
		for _, a := range unmapped(addrs[i][:min(len(addrs[i]), maxPerRecord)]) {
			s.servers = append(s.servers, server{t, netip.AddrPortFrom(a, r.Port), uint8(i), r.Priority, r.Weight})
			s.life = shorter(s.life, lives[i])
		}
	}
	return s
}

// naptr are the records of a domain that lead to a transport of ours, best first.
// A failure counts as none, since SRV may be there, but is told.
func (n *names) naptr(ctx context.Context, domain string) (_ []NAPTR, _ time.Duration, unsure bool) {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	records, life, err := n.lookup.NAPTR(ctx, domain)
	if err != nil {
		return nil, 0, true
	}
	records = slices.DeleteFunc(records, func(r NAPTR) bool {
		t, ok := transportOfService(r.Service)
		return !ok || !n.speaks(t) || !strings.EqualFold(r.Flags, "s") || trimDot(r.Replacement) == ""
	})
	slices.SortStableFunc(records, func(a, b NAPTR) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Preference, b.Preference))
	})
	return records[:min(len(records), len(discovered))], life, false
}

// chosen is the service that a NAPTR record names, asked for unless it is one of
// those that are known.
func (n *names) chosen(ctx context.Context, r NAPTR, known []service) service {
	name := strings.ToLower(trimDot(r.Replacement))
	for _, s := range known {
		if s.name == name {
			return s
		}
	}
	t, _ := transportOfService(r.Service)
	return n.service(ctx, t, name)
}

func transportOfService(service string) (wire.Transport, bool) {
	for _, d := range discovered {
		if strings.EqualFold(service, d.naptr) {
			return d.transport, true
		}
	}
	return 0, false
}

func trimDot(name string) string { return strings.TrimSuffix(name, ".") }

// shorter is the shorter of two lives, of which 0 is not known.
func shorter(a, b time.Duration) time.Duration {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// unmapped are addresses as the rest of the program compares them: an IPv4
// address is never written as an IPv6 one.
func unmapped(addrs []netip.Addr) []netip.Addr {
	out := make([]netip.Addr, len(addrs))
	for i, a := range addrs {
		out[i] = a.Unmap()
	}
	return out
}
