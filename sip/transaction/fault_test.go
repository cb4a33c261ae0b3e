package transaction

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// emptyBuild is a core that cannot build its request.
type emptyBuild struct{ *world }

func (emptyBuild) Build(*Tx, *Branch, []byte) []byte { return nil }

func TestUnbuildableRequest(t *testing.T) {
	w := newWorld(t, wire.UDP, wire.UDP, Options{})
	w.layer.user = emptyBuild{w}
	w.receive(callerRequest("INVITE", "x", "UDP"))
	require.Equal(t, "Request INVITE, up 100", w.look())
	w.wait(10 * time.Millisecond)
	require.Equal(t, "Failed0 transport error", w.look())
}

// A core whose Build goes wrong later on costs ACK and CANCEL, and nothing else.
func TestGarbledRequest(t *testing.T) {
	w := newWorld(t, wire.UDP, wire.UDP, Options{})
	w.receive(callerRequest("INVITE", "x", "UDP"))
	w.garble = true
	w.reply(w.answer(0, "INVITE", 486))
	w.reply(w.answer(0, "INVITE", 486))
	require.Equal(t, "Request INVITE, up 100, down0 INVITE, Response0 486, up 486, Released", w.look())
	w.ack("x")
	w.wait(time.Minute)
	require.Equal(t, "Ended", w.look())

	w.garble = false
	w.receive(callerRequest("INVITE", "y", "UDP"))
	w.garble = true
	w.reply(w.answer(1, "INVITE", 180))
	w.receive(callerRequest("CANCEL", "y", "UDP"))
	require.Equal(t, "Request INVITE, up 100, down1 INVITE, Response0 180, up 180, up 200 CANCEL, Cancelled", w.look())
	w.wait(33 * time.Second)
	require.Equal(t, "Failed0 timeout", w.look())
	w.act([]string{"respond", "487"})
	w.ack("y")

	// Abandoned before, so that the CANCEL would be prepared with the final response.
	w.garble = false
	w.receive(callerRequest("INVITE", "z", "UDP"))
	w.garble = true
	w.act([]string{"abandon", "0"})
	w.act([]string{"respond", "480"})
	w.ack("z")
	w.reply(w.answer(2, "INVITE", 180))
	w.reply(w.answer(2, "INVITE", 503))
	require.Equal(t, "up 487, Released, Request INVITE, up 100, down2 INVITE, up 480, Released", w.look())
	w.wait(time.Minute)
	w.requireEmpty()
}

func TestPanicsOfTheUser(t *testing.T) {
	w := newWorld(t, wire.UDP, wire.UDP, Options{})
	at := ""
	w.onEvent = func(_ *Tx, event string) {
		if event == at {
			panic(event)
		}
	}
	for i, c := range []struct {
		at   string
		act  []string
		want string
	}{
		{"Request INVITE", []string{"caller", "INVITE"}, "Request INVITE, up 500, Ended"},
		{"Response0 180", []string{"callee", "0", "180"}, "Response0 180, Ended"},
		{"Cancelled", []string{"caller", "CANCEL"}, "up 200 CANCEL, Cancelled, Ended"},
		{"Ended", []string{"drop"}, "Released, Ended"},
		{"Released", []string{"drop"}, "Released, Ended"},
		{"Failed0 transport error", []string{"undelivered", "0"}, "Failed0 transport error, Ended"},
	} {
		at = ""
		w.branches, w.sent = nil, nil
		w.park = c.act[0] == "drop"
		if i > 0 {
			w.act([]string{"caller", "INVITE"})
		}
		w.look()
		at = c.at
		require.Panics(t, func() { w.act(c.act) }, c.at)
		require.Equal(t, c.want, w.look())
		at = ""
		if i == 0 {
			w.act([]string{"caller", "ACK"})
			require.Equal(t, "nothing", w.look(), "the ACK of our 500")
		}
		w.wait(time.Minute) // The CANCEL's own transaction.
		w.requireEmpty()
	}

	w.park = false
	// In the timer goroutine a panic ends its transaction alone.
	for _, c := range []struct {
		at   string
		act  [][]string
		want string
	}{
		{"Timer", [][]string{{"timer", "1s"}}, "Timer, Ended"},
		{"Failed0 timeout", nil, "Failed0 timeout, Ended"},
	} {
		at = ""
		w.branches, w.sent = nil, nil
		w.act([]string{"caller", "INVITE"})
		for _, a := range c.act {
			w.act(a)
		}
		at = c.at
		panics := w.layer.Stats().Panics
		w.wait(time.Minute)
		require.Equal(t, panics+1, w.layer.Stats().Panics)
		require.True(t, strings.HasSuffix(w.look(), c.want))
		w.requireEmpty()
	}
}
