package integration

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// transparent checks every message that went through the front, whatever the
// play: the headers that a proxy owns changed as RFC 3261 section 16 says, and
// not one octet of the rest did.
func (s *stage) transparent(t *testing.T) {
	t.Helper()
	cast := slices.Clone(s.callers)
	for _, b := range s.bridges {
		cast = append(cast, b)
	}
	for _, to := range cast {
		for _, got := range to.packets(t) {
			if got.sent || got.method() == "NOTIFY" || got.method() == "OPTIONS" {
				continue
			}
			sent, from, ok := s.origin(t, cast, to, got)
			if !ok {
				require.True(t, hopByHop(got), "%s got what nobody sent:\n%s", to.name, got.raw)
				continue
			}
			what := fmt.Sprintf("%s, from %s to %s", got.start, from.name, to.name)
			if got.isRequest() {
				s.requestForwarded(t, what, sent.message, got.message)
			} else {
				responseForwarded(t, what, sent.message, got.message)
			}
		}
	}
}

// origin finds the message that to got, as its author sent it. Requests and
// responses that the front makes itself have none.
func (s *stage) origin(t *testing.T, cast []*actor, to *actor, got packet) (packet, *actor, bool) {
	if hopByHopRequest(got) || got.status() == 100 {
		return packet{}, nil, false
	}
	for _, from := range cast {
		if from == to {
			continue
		}
		for _, p := range from.packets(t) {
			if p.sent && p.isRequest() == got.isRequest() && p.status() == got.status() &&
				p.get("CSeq") == got.get("CSeq") && p.get("Call-ID") == got.get("Call-ID") &&
				tag(p.get("To")) == tag(got.get("To")) {
				return p, from, true
			}
		}
	}
	return packet{}, nil, false
}

// hopByHop tells if a front may have made the message itself.
func hopByHop(p packet) bool {
	return hopByHopRequest(p) || p.status() == 100 || p.status() >= 300 || p.answers("CANCEL", 200)
}

// hopByHopRequest tells if it is a CANCEL, or the ACK of a failure: one Via.
func hopByHopRequest(p packet) bool {
	return p.isRequest() && (p.method() == "CANCEL" || p.method() == "ACK" && len(p.all("Via")) == 1)
}

// owned are the headers that a proxy may change.
var owned = []string{"Via", "Max-Forwards", "Record-Route", "Route"}

// requestForwarded checks a request on its way through the front.
func (s *stage) requestForwarded(t *testing.T, what string, sent, got message) {
	t.Helper()
	edge := s.front.address().String()
	vias, before := got.all("Via"), sent.all("Via")
	require.Len(t, vias, len(before)+1, "%s: one Via more", what)
	require.Contains(t, vias[0], edge, "%s: the Via on top is the front's", what)
	require.Contains(t, vias[0], ";branch=z9hG4bK", "%s: with the magic cookie", what)
	for i, v := range before {
		require.True(t, strings.HasPrefix(vias[i+1], v), "%s: Via %q became %q", what, v, vias[i+1])
	}
	require.Equal(t, lessOne(sent.get("Max-Forwards")), got.get("Max-Forwards"), "%s: Max-Forwards", what)
	for _, r := range got.all("Route") {
		require.NotContains(t, r, edge, "%s: the front's own Route is taken away", what)
	}
	if sent.is("INVITE") && tag(sent.get("To")) == "" {
		s.recordRouted(t, what, sent, got)
	}
	require.Equal(t, sent.rest(owned...), got.rest(owned...), "%s: headers", what)
	require.Equal(t, string(sent.body), string(got.body), "%s: body", what)
}

// recordRouted checks that the front stays in the path of the dialog: one
// Record-Route above those of others, or two where the transport changes, so
// that each side sees the one that it can reach (RFC 5658).
func (s *stage) recordRouted(t *testing.T, what string, sent, got message) {
	t.Helper()
	want := 1
	if transportOf(sent) != transportOf(got) {
		want = 2
	}
	own := got.all("Record-Route")
	require.Len(t, own, want+len(sent.all("Record-Route")), "%s: Record-Route", what)
	for _, r := range own[:want] {
		require.Contains(t, r, s.front.address().String(), "%s: Record-Route", what)
		require.Regexp(t, `;lr[;>]`, r, "%s: Record-Route", what)
	}
}

// responseForwarded checks a response on its way back.
func responseForwarded(t *testing.T, what string, sent, got message) {
	t.Helper()
	require.Equal(t, sent.start, got.start, "%s: status line", what)
	require.Equal(t, sent.all("Via")[1:], got.all("Via"), "%s: the front's Via is taken away", what)
	require.Equal(t, sent.rest("Via"), got.rest("Via"), "%s: headers", what)
	require.Equal(t, string(sent.body), string(got.body), "%s: body", what)
}

// transportOf is the transport that the topmost Via names.
func transportOf(m message) string {
	via := m.all("Via")[0]
	protocol, _, _ := strings.Cut(via, " ")
	return protocol[strings.LastIndexByte(protocol, '/')+1:]
}

// tag is the tag of a From or To value.
func tag(value string) string {
	_, tag, _ := strings.Cut(value, ";tag=")
	tag, _, _ = strings.Cut(tag, ";")
	return tag
}

// lessOne is the number one below n.
func lessOne(n string) string {
	var v int
	if _, err := fmt.Sscan(n, &v); err != nil {
		return "no number: " + n
	}
	return fmt.Sprint(v - 1)
}
