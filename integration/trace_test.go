package integration

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// packet is one message that an actor sent or received.
type packet struct {
	at   time.Time
	sent bool
	message
}

// traceHead is what sipp writes above a message in its message log.
var traceHead = regexp.MustCompile(`(?m)^-{47} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6})\n(UDP|TCP) (?:control )?message (sent|received) [\[(](\d+)\]? bytes\)? ?:\n\n`)

// readTrace reads sipp's message log, which may still grow: a message at its end
// that is not complete yet is left out.
func readTrace(log []byte) ([]packet, error) {
	var packets []packet
	for {
		at := traceHead.FindSubmatchIndex(log)
		if at == nil {
			return packets, nil
		}
		field := func(i int) string { return string(log[at[2*i]:at[2*i+1]]) }
		size, err := strconv.Atoi(field(4))
		if err != nil {
			return nil, err
		}
		if len(log) < at[1]+size {
			return packets, nil
		}
		p := packet{sent: field(3) == "sent"}
		if p.at, err = time.ParseInLocation("2006-01-02 15:04:05.000000", field(1), time.Local); err != nil {
			return nil, err
		}
		raw := bytes.Clone(log[at[1] : at[1]+size])
		if p.message, err = readMessage(raw); err != nil {
			return nil, fmt.Errorf("%w in\n%s", err, raw)
		}
		packets = append(packets, p)
		log = log[at[1]+size:]
	}
}

// pick are the packets for which want holds.
func pick(packets []packet, want func(packet) bool) []packet {
	var found []packet
	for _, p := range packets {
		if want(p) {
			found = append(found, p)
		}
	}
	return found
}

// requests are the received requests of a method.
func requests(packets []packet, method string) []packet {
	return pick(packets, func(p packet) bool { return !p.sent && p.is(method) })
}

// responses are the received responses of a status to a method.
func responses(packets []packet, method string, status int) []packet {
	return pick(packets, func(p packet) bool { return !p.sent && p.answers(method, status) })
}

// sentResponses are the sent responses of a status to a method.
func sentResponses(packets []packet, method string, status int) []packet {
	return pick(packets, func(p packet) bool { return p.sent && p.answers(method, status) })
}

func TestReadTrace(t *testing.T) {
	const rule = "----------------------------------------------- 2026-11-23 07:04:26.602382\n"
	const bye, ok = "BYE sip:a@b SIP/2.0\r\nCSeq: 2 BYE\r\nContent-Length: 0\r\n\r\n", "SIP/2.0 200 OK\r\nCSeq: 2 BYE\r\n\r\nok"
	log := fmt.Sprintf("%sUDP message sent (%d bytes):\n\n%s\n%sTCP message received [%d] bytes :\n\n%s\n",
		rule, len(bye), bye, rule, len(ok), ok)
	packets, err := readTrace([]byte(log))
	require.NoError(t, err)
	require.Len(t, packets, 2)
	require.True(t, packets[0].sent)
	require.True(t, packets[0].is("BYE"))
	require.Equal(t, 602382*time.Microsecond, time.Duration(packets[0].at.Nanosecond()))
	require.Len(t, responses(packets, "BYE", 200), 1)
	require.Equal(t, "ok", string(packets[1].body))

	packets, err = readTrace([]byte(log[:len(log)-4]))
	require.NoError(t, err)
	require.Len(t, packets, 1, "the second message is not complete")
}
