package integration

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// restored takes back what the edge had to do to a message that went through it,
// and checks that it did it: on a request its Via above all others, Record-Route
// where a dialog begins, one less in Max-Forwards, and in the sender's Via where
// it came from; on a response its own Via taken away. What comes out must be what
// was sent, octet for octet.
func (r *rack) restored(t *testing.T, sent string, got message, v voice) string {
	t.Helper()
	before, err := readMessage([]byte(sent))
	require.NoError(t, err)
	lines := []string{got.start}
	vias := 0
	for _, h := range got.headers {
		switch {
		case h.is("Via"):
			if vias++; vias == 1 {
				require.Equal(t, r.viaOf(t, got).line, h.line, "the edge's Via is the first")
				continue
			}
			if vias == 2 {
				h.line = r.unstamped(t, before, h, v.from.Addr())
			}
		case h.is("Record-Route") && strings.Contains(h.value, r.own):
			require.Regexp(t, `^<sip:[\w-]{24}@`+regexp.QuoteMeta(r.own)+`(;transport=\w+)?;lr>$`, h.value)
			continue
		case h.is("Max-Forwards"):
			n, err := strconv.Atoi(h.value)
			require.NoError(t, err)
			if before.get("Max-Forwards") == "" {
				require.Equal(t, 70, n, "Max-Forwards where there was none")
				continue
			}
			was, err := strconv.Atoi(before.get("Max-Forwards"))
			require.NoError(t, err)
			require.Equal(t, was-1, n, "Max-Forwards")
			h.line = slices.DeleteFunc(slices.Clone(before.headers), func(h header) bool { return !h.is("Max-Forwards") })[0].line
		}
		lines = append(lines, h.line)
	}
	require.Equal(t, len(before.all("Via"))+1, len(got.all("Via")), "one Via more")
	r.recordRouted(t, before, got, v)
	return strings.Join(lines, "\r\n") + "\r\n\r\n" + string(got.body)
}

// viaOf is the edge's own Via, which is the first.
func (r *rack) viaOf(t *testing.T, m message) header {
	t.Helper()
	for _, h := range m.headers {
		if h.is("Via") {
			require.Regexp(t, `^SIP/2\.0/(UDP|TCP) `+regexp.QuoteMeta(r.own)+`;branch=z9hG4bK[^;,]+$`, h.value)
			return h
		}
	}
	require.Fail(t, "no Via", "%s", m.raw)
	return header{}
}

// recordRouted checks that a request that begins a dialog carries the edge's
// Record-Route above all others, or two where the transport changes
// (RFC 5658), and any other request none.
func (r *rack) recordRouted(t *testing.T, before, got message, v voice) {
	t.Helper()
	want := 0
	if slices.Contains([]string{"INVITE", "SUBSCRIBE", "REFER", "NOTIFY", "UPDATE"}, got.method()) {
		want = 1
		if transportOf(got) != v.over {
			want = 2
		}
	}
	all := got.all("Record-Route")
	require.Len(t, all, want+len(before.all("Record-Route")))
	for i, value := range all {
		require.Equal(t, i < want, strings.Contains(value, r.own), value)
	}
}

// unstamped takes back what the edge wrote into the sender's Via: received where
// its sent-by is another host than the source, rport where that was asked for
// (RFC 3261 section 18.2.1, RFC 3581).
func (r *rack) unstamped(t *testing.T, before message, h header, source netip.Addr) string {
	t.Helper()
	i := slices.IndexFunc(before.headers, func(h header) bool { return h.is("Via") })
	was := before.headers[i].line
	if was == h.line {
		sentBy := regexp.MustCompile(`/\s*\w+\s+(\[[^\]]*\]|[^\s:;,]+)`).FindStringSubmatch(h.value)[1]
		host, err := netip.ParseAddr(strings.Trim(sentBy, "[]"))
		require.NoError(t, err, "a Via whose host is a name has no received: %s", h.line)
		require.Equal(t, source, host.Unmap(), "a Via of another host has no received: %s", h.line)
		return was
	}
	stamp := fmt.Sprintf("received=%s", source)
	require.Equal(t, 1, strings.Count(h.line, stamp), h.line)
	line := regexp.MustCompile(`;rport=\d+`).ReplaceAllString(h.line, ";rport")
	if old := regexp.MustCompile(`received=[^;,\s]+`).FindString(was); old != "" {
		return strings.Replace(line, stamp, old, 1)
	}
	return strings.Replace(line, ";"+stamp, "", 1)
}
