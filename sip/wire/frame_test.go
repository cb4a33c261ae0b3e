package wire

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFrameByteByByte feeds three messages and the CRLFs between them one byte at a time.
func TestFrameByteByByte(t *testing.T) {
	stream := append(append([]byte("\r\n\r\n"), invite...), "\r\n\r\n\r\n"...)
	stream = append(stream, ok...)
	stream = append(stream, invite...)
	var got []string
	var pending []byte
	for _, c := range stream {
		pending = append(pending, c)
		skip, n, err := Frame(pending, 65535)
		require.NoError(t, err)
		if n > 0 {
			got = append(got, string(pending[skip:skip+n]))
			pending = pending[skip+n:]
		}
	}
	require.Empty(t, pending)
	require.Equal(t, []string{string(invite), string(ok), string(invite)}, got)
}

func TestFrameTogether(t *testing.T) {
	stream := append(append([]byte{}, ok...), invite...)
	skip, n, err := Frame(stream, 65535)
	require.NoError(t, err)
	require.Zero(t, skip)
	require.Equal(t, len(ok), n)
}

func TestFrameWaits(t *testing.T) {
	for in, want := range map[string]int{"": 0, "\r": 0, "\r\n": 2, "\r\n\r": 2, "\r\n\r\n": 4, "INV": 0, "\r\nOPTIONS sip:a SIP/2.0\r\n\r": 2} {
		skip, n, err := Frame([]byte(in), 65535)
		require.NoError(t, err, "%q", in)
		require.Zero(t, n)
		require.Equal(t, want, skip, "%q", in)
	}
}

func TestFrameRefuses(t *testing.T) {
	const limit = 2000
	long := strings.Repeat("x", limit)
	cases := []struct{ name, in, want string }{
		{"no Content-Length", "OPTIONS sip:a SIP/2.0\nCSeq: 1 OPTIONS\n\n", "400 Missing Content-Length"},
		{"two equal ones", "OPTIONS sip:a SIP/2.0\nContent-Length: 0\nl: 0\n\n", "400 More than one Content-Length"},
		{"two in compact form", "OPTIONS sip:a SIP/2.0\nL: 0\nl : 5\n\n", "400 More than one Content-Length"},
		{"negative", "OPTIONS sip:a SIP/2.0\nContent-Length: -1\n\n", "400 Malformed Content-Length"},
		{"empty", "OPTIONS sip:a SIP/2.0\nContent-Length:\n\n", "400 Malformed Content-Length"},
		{"a list", "OPTIONS sip:a SIP/2.0\nContent-Length: 0, 0\n\n", "400 Malformed Content-Length"},
		{"too much stated", "OPTIONS sip:a SIP/2.0\nContent-Length: 2000\n\n", "513 Message Too Large"},
		{"far too much stated", "OPTIONS sip:a SIP/2.0\nContent-Length: 99999999999999999999\n\n", "513 Message Too Large"},
		{"header section without end", "OPTIONS sip:a SIP/2.0\nX: " + long, "513 Message Too Large"},
		{"bare LF", "OPTIONS sip:a SIP/2.0\nX: y{LF}Content-Length: 0\n\n", "400 Bare CR, LF or NUL in the header section"},
		{"bare LF behind the length", "OPTIONS sip:a SIP/2.0\nContent-Length: 0\nX: y{LF}l: 5\n\n", "400 Bare CR, LF or NUL in the header section"},
		{"bare CR", "OPTIONS sip:a SIP/2.0\nContent-Length: 0\nX: y{CR}l: 5\n\n", "400 Bare CR, LF or NUL in the header section"},
		{"bare LF first", "{LF}OPTIONS sip:a SIP/2.0\n\n", "0 Not a SIP message"},
		{"a TLS hello", "{CR}x", "0 Not a SIP message"},
		{"binary", "{NUL}", "0 Not a SIP message"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, n, err := Frame(crlf(c.in), limit)
			var fault *Error
			require.ErrorAs(t, err, &fault)
			require.Zero(t, n)
			require.Equal(t, c.want, fmt.Sprintf("%d %s", fault.Status, fault.Reason))
		})
	}
}

// TestFrameFolded finds a length on a folded line, and none inside another field's fold.
func TestFrameFolded(t *testing.T) {
	in := crlf("OPTIONS sip:a SIP/2.0\nSubject: x\n Content-Length: 99\ncontent-LENGTH \t:\n  3\n\nabc")
	for have := range in {
		_, n, err := Frame(in[:have], 65535)
		require.NoError(t, err, "a line may go on: %q", in[:have])
		require.Zero(t, n)
	}
	_, n, err := Frame(in, 65535)
	require.NoError(t, err)
	require.Equal(t, len(in), n)
}

func TestFrameBound(t *testing.T) {
	in := crlf("OPTIONS sip:a SIP/2.0\nContent-Length: 5\n\nhello")
	_, n, err := Frame(in, len(in))
	require.NoError(t, err)
	require.Equal(t, len(in), n)
	_, _, err = Frame(in, len(in)-1)
	require.ErrorIs(t, err, faultTooLarge.answer())
	endless := []byte("X: " + strings.Repeat("y", MaxHeaderSection))
	_, _, err = Frame(endless, 1<<30)
	require.ErrorIs(t, err, faultTooLarge.answer())
}

func TestIsKeepAlive(t *testing.T) {
	for in, want := range map[string]bool{
		"": true, "\r\n": true, "\r\n\r\n": true, "\n": true, "\x00": true, "\x00\x00\x00\x00": true,
		"\x00\x00\x00\x00\x00": false, "OPTIONS": false, "\r\nOPTIONS": false, " ": false, "\x00\r\n": false,
	} {
		require.Equal(t, want, IsKeepAlive([]byte(in)), "%q", in)
	}
}
