package sip

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// countingNames answers after a while, and counts the questions.
type countingNames struct {
	asked, open, most atomic.Int32
	takes             time.Duration
	found             []netip.Addr
}

func (c *countingNames) LookupNetIP(ctx context.Context, _, _ string) ([]netip.Addr, error) {
	c.asked.Add(1)
	n := c.open.Add(1)
	defer c.open.Add(-1)
	c.most.Store(max(c.most.Load(), n))
	select {
	case <-time.After(c.takes):
		if len(c.found) > 0 {
			return c.found, nil
		}
	case <-ctx.Done():
	}
	return nil, errors.New("no such host")
}

// testNames is a cache over a Lookup without SRV, for an edge that has UDP alone
// and reaches every address.
func testNames(l *countingNames) *names {
	return newNames(addressesOnly{l}, func(t wire.Transport) bool { return t == wire.UDP }, func(list []server) *servers {
		if len(list) == 0 {
			return nil
		}
		return &servers{list: list}
	})
}

func asked(host string) query { return query{host: host, transport: wire.UDP} }

func addressesOf(s *servers) (out []netip.Addr) {
	for i := 0; s != nil && i < len(s.list); i++ {
		out = append(out, s.list[i].at.Addr())
	}
	return out
}

func withNamesCache(t *testing.T, l *countingNames, f func(n *names)) {
	synctest.Test(t, func(*testing.T) {
		n := testNames(l)
		defer n.close()
		f(n)
	})
}

// One question serves all who wait for a name, and its answer lives for a while.
func TestNamesAreAskedOnce(t *testing.T) {
	l := &countingNames{takes: time.Second, found: addrs("::ffff:192.0.2.7", "2001:db8::7")}
	withNamesCache(t, l, func(n *names) {
		woken := 0
		for range 10 {
			require.True(t, n.resolve(asked("a.example"), func(got *servers) {
				require.Equal(t, addrs("192.0.2.7", "2001:db8::7"), addressesOf(got))
				woken++
			}))
		}
		_, fresh := n.cached(asked("a.example"), time.Now())
		require.False(t, fresh, "not before the answer")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Equal(t, 10, woken)
		require.EqualValues(t, 1, l.asked.Load())
		got, fresh := n.cached(asked("a.example"), time.Now())
		require.True(t, fresh)
		require.Len(t, got.list, 2)
		_, fresh = n.cached(asked("a.example"), time.Now().Add(nameLife))
		require.False(t, fresh)
	})
}

// That a name does not resolve is remembered too, but not for long; a lookup
// that hangs is cut off.
func TestNamesThatDoNotResolve(t *testing.T) {
	l := &countingNames{takes: time.Hour}
	withNamesCache(t, l, func(n *names) {
		woken := 0
		n.resolve(asked("b.example"), func(got *servers) { require.Nil(t, got); woken++ })
		time.Sleep(lookupTimeout)
		synctest.Wait()
		require.Equal(t, 1, woken)
		got, fresh := n.cached(asked("b.example"), time.Now())
		require.True(t, fresh)
		require.Nil(t, got)
		_, fresh = n.cached(asked("b.example"), time.Now().Add(negativeLife))
		require.False(t, fresh)
	})
}

// Whoever makes up names can make us ask and remember so much and no more.
func TestNamesAreBounded(t *testing.T) {
	l := &countingNames{takes: time.Second}
	withNamesCache(t, l, func(n *names) {
		taken := 0
		for i := range 2 * maxLookups {
			if n.resolve(asked(fmt.Sprint(i, ".example")), func(*servers) {}) {
				taken++
			}
		}
		require.Equal(t, maxLookups, taken)
		for range 2 * maxNameWaiters {
			n.resolve(asked("0.example"), func(*servers) {})
		}
		n.mu.Lock() // whoever asks writes there, if much later
		require.Len(t, n.known[asked("0.example")].waiting, maxNameWaiters)
		for i := 0; len(n.known) < maxNames; i++ {
			n.known[asked(fmt.Sprint("old", i))] = &name{}
		}
		n.mu.Unlock()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		for i := range maxLookups {
			require.True(t, n.resolve(asked(fmt.Sprint("new", i)), func(*servers) {}))
		}
		n.mu.Lock()
		require.Len(t, n.known, maxNames)
		n.mu.Unlock()
		require.EqualValues(t, maxLookups, l.most.Load())
	})
}

// Close ends lookups at once, and wakes who waits.
func TestNamesClose(t *testing.T) {
	l := &countingNames{takes: time.Hour}
	synctest.Test(t, func(t *testing.T) {
		n := testNames(l)
		woken := false
		n.resolve(asked("c.example"), func(*servers) { woken = true })
		began := time.Now()
		n.close()
		require.True(t, woken)
		require.Zero(t, time.Since(began))
		require.False(t, n.resolve(asked("d.example"), func(*servers) {}))
	})
}
