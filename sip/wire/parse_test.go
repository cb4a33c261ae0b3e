package wire

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestParse reads the messages of testdata/parse and compares what the index says with what the file says.
// Each file begins with the reason why it is there.
func TestParse(t *testing.T) {
	eachScript(t, "parse", func(t *testing.T, s *script) {
		raw := crlf(s.sections["message"])
		before := string(raw)
		var m Message
		err := m.Parse(raw)
		s.expect(t, "index", index(&m, err))
		require.Equal(t, before, string(raw), "the input was changed")
	})
}

// TestParseAgain shows that nothing of one message is left in the index of the next.
func TestParseAgain(t *testing.T) {
	var used Message
	eachScript(t, "parse", func(t *testing.T, s *script) {
		raw := crlf(s.sections["message"])
		var fresh Message
		freshErr := fresh.Parse(raw)
		require.Equal(t, freshErr, used.Parse(raw))
		require.Equal(t, index(&fresh, freshErr), index(&used, freshErr))
	})
}

// index prints all that Parse found.
func index(m *Message, err error) string {
	var out strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	text := func(s Span) string { return readable(m.Text(s)) }

	var fault *Error
	switch {
	case err == nil:
		line("fault        none")
	case errors.As(err, &fault) && fault.Status == 0:
		line("fault        silence: %s", fault.Reason)
	default:
		line("fault        %d %s", fault.Status, fault.Reason)
	}
	line("answerable   %v", m.Answerable())
	if m.IsRequest() {
		line("request      %s %q %q", m.Method, text(m.MethodName), text(m.RequestURI))
	} else {
		line("response     %d %q to %s", m.Status, text(m.Reason), m.Method)
	}
	if v := m.Via; !v.Value.Empty() {
		transport := "unknown"
		if v.KnownTransport {
			transport = v.Transport.String()
		}
		line("via          %q", text(v.Value))
		line("  sent-by    %q over %s: host %q port %d, header %d, last %v", text(v.SentBy), transport, text(v.Host), v.Port, v.Header, v.Last)
		line("  branch     %q magic %v", text(v.Branch), v.Magic)
		line("  rport      %s %d %q received %q maddr %q",
			[...]string{"absent", "empty", "filled"}[v.RPort], v.RPortValue, text(v.RPortSpan), text(v.Received), text(v.Maddr))
	}
	line("from         %q tag %q", text(m.From), text(m.FromTag))
	line("to           %q tag %q", text(m.To), text(m.ToTag))
	line("call-id      %q", text(m.CallID))
	line("cseq         %d %q", m.CSeq, text(m.CSeqMethod))
	line("max-forwards %d", m.MaxForwards)
	line("contact      %q", text(m.Contact))
	line("body         %d stated, %q", m.ContentLength, text(m.Body))
	for i, h := range m.Headers {
		name := h.ID.String()
		if h.ID == Other {
			name = "(other)"
		}
		line("%3d %s %q %q", i, name, text(h.Name), text(h.Value))
	}
	for id := Other; id < headerIDs; id++ {
		for v := range m.Values(id) {
			if !v.Whole {
				line("element of %d %q", v.Header, text(v.Span))
			}
		}
	}
	return out.String()
}

func TestEveryFaultHasItsText(t *testing.T) {
	texts := map[string]bool{}
	for f := faultNone + 1; f < faults; f++ {
		var loud, silent *Error
		require.ErrorAs(t, f.answer(), &loud)
		require.ErrorAs(t, f.silence(), &silent)
		require.NotEmpty(t, loud.Reason)
		require.False(t, texts[loud.Reason], loud.Reason)
		texts[loud.Reason] = true
		require.Zero(t, silent.Status)
		require.Equal(t, "sip: "+loud.Reason, silent.Error())
	}
	require.Equal(t, "sip: 505 Version Not Supported", faultVersion.answer().Error())
	require.NoError(t, faultNone.answer())
	require.NoError(t, faultNone.silence())
}

func TestHeaderNames(t *testing.T) {
	compact := map[string]HeaderID{"v": Via, "f": From, "t": To, "i": CallID, "m": Contact, "l": ContentLength, "c": ContentType,
		"e": ContentEncoding, "k": Supported, "u": AllowEvents, "r": ReferTo, "b": ReferredBy, "o": Event, "x": SessionExpires,
		"s": Subject, "y": Identity, "z": Other}
	for name, id := range compact {
		got, _, _, ok := fieldName([]byte(name+":"), 0, len(name)+1)
		require.True(t, ok)
		require.Equal(t, id, got, name)
	}
	for id := Other + 1; id < headerIDs; id++ {
		require.NotEmpty(t, id.String())
		for _, name := range []string{id.String(), strings.ToUpper(id.String()), strings.ToLower(id.String())} {
			line := []byte(name + " \t: value")
			got, end, value, ok := fieldName(line, 0, len(line))
			require.True(t, ok)
			require.Equal(t, id, got)
			require.Equal(t, len(name), end)
			require.Equal(t, " value", string(line[value:]))
		}
	}
	long := []byte(strings.Repeat("x", 100) + ":")
	id, _, _, ok := fieldName(long, 0, len(long))
	require.True(t, ok)
	require.Equal(t, Other, id)
	require.Empty(t, headerIDs.String())
}

func TestMethods(t *testing.T) {
	for m := INVITE; m <= PUBLISH; m++ {
		require.Equal(t, m, ParseMethod([]byte(m.String())))
		require.Equal(t, MethodOther, ParseMethod([]byte(strings.ToLower(m.String()))))
	}
	require.Equal(t, MethodOther, ParseMethod([]byte("OTHER")))
	require.Equal(t, "OTHER", Method(200).String())
}

// TestTooManyHeaders shows the bound, and that an answer is not built of half the Via fields.
func TestTooManyHeaders(t *testing.T) {
	head := "INVITE sip:a@b SIP/2.0\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\nTo: <sip:a@b>\nCall-ID: 1\nCSeq: 1 INVITE\n"
	var m Message
	require.NoError(t, m.Parse(crlf(head+strings.Repeat("X: y\n", MaxHeaders-5)+"\n")))
	require.Len(t, m.Headers, MaxHeaders)
	require.ErrorIs(t, m.Parse(crlf(head+strings.Repeat("X: y\n", MaxHeaders-4)+"\n")), faultTooManyHeaders.answer())
	require.Len(t, m.Headers, MaxHeaders)
	require.True(t, m.Answerable())
	require.Error(t, m.Parse(crlf(head+strings.Repeat("X: y\n", MaxHeaders-5)+"v: SIP/2.0/UDP lost\n\n")))
	require.False(t, m.Answerable())
}

func TestNothingToParse(t *testing.T) {
	var m Message
	for _, b := range [][]byte{nil, {}, []byte("\r\n"), []byte("\r\n\r\n\r\n"), make([]byte, 40), make([]byte, maxParse+1)} {
		err := m.Parse(b)
		var fault *Error
		require.ErrorAs(t, err, &fault)
		require.Zero(t, fault.Status)
		require.False(t, m.Answerable())
	}
}
