package transaction

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"bridgehead/sip/wire"
)

func TestRandomInterleavings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &chaos{T: t, now: time.Unix(0, 0), calls: map[string]*chaosCall{}, acks: map[string]int{}}
		c.layer = New(Options{User: c, Shards: 1, MaxTransactions: 12})
		receive := func(t *rapid.T, method string) {
			if len(c.calls) == 0 {
				t.Skip("no call")
			}
			call := c.calls[fmt.Sprintf("%d@192.0.2.1", rapid.IntRange(0, len(c.calls)-1).Draw(t, "call"))]
			var m wire.Message
			name, _, _ := strings.Cut(call.id, "@")
			if method == "" {
				method = call.method
			}
			require.NoError(t, m.Parse([]byte(callerRequest(method, name, call.up.Transport.String()))))
			c.layer.Request(c.now, &m, call.up, c)
		}
		drawLeg := func(t *rapid.T) *chaosLeg {
			if len(c.legs) == 0 {
				t.Skip("no branch")
			}
			leg := c.legs[rapid.IntRange(0, len(c.legs)-1).Draw(t, "leg")]
			if leg.request == nil {
				t.Skip("not sent")
			}
			return leg
		}
		// reply answers and checks that a refusal is acknowledged whenever the branch
		// still knows of it.
		reply := func(t *rapid.T, leg *chaosLeg, request []byte, status int) {
			var req, m wire.Message
			require.NoError(t, req.Parse(request))
			require.NoError(t, m.Parse(wire.AppendResponse(nil, &req, status, "X", wire.ResponseOptions{ToTag: []byte("b")})))
			want := 0
			if s := c.layer.shards[0]; req.Method == wire.INVITE && status >= 300 {
				if tx := s.lookup(leg.ref.slot, leg.ref.gen, ^uint32(0)); tx != nil {
					if b := tx.Branch(leg.index); (b.state.pending() || b.state == clientCompleted) && (leg.call.id == "" || !m.Via.Last) {
						want = 1
					}
					s.unbind()
				}
			}
			c.layer.Response(c.now, &m, wire.Hop{}, c)
			require.Equal(t, want, c.acks[leg.branch])
		}
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				c.T = t
				clear(c.acks)
			},
			"new call": func(t *rapid.T) {
				c.T = t
				id := fmt.Sprintf("%d@192.0.2.1", len(c.calls))
				c.calls[id] = &chaosCall{
					id:     id,
					method: rapid.SampledFrom([]string{"INVITE", "INVITE", "BYE"}).Draw(t, "method"),
					up: wire.Hop{
						Transport: rapid.SampledFrom([]wire.Transport{wire.UDP, wire.TCP}).Draw(t, "up"),
						Remote:    netip.MustParseAddrPort("192.0.2.1:5060"),
					},
				}
			},
			"request": func(t *rapid.T) { c.T = t; receive(t, "") },
			"cancel":  func(t *rapid.T) { c.T = t; receive(t, "CANCEL") },
			"ack":     func(t *rapid.T) { c.T = t; receive(t, "ACK") },
			"originate": func(t *rapid.T) {
				c.T = t
				call := &chaosCall{method: rapid.SampledFrom([]string{"INVITE", "OPTIONS"}).Draw(t, "own"), finals: map[int]bool{}}
				c.layer.Originate(c.now, wire.ParseMethod([]byte(call.method)), call, c, func(tx *Tx) {
					c.live++
					call.ref = tx.Ref()
					c.act(tx)
				})
			},
			"core": func(t *rapid.T) {
				c.T = t
				if len(c.legs) > 0 {
					c.layer.Post(drawLeg(t).ref, c.now, c, c.act)
				}
			},
			"response": func(t *rapid.T) {
				c.T = t
				leg := drawLeg(t)
				status := rapid.SampledFrom([]int{100, 180, 183, 200, 302, 404, 486, 487, 503, 603}).Draw(t, "status")
				reply(t, leg, leg.request, status)
			},
			"response to CANCEL": func(t *rapid.T) {
				c.T = t
				if leg := drawLeg(t); leg.cancel != nil {
					reply(t, leg, leg.cancel, rapid.SampledFrom([]int{100, 200, 481}).Draw(t, "status"))
				}
			},
			"undelivered": func(t *rapid.T) {
				c.T = t
				c.layer.Undelivered(c.now, drawLeg(t).token, os.ErrClosed, c)
			},
			"wait": func(t *rapid.T) {
				c.T = t
				c.wait(time.Duration(rapid.OneOf(rapid.IntRange(1, 900), rapid.IntRange(1, 40_000)).Draw(t, "ms")) * time.Millisecond)
			},
		})
		c.T, c.tidy = t, true
		c.wait(time.Hour)
		s := c.layer.shards[0]
		require.Zero(t, c.live, "Ended was not called for each")
		require.Zero(t, s.records.used())
		require.Zero(t, s.branches.used())
		require.Zero(t, s.index.count)
		require.Zero(t, s.wheel.count)
		for i := range s.buffers.classes {
			require.Zero(t, s.buffers.classes[i].busy, "buffers of class %d", i)
		}
		require.Zero(t, c.layer.Stats().Panics)
	})
}
