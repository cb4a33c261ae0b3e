package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestReadAnswer(t *testing.T) {
	const text = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1\r\nRecord-Route: <sip:a;lr>, <sip:b;lr>\r\nRecord-Route: <sip:c;lr>\r\n" +
		"To: <sip:room@lab>;tag=1\r\nCall-ID: 7\r\nCSeq: 1 INVITE\r\nContact: <sip:bridge@127.0.0.2>\r\nContent-Length: 3\r\n\r\nabc"
	a, n := readAnswer([]byte(text + "SIP/2.0 100"))
	require.Equal(t, len(text), n)
	require.Equal(t, answer{200, "7", "INVITE", "<sip:room@lab>;tag=1", "sip:bridge@127.0.0.2", []string{"<sip:c;lr>", "<sip:b;lr>", "<sip:a;lr>"}}, a)
	for _, part := range []int{0, 20, len(text) - 1} {
		_, n := readAnswer([]byte(text[:part]))
		require.Zero(t, n, "not whole")
	}
}

// TestProbeCall takes calls of each kind to their end.
func TestProbeCall(t *testing.T) {
	begin := time.Now()
	for _, c := range []struct {
		kind    kind
		answers []answer
		sent    string
		over    bool
	}{
		{placed, []answer{{status: 100, method: "INVITE"}, {status: 200, method: "INVITE"}, {status: 200, method: "INVITE"}, {status: 200, method: "BYE"}}, "ACK BYE ACK", true},
		{placed, []answer{{status: 200, method: "BYE"}}, "", false},
		{placed, []answer{{status: 503, method: "INVITE"}}, "ACK", false},
		{refused, []answer{{status: 488, method: "INVITE"}}, "ACK", true},
		{refused, []answer{{status: 200, method: "INVITE"}}, "ACK BYE", false},
		{cancelled, []answer{{status: 180, method: "INVITE"}, {status: 200, method: "CANCEL"}, {status: 487, method: "INVITE"}}, "CANCEL ACK", true},
	} {
		call := &probeCall{id: "1", kind: c.kind, begin: begin, transport: "udp", waiting: "INVITE"}
		var sent []string
		for _, a := range c.answers {
			for _, o := range call.take(a, begin.Add(time.Second)) {
				method, _, _ := strings.Cut(o.text, " ")
				sent = append(sent, method)
				require.Equal(t, method != "ACK", o.wants)
			}
		}
		require.Equal(t, c.sent, strings.Join(sent, " "))
		require.Equal(t, c.over, call.over)
		if c.over {
			require.Equal(t, time.Second, call.delay)
		}
	}
}
