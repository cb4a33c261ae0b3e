package integration

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// tortureAnswers are the responses of RFC 4475 as a bridge gives them to a request
// that it got: with the edge's Via above what the file has.
var tortureAnswers = []struct {
	name, method string
	owes         int
	why          string
}{
	{"noreason", "INVITE", dropped, "a 100 goes one hop, with or without a reason phrase"},
	{"unreason", "INVITE", passed, "a reason phrase of any letters, a 2xx at once"},
	{"bcast", "INVITE", passed, "it goes to who asked, whatever its Via says"},
	{"bigcode", "INVITE", dropped, "no status at all"},
	{"scalarlg", "OPTIONS", dropped, "CSeq beyond 32 bits"},
}

// TestTortureAnswers gives these answers. One that is dropped changes nothing: the
// next one, in order, is passed up.
func TestTortureAnswers(t *testing.T) {
	t.Parallel()
	r := newRack(t, nil)
	for i, a := range tortureAnswers {
		t.Run(a.name, func(t *testing.T) {
			id := fmt.Sprintf("answered%d", i)
			request := fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\n"+
				"From: <sip:a@example.com>;tag=1\r\nTo: <%s>\r\nCall-ID: %s\r\nCSeq: 35 %s\r\nContent-Length: 0\r\n\r\n",
				a.method, roomURI, r.caller.addr, id, roomURI, id, a.method)
			r.caller.send(t, r.edge.address(), []byte(request))
			got := r.nextOf(t, r.bridge)
			require.True(t, got.is(a.method), "%s", got.raw)
			file := tortureFile(t, a.name)
			start, rest, _ := strings.Cut(file, "\r\n")
			r.bridge.send(t, r.edge.address(), []byte(start+"\r\n"+r.viaOf(t, got).line+"\r\n"+rest))
			r.fence(t, r.datagrams(t, r.bridge)) // it is treated
			heard := r.fence(t, r.datagrams(t, r.caller))
			if len(heard) > 0 && heard[0].answers(a.method, 100) {
				require.Contains(t, heard[0].get("Via"), r.caller.addr.String(), "the edge's own 100")
				heard = heard[1:]
			}
			if a.owes == dropped {
				require.Empty(t, heard, "nothing goes up")
				r.bridge.send(t, r.edge.address(), reply(got, "486 Busy", "Content-Length: 0\r\n", nil))
				back := r.nextOf(t, r.caller)
				require.True(t, back.answers(a.method, 486), "%s", back.raw)
				if a.method == "INVITE" {
					require.True(t, r.nextOf(t, r.bridge).is("ACK"))
					r.caller.send(t, r.edge.address(), ackFor(request, back))
				}
			} else {
				if len(heard) == 0 {
					heard = append(heard, r.nextOf(t, r.caller))
				}
				require.Len(t, heard, 1)
				require.Equal(t, file, string(heard[0].raw))
				answer, err := readMessage(reply(got, "200 OK", "", nil))
				require.NoError(t, err)
				r.hangUp(t, answer, id) // the edge counts a call that is up
			}
			r.unharmed(t)
		})
	}
}
