package sip

import (
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"bridgehead/sip/wire"
)

// maxServers are kept of one URI: a request tries fewer, and a set of those that
// it has tried is one byte.
const maxServers = 8

// downFor is how long a server that failed is tried after all others of its URI.
const downFor = 30 * time.Second

// servers are what a SIP URI resolves to (RFC 3263 section 4), at least one.
// Which of them are down may change, nothing else. Safe for concurrent use.
type servers struct {
	list []server
	all  []netip.AddrPort // of list, and those that no listener of ours reaches
	down [maxServers]atomic.Int64
}

// server is one address to send to, as SRV ranks it (RFC 2782). Those of one SRV
// record share its number; without SRV there is one such number.
type server struct {
	transport        wire.Transport
	at               netip.AddrPort
	record           uint8
	priority, weight uint16
}

// String is the transport and the address.
func (s server) String() string { return s.transport.Param() + " " + s.at.String() }

func (s *server) hop() wire.Hop { return wire.Hop{Transport: s.transport, Remote: s.at} }

// serverSet is a set of servers by their index in a list.
type serverSet uint8

func (t serverSet) has(i int) bool { return t&(1<<i) != 0 }

// choose is the server that a request tries next, after those that it tried: of
// the others the one with the lowest priority figure, of several by their weights;
// one that failed not long ago only when no other is left. A seed gives the same
// answer each time, so that what has no state goes the way of the rest of its
// dialog (RFC 3263 section 4.4). false when all were tried.
func (s *servers) choose(seed uint64, tried serverSet, now time.Time) (int, bool) {
	if s == nil {
		return 0, false
	}
	if len(s.list) == 1 {
		return 0, !tried.has(0)
	}
	n := now.UnixNano()
	best, counted := -1, uint8(0)
	var total, ties uint64
	for i := range s.list {
		switch record := s.list[i].record; {
		case tried.has(i):
		case s.before(i, best, n):
			best, counted, total, ties = i, record, s.share(i), 1
		case s.before(best, i, n), record == counted:
		default:
			// Each of several is kept with the chance of its share of all so far,
			// which leaves every one of them with its own share at the end.
			counted, total, ties = record, total+s.share(i), ties+1
			if draw(seed, ties)%total < s.share(i) {
				best = i
			}
		}
	}
	return best, best >= 0
}

// before reports that server i is to be tried before b, whatever the weights.
func (s *servers) before(i, b int, now int64) bool {
	if b < 0 {
		return true
	}
	if down, other := s.down[i].Load() > now, s.down[b].Load() > now; down != other {
		return other
	}
	return s.list[i].priority < s.list[b].priority
}

// share is the weight of a server's record. One of 0 keeps a very small chance
// beside others, and an equal one among its like (RFC 2782).
func (s *servers) share(i int) uint64 { return max(1, 256*uint64(s.list[i].weight)) }

// draw is the i-th of a row of figures that look random, the same for each seed.
func draw(seed, i uint64) uint64 {
	x := seed + i*0x9e3779b97f4a7c15 // the finalizer of MurmurHash3
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// fail remembers that a server could not be sent to, or was silent. The address
// is enough: what one transport meets there the other is not spared.
func (s *servers) fail(at netip.AddrPort, now time.Time) {
	if s == nil {
		return
	}
	for i := range s.list {
		if s.list[i].at == at {
			s.down[i].Store(now.Add(downFor).UnixNano())
		}
	}
}

// same reports the same servers, in whatever order: name servers rotate theirs.
func (s *servers) same(o *servers) bool {
	if s == nil || len(s.list) != len(o.list) || len(s.all) != len(o.all) {
		return false
	}
	for i := range s.list {
		x := s.list[i]
		if !slices.ContainsFunc(o.list, func(y server) bool { x.record = y.record; return x == y }) {
			return false
		}
	}
	return !slices.ContainsFunc(s.all, func(a netip.AddrPort) bool { return !slices.Contains(o.all, a) })
}

// succeed takes over what an earlier answer for the same URI has taught: which are
// down, and, where no SRV ranks them, which one is in use.
func (s *servers) succeed(old *servers) {
	if old == nil {
		return
	}
	if i := slices.IndexFunc(s.list, func(x server) bool { return x.at == old.list[0].at && x.transport == old.list[0].transport }); i > 0 &&
		s.list[i].record == s.list[0].record {
		first := s.list[i]
		s.list = slices.Insert(slices.Delete(s.list, i, i+1), 0, first)
	}
	for i := range s.list {
		for j := range old.list {
			if s.list[i].at == old.list[j].at {
				s.down[i].Store(old.down[j].Load())
			}
		}
	}
}

// has reports that one of the servers is at an address, over a transport.
func (s *servers) has(t wire.Transport, at netip.AddrPort) bool {
	return s != nil && slices.ContainsFunc(s.list, func(x server) bool { return x.transport == t && x.at == at })
}

// serversOf are the servers in a list that a listener of ours reaches; all of it
// where none does, so that the failure to send tells what is wrong. nil of nothing.
func (p *Proxy) serversOf(found []server) *servers {
	if len(found) == 0 {
		return nil
	}
	s := &servers{}
	for _, x := range found {
		s.all = append(s.all, x.at)
		if _, err := p.stack.LocalFor(x.transport, x.at.Addr()); err == nil && len(s.list) < maxServers {
			s.list = append(s.list, x)
		}
	}
	if len(s.list) == 0 {
		s.list = slices.Clone(found[:min(len(found), maxServers)])
	}
	return s
}
