package transaction

import (
	"bytes"
	"fmt"
	"net/netip"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"bridgehead/sip/wire"
)

// chaos is a core, a network and their peers that do anything at any time, and
// watch what must hold whatever happens.
type chaos struct {
	*rapid.T
	layer *Layer
	now   time.Time
	calls map[string]*chaosCall // By Call-ID.
	legs  []*chaosLeg
	acks  map[string]int // Sent during this step, by branch.
	tidy  bool           // The core gives up what rings.
	live  int
}

type chaosCall struct {
	id       string
	method   string
	up       wire.Hop
	ref      Ref
	finals   map[int]bool // Sent upstream since the Request.
	released bool
	ended    bool
	legs     int
}

type chaosLeg struct {
	call      *chaosCall
	ref       Ref
	index     int
	branch    string
	request   []byte
	cancel    []byte
	token     uint64
	final     int // Shown to the core.
	failed    bool
	abandoned bool
}

func (c *chaos) Send(to wire.Hop, token uint64, p []byte) {
	var m wire.Message
	require.NoError(c, m.Parse(bytes.Clone(p)))
	if m.IsRequest() {
		branch := string(m.Text(m.Via.Branch))
		switch m.Method {
		case wire.ACK:
			c.acks[branch]++
			return
		case wire.CANCEL:
			c.legOf(branch).cancel = m.Bytes
			return
		}
		leg := c.legOf(branch)
		require.False(c, leg.call.ended, "a request after Ended")
		require.Zero(c, leg.final, "a request is repeated after its final response")
		leg.request, leg.token = m.Bytes, token
		return
	}
	if m.Method == wire.CANCEL || m.Has(wire.RetryAfter) {
		return // The layer's own words: 200 or 481, or 503 for a full table.
	}
	call := c.calls[string(m.Text(m.CallID))]
	if m.Status < 200 {
		require.Empty(c, call.finals, "a 1xx after a final response")
		return
	}
	for status := range call.finals {
		ok := status == m.Status || status/100 == 2 && m.Status/100 == 2
		require.True(c, ok, "%d after %d", m.Status, status)
	}
	call.finals[m.Status] = true
}

func (c *chaos) legOf(branch string) *chaosLeg {
	for _, leg := range c.legs {
		if leg.branch == branch {
			return leg
		}
	}
	require.Fail(c, "a branch that the core did not make", branch)
	return nil
}

func (c *chaos) callOf(tx *Tx) *chaosCall {
	call := tx.Data().(*chaosCall)
	require.Equal(c, call.ref, tx.Ref())
	require.False(c, call.ended, "a callback after Ended")
	return call
}

func (c *chaos) legView(tx *Tx, b *Branch) *chaosLeg {
	leg := c.legOf(string(b.ID()))
	require.Same(c, c.callOf(tx), leg.call)
	require.Equal(c, leg.index, b.Index())
	return leg
}

func (c *chaos) Request(tx *Tx, m *wire.Message) {
	old := c.calls[string(m.Text(m.CallID))]
	c.live++
	// An earlier transaction of the same request may still have branches.
	call := &chaosCall{id: old.id, method: old.method, up: old.up, ref: tx.Ref(), finals: map[int]bool{}}
	c.calls[call.id] = call
	tx.SetData(call)
	c.act(tx)
}

func (c *chaos) ACK(time.Time, *wire.Message, wire.Hop, Sender) {}

func (c *chaos) Response(tx *Tx, b *Branch, m *wire.Message) {
	leg := c.legView(tx, b)
	require.False(c, leg.failed, "a response after a failure")
	if leg.abandoned {
		require.Equal(c, 2, m.Status/100, "shown for an abandoned branch")
	}
	if leg.final != 0 {
		require.True(c, leg.final/100 == 2 && m.Status/100 == 2, "%d after %d", m.Status, leg.final)
	}
	if m.Status >= 200 {
		leg.final = m.Status
		if m.Status >= 300 && tx.Method() == wire.INVITE {
			require.Equal(c, 1, c.acks[leg.branch], "not acknowledged before it is shown")
		}
	}
	c.act(tx)
}

func (c *chaos) Failed(tx *Tx, b *Branch, cause Cause) {
	leg := c.legView(tx, b)
	require.False(c, leg.failed || leg.abandoned || leg.final != 0)
	leg.failed = cause != CauseTimerC
	require.Equal(c, leg.failed, b.Done())
	if c.tidy && cause == CauseTimerC {
		leg.abandoned = true
		tx.Abandon(b)
		return
	}
	c.act(tx)
}

func (c *chaos) Cancelled(tx *Tx, m *wire.Message) {
	require.Empty(c, c.callOf(tx).finals)
	c.act(tx)
}

func (c *chaos) Timer(tx *Tx) { c.act(tx) }

func (c *chaos) Released(tx *Tx) {
	call := c.callOf(tx)
	require.False(c, call.released)
	require.Nil(c, tx.Message())
	call.released = true
}

func (c *chaos) Ended(tx *Tx) {
	call := c.callOf(tx)
	call.ended = true
	c.live--
}

func (c *chaos) Build(tx *Tx, b *Branch, dst []byte) []byte {
	leg := c.legView(tx, b)
	require.False(c, leg.call.released, "Build after Released")
	msg := []byte(callerRequest(leg.call.method, "own", "UDP"))
	if leg.call.id != "" {
		msg = tx.Message()
		require.Contains(c, string(msg), leg.call.id)
	}
	line := bytes.Index(msg, []byte("\r\n")) + 2
	dst = append(dst, msg[:line]...)
	dst = append(dst, "Via: SIP/2.0/UDP 198.51.100.1:5060;branch="...)
	dst = append(append(dst, b.ID()...), "\r\n"...)
	return append(dst, msg[line:]...)
}

// act does some of what a core may do with a transaction.
func (c *chaos) act(tx *Tx) {
	if c.tidy {
		return
	}
	call := c.callOf(tx)
	for range rapid.IntRange(0, 2).Draw(c.T, "core acts") {
		var b *Branch
		if call.legs > 0 {
			b = tx.Branch(rapid.IntRange(0, call.legs-1).Draw(c.T, "branch"))
		}
		switch act := rapid.IntRange(0, 9).Draw(c.T, "core act"); {
		case act <= 2:
			transport := rapid.SampledFrom([]wire.Transport{wire.UDP, wire.TCP}).Draw(c.T, "down")
			b := tx.NewBranch(wire.Hop{Transport: transport, Remote: netip.MustParseAddrPort("203.0.113.1:5060")}, 0)
			if b == nil {
				break
			}
			c.legs = append(c.legs, &chaosLeg{call: call, ref: call.ref, index: call.legs, branch: string(b.ID())})
			call.legs++
			if rapid.IntRange(0, 9).Draw(c.T, "send") > 0 {
				tx.Send(b)
			}
		case act <= 4:
			status := rapid.SampledFrom([]int{100, 180, 183, 200, 202, 302, 404, 486, 487, 603}).Draw(c.T, "status")
			text := fmt.Sprintf("SIP/2.0 %d X\r\nVia: SIP/2.0/UDP 192.0.2.1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: %s\r\nCSeq: 1 %s\r\nContent-Length: 0\r\n\r\n",
				status, call.id, call.method)
			before := len(call.finals) > 0
			if tx.Respond(status, []byte(text)) && before {
				require.Equal(c, 2, status/100)
			}
		case b == nil:
		case act == 5:
			tx.Cancel(b, []byte("Reason: SIP;cause=200\r\n"))
		case act == 6:
			c.legOf(string(b.ID())).abandoned = true
			tx.Abandon(b)
		case act == 7:
			tx.Send(b)
		case act == 8:
			tx.SetTimer(time.Duration(rapid.IntRange(0, 40_000).Draw(c.T, "timer")) * time.Millisecond)
		case act == 9 && rapid.IntRange(0, 5).Draw(c.T, "drop") == 0:
			tx.Drop()
		}
	}
}

func (c *chaos) wait(d time.Duration) {
	s := c.layer.shards[0]
	for end := c.now.Add(d); ; {
		rest, ok := s.rest(c.now)
		if !ok || c.now.Add(rest).After(end) {
			c.now = end
			return
		}
		c.now = c.now.Add(rest)
		for s.expire(c.now, c) {
			clear(c.acks)
		}
		clear(c.acks)
	}
}
