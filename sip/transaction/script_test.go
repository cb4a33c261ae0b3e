package transaction

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

var rewrite = flag.Bool("rewrite", false, "write what happens into the scripts; read the difference before you keep it")

// TestScripts plays the scripts of testdata. A script line reads "action -> what
// happens", in order: what is sent up to the caller or down to branch N, and what the
// core is told. Lines that begin with # are comments. See actions for what can be
// done; "wait" puts the time in seconds since the script's start before each item.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { playScript(t, file) })
	}
}

func playScript(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	w := newWorld(t, wire.UDP, wire.UDP, Options{})
	var out bytes.Buffer
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			fmt.Fprintln(&out, line)
			continue
		}
		action, want, ok := strings.Cut(line, "->")
		want = strings.TrimSpace(want)
		words := strings.Fields(action)
		if !ok && words[0] == "begin" {
			w = begin(t, words[1:])
			fmt.Fprintln(&out, line)
			continue
		}
		require.True(t, ok || *rewrite, "%s:%d: no arrow", file, n)
		w.act(words)
		got := w.look()
		fmt.Fprintf(&out, "%s -> %s\n", strings.TrimSpace(action), got)
		if !*rewrite {
			require.Equal(t, want, got, "%s:%d: %s", file, n, action)
		}
	}
	w.wait(10 * time.Minute)
	w.requireEmpty()
	if *rewrite {
		require.NoError(t, os.WriteFile(file, out.Bytes(), 0o644))
	}
}

// begin starts anew: transports of the caller and the callee, then "park" (requests
// wait for the script) and "quiet" (so do responses and CANCELs).
func begin(t *testing.T, words []string) *world {
	transports := map[string]wire.Transport{"udp": wire.UDP, "tcp": wire.TCP, "tls": wire.TLS}
	w := newWorld(t, transports[words[0]], transports[words[1]], Options{})
	for _, word := range words[2:] {
		switch word {
		case "park":
			w.park = true
		case "quiet":
			w.quiet = true
		default:
			require.Fail(t, "unknown option", word)
		}
	}
	return w
}

// act does one action:
//
//	caller METHOD            the caller sends it, always with the same branch
//	caller ACK own           an ACK with a branch of its own, as for a 2xx
//	callee N STATUS          the callee of branch N answers
//	callee N CANCEL STATUS   it answers the CANCEL
//	wait DURATION            time passes
//	branch                   the core adds a branch and sends
//	respond STATUS           the core answers by itself; "(refused)" if it may not
//	cancel N, abandon N      the core gives branch N up
//	drop                     the core ends the server half
//	timer DURATION           the core sets its timer, "timer off" stops it
//	undelivered N            the transport could not write the request of branch N
//	originate METHOD         a request of our own, one branch
func (w *world) act(words []string) {
	w.timed = words[0] == "wait"
	defer func() { w.timed = false }()
	arg := func(i int) string {
		if i < len(words) {
			return words[i]
		}
		return ""
	}
	num := func(i int) int {
		n, err := strconv.Atoi(arg(i))
		require.NoError(w.t, err, "%v", words)
		return n
	}
	core := func(f func(tx *Tx)) {
		if !w.post(len(w.refs)-1, f) {
			w.note("(gone)")
		}
	}
	switch words[0] {
	case "caller":
		branch := "call"
		if arg(2) == "own" {
			branch = "another"
		}
		if arg(1) == "ACK" {
			w.ack(branch)
			return
		}
		w.receive(callerRequest(arg(1), branch, w.callerHop.Transport.String()))
	case "callee":
		if arg(2) == "CANCEL" {
			w.reply(w.answer(num(1), "CANCEL", num(3)))
			return
		}
		method := "INVITE"
		if len(w.sent) > 0 && !w.wasSent("INVITE") {
			method = "BYE"
		}
		w.reply(w.answer(num(1), method, num(2)))
	case "wait":
		d, err := time.ParseDuration(arg(1))
		require.NoError(w.t, err)
		w.wait(d)
	case "branch":
		core(func(tx *Tx) {
			if b := tx.NewBranch(w.calleeHop, 0); b != nil {
				tx.Send(b)
				return
			}
			w.note("(refused)")
		})
	case "respond":
		core(func(tx *Tx) {
			if !w.respond(tx, num(1)) {
				w.note("(refused)")
			}
		})
	case "cancel":
		core(func(tx *Tx) { tx.Cancel(tx.Branch(num(1)), []byte("Reason: SIP;cause=200\r\n")) })
	case "abandon":
		core(func(tx *Tx) { tx.Abandon(tx.Branch(num(1))) })
	case "drop":
		core(func(tx *Tx) { tx.Drop() })
	case "timer":
		core(func(tx *Tx) {
			if arg(1) == "off" {
				tx.StopTimer()
				return
			}
			d, err := time.ParseDuration(arg(1))
			require.NoError(w.t, err)
			tx.SetTimer(d)
		})
	case "undelivered":
		w.layer.Undelivered(w.now, w.tokenOf(num(1)), os.ErrClosed, w)
	case "originate":
		require.True(w.t, w.layer.Originate(w.now, wire.ParseMethod([]byte(arg(1))), nil, w, func(tx *Tx) {
			w.live++
			w.refs = append(w.refs, tx.Ref())
			tx.Send(tx.NewBranch(w.calleeHop, 0))
		}))
	default:
		require.Fail(w.t, "unknown action", words[0])
	}
}

// ack sends an ACK with this branch and the To tag of the latest final response.
func (w *world) ack(branch string) {
	request := callerRequest("ACK", branch, w.callerHop.Transport.String())
	if w.toTag != "" {
		request = strings.Replace(request, "To: <sip:room@example.com>", "To: <sip:room@example.com>;tag="+w.toTag, 1)
	}
	w.receive(request)
}

func (w *world) wasSent(method string) bool {
	for _, s := range w.sent {
		if bytes.HasPrefix(s.bytes, []byte(method+" ")) {
			return true
		}
	}
	return false
}

func (w *world) tokenOf(branch int) uint64 {
	for _, s := range w.sent {
		if s.token != 0 && bytes.Contains(s.bytes, []byte(w.branches[branch])) {
			return s.token
		}
	}
	require.Fail(w.t, "branch was not sent", strconv.Itoa(branch))
	return 0
}
