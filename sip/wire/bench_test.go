package wire

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// invite is a call as a call manager sends it, a little under 900 bytes.
var invite = crlf(`INVITE sip:boardroom@meet.example.com SIP/2.0
Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK4f3c2d1e0a9b;rport
From: "Alice Adams" <sip:4401@192.0.2.10>;tag=8f7e6d5c-1029384756
To: <sip:boardroom@meet.example.com>
Date: Mon, 23 Nov 2026 06:53:11 GMT
Call-ID: a1b2c300-5f01@192.0.2.10
Supported: timer,resource-priority,replaces
Min-SE: 1800
User-Agent: Example-CM15.0
Allow: INVITE, OPTIONS, INFO, BYE, CANCEL, ACK, PRACK, UPDATE, REFER, SUBSCRIBE, NOTIFY
CSeq: 101 INVITE
Session-Expires: 1800
P-Asserted-Identity: "Alice Adams" <sip:4401@192.0.2.10>
Contact: <sip:4401@192.0.2.10:5060>
Max-Forwards: 69
Content-Type: application/sdp
Content-Length: {BODY}

v=0
o=- 3100 1 IN IP4 192.0.2.10
s=call
c=IN IP4 192.0.2.77
t=0 0
m=audio 24580 RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
m=video 24582 RTP/AVP 97
b=TIAS:2000000
a=rtpmap:97 H264/90000
a=fmtp:97 profile-level-id=42801F
`)

// ok is an answer as it comes back through the proxy: our Via on top, the caller's below.
var ok = crlf(`SIP/2.0 200 OK
Via: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bK.br1dgehead;rport=5060;received=198.51.100.1
Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK4f3c2d1e0a9b;rport=5060;received=192.0.2.10
Record-Route: <sip:token@198.51.100.1;lr>
From: "Alice Adams" <sip:4401@192.0.2.10>;tag=8f7e6d5c-1029384756
To: <sip:boardroom@meet.example.com>;tag=77aa
Call-ID: a1b2c300-5f01@192.0.2.10
CSeq: 101 INVITE
Contact: <sip:boardroom@203.0.113.11:5060>
Content-Length: 0

`)

var (
	peer     = netip.MustParseAddrPort("192.0.2.10:5060")
	viaLine  = []byte("Via: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bK.br1dgehead;rport\r\n")
	routeRec = []byte("Record-Route: <sip:token@198.51.100.1;lr>\r\n")
)

// forward is what the proxy core does to a request.
func forward(e *Edits, m *Message, dst []byte) ([]byte, bool) {
	e.Reset()
	e.StampVia(m, peer)
	e.PushVia(m, viaLine)
	e.PushRecordRoute(m, routeRec)
	e.MaxForwards(m, max(m.MaxForwards-1, 0))
	return e.Apply(dst, m.Bytes)
}

func TestNothingAllocates(t *testing.T) {
	var m, answer Message
	var e Edits
	dst := make([]byte, 0, 4096)
	faulty := crlf("INVITE sip:a@b SIP/2.0\nVia: SIP/2.0/UDP a\nno header\n\n")
	require.NoError(t, m.Parse(invite))
	require.NoError(t, answer.Parse(ok))
	uri := []byte("sips:alice;x=1:pw@[2001:db8::1]:5061;transport=tcp?a=b")
	elements := 0
	steps := map[string]func(){
		"parse":        func() { _ = m.Parse(invite) },
		"parse answer": func() { _ = answer.Parse(ok) },
		"parse faulty": func() { var keep = answer; _ = keep.Parse(faulty) },
		"forward":      func() { dst, _ = forward(&e, &m, dst[:0]) },
		"pop via": func() {
			e.Reset()
			e.PopVia(&answer)
			dst, _ = e.Apply(dst[:0], answer.Bytes)
		},
		"pop route": func() {
			e.Reset()
			for v := range answer.Values(RecordRoute) {
				e.PopRoute(&answer, v)
			}
		},
		"values": func() {
			for range m.Values(Allow) {
				elements++
			}
		},
		"response": func() {
			dst = AppendResponse(dst[:0], &m, 488, "Not Acceptable Here", ResponseOptions{Source: peer, ToTag: []byte("x1")})
		},
		"ack":    func() { dst = AppendACK(dst[:0], &m, &answer) },
		"cancel": func() { dst = AppendCANCEL(dst[:0], &m, nil) },
		"frame":  func() { _, _, _ = Frame(invite, 65535) },
		"uri": func() {
			u, _ := ParseURI(uri)
			_, _ = u.Addr()
			_, _ = u.Param("transport")
		},
		"name-addr": func() {
			n, _ := ParseNameAddr(m.Text(m.From))
			_, _ = n.Param("tag")
		},
	}
	for name, step := range steps {
		step() // room for the header index is made once.
		require.Zero(t, testing.AllocsPerRun(100, step), name)
	}
	require.NotZero(t, elements)
}

func BenchmarkParseInvite(b *testing.B) {
	var m Message
	b.ReportAllocs()
	b.SetBytes(int64(len(invite)))
	for b.Loop() {
		if err := m.Parse(invite); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseResponse(b *testing.B) {
	var m Message
	b.ReportAllocs()
	b.SetBytes(int64(len(ok)))
	for b.Loop() {
		if err := m.Parse(ok); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkForward(b *testing.B) {
	var m Message
	var e Edits
	require.NoError(b, m.Parse(invite))
	dst := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		dst, _ = forward(&e, &m, dst[:0])
	}
}

func BenchmarkPopVia(b *testing.B) {
	var m Message
	var e Edits
	require.NoError(b, m.Parse(ok))
	dst := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		e.Reset()
		e.PopVia(&m)
		dst, _ = e.Apply(dst[:0], m.Bytes)
	}
}

func BenchmarkRefuse(b *testing.B) {
	var m Message
	require.NoError(b, m.Parse(invite))
	dst := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendResponse(dst[:0], &m, 488, "Not Acceptable Here", ResponseOptions{Source: peer, ToTag: []byte("x1")})
	}
}

func BenchmarkFrame(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, n, err := Frame(invite, 65535); n == 0 || err != nil {
			b.Fatal(n, err)
		}
	}
}
