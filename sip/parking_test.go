package sip

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// slowNames answers when it is told to.
type slowNames map[string]chan netip.Addr

func (s slowNames) LookupNetIP(ctx context.Context, _, host string) ([]netip.Addr, error) {
	select {
	case a := <-s[host]:
		if a.IsValid() {
			return []netip.Addr{a}, nil
		}
	case <-ctx.Done():
	}
	return nil, errors.New("no such host")
}

func withNames(hosts ...string) (slowNames, option) {
	s := slowNames{}
	return s, func(set *Settings) { // inside of the bubble, as its channels must be
		for _, h := range hosts {
			s[h] = make(chan netip.Addr, 1)
		}
		set.Lookup = addressesOnly{s}
	}
}

// toPhone is a request of the bridge's side of a dialog for a host name.
func (d dialog) toPhone(method, branch, host string) string {
	return strings.Replace(d.fromBridge(method, branch, d.route), "sip:alice@"+cucmAddr, "sip:alice@"+host, 1)
}

// DESIGN 5, parking: an INVITE that waits for a name has its 100; a CANCEL of
// it gets 200 and our own 487, and the name that comes later wakes nobody.
func TestCancelOfParkedInvite(t *testing.T) {
	names, option := withNames("one.example.com", "two.example.com")
	withEdge(t, func(e *testEdge) {
		d := e.establish(newCall("p1", "sip:pinned@meet.example.com"))
		first := d.toPhone("INVITE", "x", "one.example.com")
		e.in(cms1Addr, first)
		require.Equal(t, 100, e.one().msg.Status)
		require.EqualValues(t, 1, e.p.parked.Load())
		e.in(cms1Addr, strings.NewReplacer("INVITE", "CANCEL").Replace(first))
		all := e.take()
		require.Len(t, all, 2, "%v", texts(all))
		require.Equal(t, 200, all[0].msg.Status)
		require.Equal(t, 487, all[1].msg.Status)

		// The response context of the first one may serve the next call, which
		// waits as well: each must wake by its own name alone.
		e.in(cms1Addr, d.toPhone("INVITE", "y", "two.example.com"))
		require.Equal(t, 100, e.one().msg.Status)
		names["one.example.com"] <- netip.MustParseAddr("192.0.2.98")
		require.Empty(t, e.take())
		names["two.example.com"] <- netip.MustParseAddr("192.0.2.99")
		require.Equal(t, "192.0.2.99:5060", e.one().to.Remote.String())
		require.Zero(t, e.p.parked.Load())
	}, option)
}

// A name that does not resolve ends what waits for it; a second request for it
// is refused at once.
func TestParkedRequestWithoutAddress(t *testing.T) {
	withEdge(t, func(e *testEdge) {
		d := e.establish(newCall("p2", "sip:pinned@meet.example.com"))
		e.in(cms1Addr, d.toPhone("BYE", "x", "silent.example.com"))
		require.Empty(t, e.take())
		e.after(lookupTimeout)
		require.Equal(t, 480, e.one().msg.Status)
		e.in(cms1Addr, d.toPhone("BYE", "y", "silent.example.com"))
		require.Equal(t, 480, e.one().msg.Status)
		e.after(70 * time.Second)
		require.Zero(t, e.p.layer.Stats().Open)
	}, func(s *Settings) { s.Lookup = addressesOnly{slowNames{}} })
}
