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

func withNamesCache(t *testing.T, l *countingNames, f func(n *names)) {
	synctest.Test(t, func(*testing.T) {
		n := newNames(l)
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
			require.True(t, n.resolve("a.example", func(got []netip.Addr) {
				require.Equal(t, addrs("192.0.2.7", "2001:db8::7"), got)
				woken++
			}))
		}
		_, fresh := n.cached("a.example", time.Now())
		require.False(t, fresh, "not before the answer")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Equal(t, 10, woken)
		require.EqualValues(t, 1, l.asked.Load())
		got, fresh := n.cached("a.example", time.Now())
		require.True(t, fresh)
		require.Len(t, got, 2)
		_, fresh = n.cached("a.example", time.Now().Add(nameLife))
		require.False(t, fresh)
	})
}

// That a name does not resolve is remembered too, but not for long; a lookup
// that hangs is cut off.
func TestNamesThatDoNotResolve(t *testing.T) {
	l := &countingNames{takes: time.Hour}
	withNamesCache(t, l, func(n *names) {
		var woken []netip.Addr
		n.resolve("b.example", func(got []netip.Addr) { woken = append([]netip.Addr{}, got...) })
		time.Sleep(lookupTimeout)
		synctest.Wait()
		require.NotNil(t, woken)
		require.Empty(t, woken)
		got, fresh := n.cached("b.example", time.Now())
		require.True(t, fresh)
		require.Empty(t, got)
		_, fresh = n.cached("b.example", time.Now().Add(negativeLife))
		require.False(t, fresh)
	})
}

// Whoever makes up names can make us ask and remember so much and no more.
func TestNamesAreBounded(t *testing.T) {
	l := &countingNames{takes: time.Second}
	withNamesCache(t, l, func(n *names) {
		taken := 0
		for i := range 2 * maxLookups {
			if n.resolve(fmt.Sprint(i, ".example"), func([]netip.Addr) {}) {
				taken++
			}
		}
		require.Equal(t, maxLookups, taken)
		for range 2 * maxNameWaiters {
			n.resolve("0.example", func([]netip.Addr) {})
		}
		require.Len(t, n.known["0.example"].waiting, maxNameWaiters)
		for i := 0; len(n.known) < maxNames; i++ {
			n.known[fmt.Sprint("old", i)] = &name{}
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		for i := range maxLookups {
			require.True(t, n.resolve(fmt.Sprint("new", i), func([]netip.Addr) {}))
		}
		require.Len(t, n.known, maxNames)
		require.EqualValues(t, maxLookups, l.most.Load())
	})
}

// Close ends lookups at once, and wakes who waits.
func TestNamesClose(t *testing.T) {
	l := &countingNames{takes: time.Hour}
	synctest.Test(t, func(t *testing.T) {
		n := newNames(l)
		woken := false
		n.resolve("c.example", func([]netip.Addr) { woken = true })
		began := time.Now()
		n.close()
		require.True(t, woken)
		require.Zero(t, time.Since(began))
		require.False(t, n.resolve("d.example", func([]netip.Addr) {}))
	})
}
