package integration

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// ordeal is a message that is hard to read, and what a proxy owes it.
type ordeal struct {
	name string   // what it is; of RFC 4475, the file below testdata/torture
	edit []string // old, new, ...: how what is sent differs from the text
	out  []string // old, new, ...: how what arrives differs from that, beside the lines that are a proxy's
	owes int      // passed, dropped, or the status of the edge's answer
	why  string
	up   bool // a bridge sends it, and call control gets it
	text string

	alone bool // branch, sent-by and method are those of an earlier one, so that it counts as repeated there
}

// What a proxy may owe beside an answer of its own.
const (
	passed  = 0  // it goes on, and the answer comes back
	dropped = -1 // nobody ever hears of it
)

// TestTorture holds the edge to what RFC 4475 and section 16 of RFC 3261 say of
// each message.
func TestTorture(t *testing.T) {
	t.Parallel()
	r := newRack(t, nil)
	racks := []*rack{r}
	another := func() {
		r = newRack(t, r.report)
		racks = append(racks, r)
	}
	names := make(map[string]bool)
	for _, o := range tortures {
		o.text = tortureFile(t, o.name)
		if o.alone {
			another()
		}
		file, _, _ := strings.Cut(o.name, ",")
		names[file] = true
		if !t.Run(o.name, func(t *testing.T) { r.undergo(t, o) }) {
			another() // what is still under way would spoil the others
		}
	}
	files, err := filepath.Glob(filepath.Join("testdata", "torture", "*.dat"))
	require.NoError(t, err)
	require.Len(t, names, len(files), "every message is in the table")
	r.print(t)
	for _, r := range racks {
		r.settled(t)
	}
}

// tortureFile is a message of RFC 4475, octet for octet.
func tortureFile(t *testing.T, name string) string {
	t.Helper()
	name, _, _ = strings.Cut(name, ",")
	raw, err := os.ReadFile(filepath.Join("testdata", "torture", name+".dat"))
	require.NoError(t, err)
	return string(raw)
}

// newRack is an edge that the names in RFC 4475 lead to. Answers over UDP go to
// the ports that the messages name, so these are not free ones; the addresses are
// this test's own.
func newRack(t *testing.T, report []string) *rack {
	t.Helper()
	net := newNetwork()
	r := &rack{report: report}
	r.caller = newPeerAt(t, netip.AddrPortFrom(net.host(hostCaller), 5060))
	r.odd = []*peer{newPeerAt(t, netip.AddrPortFrom(net.host(hostCaller), 5050))}
	r.bridge = newPeerAt(t, netip.AddrPortFrom(net.host(hostBridge), 5060))
	r.open(t, net, tortureBridge, r.bridge.addr, settings{
		advertise: tortureEdge, domains: tortureDomains, policy: patient,
	})
	r.own = fmt.Sprintf("%s:%d", tortureEdge, r.edge.address().Port())
	return r
}

// undergo sends one message, judges what becomes of it, and shows that the edge
// is none the worse.
func (r *rack) undergo(t *testing.T, o ordeal) {
	t.Helper()
	text := strings.NewReplacer(o.edit...).Replace(o.text)
	arrives := strings.NewReplacer(o.out...).Replace(text)
	sender, taker := r.caller, r.bridge
	if o.up {
		sender, taker = r.bridge, r.caller
	}
	v := r.voiceOf(t, sender, text)
	verdict := "not as owed"
	defer func() {
		r.report = append(r.report, fmt.Sprintf("%-44s %-8s %-11s %s", o.name, outcomeName(o.owes), verdict, o.why))
	}()
	v.say([]byte(text))

	// The edge treats what one socket sends in order, so what it makes of the
	// message comes before the answer to what follows.
	answers := slices.DeleteFunc(r.fence(t, v), func(m message) bool { return m.status() == 100 })
	if o.owes > 0 {
		require.Len(t, answers, 1, "one answer")
		refused(t, o.owes, text, answers[0])
	} else {
		require.Empty(t, answers, "the edge itself answers nothing")
	}
	arrived := r.after(t, taker)
	if o.owes == passed {
		if len(arrived) == 0 { // written after what the sender heard, by another socket
			arrived = append(arrived, r.nextOf(t, taker))
		}
		require.Equal(t, arrives, r.restored(t, text, arrived[0], v), "what arrives, with the edge's own changes undone")
		r.answerPassed(t, v, taker, text, arrived[0])
		arrived = arrived[1:]
	}
	require.Empty(t, arrived, "nothing else arrives")
	r.unharmed(t)
	verdict = "ok"
}

func outcomeName(owes int) string {
	switch owes {
	case passed:
		return "passed"
	case dropped:
		return "dropped"
	}
	return strconv.Itoa(owes)
}

// refused checks an answer of the edge's own: what the code asks for is there, and
// what the request had for the answer to repeat.
func refused(t *testing.T, status int, text string, m message) {
	t.Helper()
	sent, err := readMessage([]byte(text))
	require.NoError(t, err)
	require.Equal(t, status, m.status(), "%s", m.raw)
	for _, name := range []string{"From", "Call-ID", "CSeq"} {
		require.Equal(t, sent.get(name), m.get(name), name)
	}
	require.True(t, strings.HasPrefix(m.get("To"), sent.get("To")), m.get("To"))
	require.Empty(t, m.body)
	switch status {
	case 405:
		require.Contains(t, m.get("Allow"), "INVITE")
	case 420:
		require.Equal(t, sent.get("Proxy-Require"), m.get("Unsupported"))
	}
}

// answerPassed has the taker answer and follows the answer back.
func (r *rack) answerPassed(t *testing.T, v voice, taker *peer, sent string, got message) {
	t.Helper()
	status := "200 Gut so"
	if got.is("INVITE") {
		status = "486 Nicht  jetzt"
	}
	body := []byte("\x00\xff\n\r not text")
	answer := replyTo(got, status, fmt.Sprintf("X-Odd :  kept \r\nContent-Length: %d\r\n", len(body)), body)
	taker.send(t, r.edge.address(), answer)
	var back message
	for back = v.next(); back.status() == 100; back = v.next() {
	}
	require.Equal(t, string(withoutLine(answer, r.viaOf(t, got).line)), string(back.raw), "the answer, back at the sender")
	if got.is("INVITE") {
		require.Equal(t, []string{"ACK"}, []string{r.nextOf(t, taker).method()}, "the edge acknowledges")
		v.say(ackFor(sent, back))
	}
}

// replyTo is reply for requests whose To has its tag in odd places.
func replyTo(m message, status, extra string, body []byte) []byte {
	if !regexp.MustCompile(`(?i);\s*tag\s*=`).MatchString(m.get("To")) {
		return reply(m, status, extra, body)
	}
	b := []byte("SIP/2.0 " + status + "\r\n")
	for _, h := range m.headers {
		for _, name := range []string{"Via", "Record-Route", "From", "To", "Call-ID", "CSeq"} {
			if h.is(name) {
				b = append(b, h.line+"\r\n"...)
			}
		}
	}
	return append(append(b, extra+"\r\n"...), body...)
}

// ackFor is the ACK of a refused INVITE, whatever that looks like.
func ackFor(invite string, refusal message) []byte {
	m, err := readMessage([]byte(invite))
	if err != nil {
		return nil
	}
	b := "ACK " + m.requestURI() + " SIP/2.0\r\n"
	vias := 0
	for _, h := range m.headers {
		if h.is("Via") {
			vias++
		}
		if h.is("Via") && vias == 1 || h.is("From") || h.is("Call-ID") {
			b += h.line + "\r\n"
		}
	}
	b += "Max-Forwards: 70\r\n"
	number, _, _ := strings.Cut(m.get("CSeq"), " ")
	return []byte(b + "To: " + refusal.get("To") + "\r\nCSeq: " + number + " ACK\r\nContent-Length: 0\r\n\r\n")
}
