package wire

import (
	"bytes"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// seeds adds every message that the other tests know.
func seeds(f *testing.F) {
	paths, err := filepath.Glob(filepath.Join("testdata", "*", "*.txt"))
	require.NoError(f, err)
	for _, path := range paths {
		f.Add(crlf(readScript(f, path).sections["message"]))
	}
	for _, c := range faultCases {
		f.Add(crlf(strings.Replace(sound, c.old, c.new, 1)))
	}
	f.Add(invite)
	f.Add(ok)
}

// FuzzParse holds for any bytes: no panic, every span inside the message, fields one behind the other, and an answer that is
// safe to send wherever Answerable says so. What is accepted reads the same to an element that takes CR or LF alone for a line end.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		var m Message
		err := m.Parse(slices.Clip(raw))
		requireInside(t, &m)
		for v := range m.Values(Other) {
			require.LessOrEqual(t, v.Span.End, m.Headers[v.Header].Value.End)
		}
		if m.Answerable() {
			require.True(t, m.IsRequest())
			requireSafeAnswer(t, &m)
		}
		if err != nil {
			var fault *Error
			require.ErrorAs(t, err, &fault)
			require.NotEmpty(t, fault.Reason)
			return
		}
		require.Equal(t, m.Status == 0, m.IsRequest())
		require.Equal(t, plainFields(m.Bytes[:m.Body.Start]), fieldsOf(&m))
		if m.ContentLength >= 0 {
			require.Equal(t, m.ContentLength, m.Body.Len())
		}
	})
}

// FuzzForward edits what Parse accepts as the proxy does; the result must be the same message in all but the edits.
func FuzzForward(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		var m, sent, back Message
		if m.Parse(raw) != nil {
			return
		}
		var e Edits
		if !m.IsRequest() {
			e.PopVia(&m)
			out, applied := e.Apply(nil, m.Bytes)
			require.True(t, applied)
			_ = sent.Parse(out)
			require.Equal(t, untouched(&m), untouched(&sent))
			require.Equal(t, m.Via.Last, !sent.Has(Via))
			require.Equal(t, string(m.Text(m.Body)), string(sent.Text(sent.Body)))
			return
		}
		out, applied := forward(&e, &m, nil)
		require.True(t, applied)
		if len(m.Headers) > MaxHeaders-3 {
			return // there is no room for ours.
		}
		require.NoError(t, sent.Parse(out))
		require.Equal(t, untouched(&m), untouched(&sent))
		require.Equal(t, string(m.Text(m.Body)), string(sent.Text(sent.Body)))
		require.Equal(t, max(m.MaxForwards-1, 0), sent.MaxForwards)

		// Our Via off again: the top one is the sender's, now with where it came from.
		e.Reset()
		e.PopVia(&sent)
		out, applied = e.Apply(nil, sent.Bytes)
		require.True(t, applied)
		require.NoError(t, back.Parse(out))
		require.Equal(t, string(m.Text(m.Via.SentBy)), string(back.Text(back.Via.SentBy)))
		require.Equal(t, string(m.Text(m.Via.Branch)), string(back.Text(back.Via.Branch)))
		require.Equal(t, m.Via.Last, back.Via.Last)
		requireStamped(t, &m, &back)

		// Every Route off, last first: none stays.
		e.Reset()
		routes := slices.Collect(m.Values(Route))
		if len(routes) > maxEdits {
			return
		}
		for _, v := range slices.Backward(routes) {
			e.PopRoute(&m, v)
		}
		out, applied = e.Apply(nil, m.Bytes)
		require.True(t, applied)
		require.NoError(t, back.Parse(out))
		require.Empty(t, slices.Collect(back.Values(Route)))

		require.NoError(t, back.Parse(AppendCANCEL(nil, &sent, nil)))
		require.True(t, back.Via.Last)
	})
}

// FuzzFrame shows that framer and parser agree on where a message ends, and that what comes later changes nothing.
func FuzzFrame(f *testing.F) {
	seeds(f)
	f.Add(append(append([]byte("\r\n\r\n"), ok...), invite...))
	f.Fuzz(func(t *testing.T, stream []byte) {
		skip, n, err := Frame(stream, 65535)
		require.LessOrEqual(t, skip+n, len(stream))
		require.Empty(t, bytes.Trim(stream[:skip], "\r\n"))
		if err != nil {
			require.Zero(t, n)
			return
		}
		if n == 0 {
			return
		}
		var m Message
		err = m.Parse(stream[skip : skip+n])
		require.Len(t, m.Bytes, n)
		for _, f := range []fault{faultContentLength, faultDuplicateContentLength, faultBodyShort, faultNoBlankLine} {
			require.NotErrorIs(t, err, f.answer())
			require.NotErrorIs(t, err, f.silence())
		}
		if err == nil {
			require.Equal(t, m.ContentLength, m.Body.Len())
		}
		shorter, got, err := Frame(stream[:skip+n], 65535)
		require.NoError(t, err)
		require.Equal(t, [2]int{skip, n}, [2]int{shorter, got})
		_, got, err = Frame(stream[:skip+n-1], 65535)
		require.NoError(t, err)
		require.Zero(t, got)
	})
}

// FuzzParseURI joins what was read again and must get what was given.
func FuzzParseURI(f *testing.F) {
	for _, in := range []string{"sip:alice:pw@[2001:db8::1]:5061;transport=tcp;lr?a=b", "sips:h", "tel:+1", "sip:user;par=u%40h@example.com", "sip:a@h?x=y@z"} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		u, err := ParseURI(raw)
		if err != nil {
			return
		}
		if !u.IsSIP() {
			require.Equal(t, string(raw), string(u.Scheme)+":"+string(u.Opaque))
			return
		}
		joined := string(u.Scheme) + ":"
		if u.User != nil {
			joined += string(u.User)
			if u.Password != nil {
				joined += ":" + string(u.Password)
			}
			joined += "@"
		}
		require.Equal(t, len(joined), int(u.HostSpan.Start))
		joined += string(u.Host)
		if u.Port >= 0 {
			joined += ":" + string(u.PortSpan.Of(raw))
		}
		if u.Params != nil {
			joined += ";" + string(u.Params)
		}
		if u.Headers != nil {
			joined += "?" + string(u.Headers)
		}
		require.Equal(t, string(raw), joined)
		_, _ = u.Param("transport")
		require.LessOrEqual(t, len(AppendUserDecoded(nil, u.User)), len(u.User))
	})
}

func FuzzParseNameAddr(f *testing.F) {
	for _, in := range []string{`"A \"<" <sip:a@h;lr>;tag=1;x="y;z"`, "sip:a@h;tag=1", "A B <sip:a>"} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		n, err := ParseNameAddr(raw)
		if err != nil {
			return
		}
		require.True(t, bytes.Contains(raw, n.URI))
		require.NotContains(t, string(n.URI), ">")
		again, err := ParseNameAddr([]byte(string(n.Display) + "<" + string(n.URI) + ">;" + string(n.Params)))
		if err == nil && len(n.URI) > 0 {
			require.Equal(t, string(n.URI), string(again.URI))
		}
		tag, _ := n.Param("tag")
		require.True(t, bytes.Contains(n.Params, tag))
	})
}

// FuzzHostAddr compares with the standard library.
func FuzzHostAddr(f *testing.F) {
	for _, in := range []string{"192.0.2.1", "2001:db8::1", "::ffff:1.2.3.4", "1::", "::", "1:2:3:4:5:6:7:8", "fe80::1%eth0"} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if strings.HasPrefix(in, "[") {
			return
		}
		got, valid := HostAddr([]byte(in))
		want, err := netip.ParseAddr(in)
		require.Equal(t, err == nil && want.Zone() == "", valid)
		if valid {
			require.Equal(t, want.Unmap(), got)
		}
	})
}

func requireInside(t *testing.T, m *Message) {
	end := uint32(len(m.Bytes))
	for _, s := range []Span{m.MethodName, m.RequestURI, m.Reason, m.Body, m.CSeqMethod, m.From, m.To, m.CallID, m.Contact, m.FromTag, m.ToTag,
		m.Via.Value, m.Via.SentBy, m.Via.Host, m.Via.Branch, m.Via.Received, m.Via.Maddr, m.Via.RPortSpan} {
		require.LessOrEqual(t, s.Start, s.End)
		require.LessOrEqual(t, s.End, end)
	}
	var before uint32
	for _, h := range m.Headers {
		require.LessOrEqual(t, before, h.Line.Start)
		require.Equal(t, h.Line.Start, h.Name.Start)
		require.Less(t, h.Name.End, h.Line.End)
		require.Less(t, h.Name.End, h.Value.Start)
		require.LessOrEqual(t, h.Value.Start, h.Value.End)
		require.LessOrEqual(t, h.Value.End, h.Line.End)
		before = h.Line.End
	}
	require.LessOrEqual(t, before, m.Body.Start)
}

// plainFields splits a header section the way of a careless element: at every CR or LF.
func plainFields(section []byte) (fields []string) {
	lines := strings.FieldsFunc(string(section), func(r rune) bool { return r == '\r' || r == '\n' })
	for _, line := range lines[1:] {
		if line[0] == ' ' || line[0] == '\t' {
			fields[len(fields)-1] += line
		} else {
			fields = append(fields, line)
		}
	}
	return fields
}

func fieldsOf(m *Message) (fields []string) {
	for _, h := range m.Headers {
		fields = append(fields, strings.NewReplacer("\r", "", "\n", "").Replace(string(m.Text(h.Line))))
	}
	return fields
}

// untouched is every field that the edits of a proxy leave alone, byte for byte.
func untouched(m *Message) (fields []string) {
	for _, h := range m.Headers {
		if h.ID != Via && h.ID != MaxForwards && string(m.Text(h.Line)) != string(routeRec) {
			fields = append(fields, string(m.Text(h.Line)))
		}
	}
	return fields
}

func requireStamped(t *testing.T, was, is *Message) {
	host, literal := HostAddr(was.Text(was.Via.Host))
	if !literal || host != peer.Addr() || was.Via.RPort != RPortAbsent || !was.Via.Received.Empty() {
		require.Equal(t, peer.Addr().String(), string(is.Text(is.Via.Received)))
	}
	if was.Via.RPort != RPortAbsent {
		require.Equal(t, peer.Port(), is.Via.RPortValue)
	}
}
