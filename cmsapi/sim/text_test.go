package sim

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSplitting(t *testing.T) {
	require.Equal(t, []string{`"a, b" <sip:c,d@e>;x="f,g"`, `<sip:h>`}, splitList(`"a, b" <sip:c,d@e>;x="f,g" ,  <sip:h>`))
	require.Equal(t, []string{""}, splitList(""))
	for in, want := range map[string][2]string{
		`"A \"<x>\"" <sip:a@b;lr?h=v>;tag=1`: {"sip:a@b;lr?h=v", "tag=1"},
		`sip:a@b;tag=1`:                      {"sip:a@b", "tag=1"},
		`<sip:a@b>`:                          {"sip:a@b", ""},
		`Bob <sip:a@b> ; tag = 1`:            {"sip:a@b", " tag = 1"},
		`<sip:a@b`:                           {"", ""},
	} {
		uri, params := splitNameAddr(in)
		require.Equal(t, want, [2]string{uri, params}, in)
	}
	tag, ok := param(` x="a;tag=2" ; TAG = 1`, "tag")
	require.True(t, ok)
	require.Equal(t, "1", tag)
	_, ok = param("lr", "tag")
	require.False(t, ok)
}

func TestAddressesHaveAnEnd(t *testing.T) {
	for address, sound := range map[string]bool{
		`<sip:a@b>;tag=1`:           true,
		`sip:a@b`:                   true,
		`"A \"<x>" <sip:a@b>;x="<"`: true,
		`<sip:a"b@c>`:               true,
		`<sip:a@b`:                  false,
		`"A <sip:a@b>`:              false,
		`"A\" <sip:a@b>`:            false,
		`<sip:a@b>;x="y`:            false,
		`<sip:a@b>;tag`:             false,
		`<sip:a@b>;tag=""`:          false,
	} {
		for _, name := range []string{"From", "To"} {
			text := "OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKx\r\nFrom: <sip:x@y>;tag=1\r\nTo: <sip:h>\r\nCall-ID: i\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
			text = regexp.MustCompile("(?m)^"+name+": .*\r").ReplaceAllLiteralString(text, name+": "+address+"\r")
			_, err := parseMessage(newParser(), []byte(text))
			require.Equal(t, sound, err == nil, "%s: %s: %v", name, address, err)
		}
	}
}

func TestStampVia(t *testing.T) {
	src := netip.MustParseAddrPort("10.0.0.9:4444")
	for in, want := range map[string]string{
		"SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK1":                                           "SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK1",
		"SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1":                                           "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1;received=10.0.0.9",
		"SIP/2.0/UDP pc.example.com;rport;branch=z9hG4bK1":                                    "SIP/2.0/UDP pc.example.com;rport=4444;branch=z9hG4bK1;received=10.0.0.9",
		"SIP / 2.0 / UDP pc : 5070 ; branch = z9hG4bK1;x=\"a,b;rport\" , SIP/2.0/TCP b;rport": "SIP / 2.0 / UDP pc : 5070 ; branch = z9hG4bK1;x=\"a,b;rport\";received=10.0.0.9 , SIP/2.0/TCP b;rport",
	} {
		v, err := parseVia(splitList(in)[0])
		require.NoError(t, err)
		require.Equal(t, "z9hG4bK1", v.branch)
		require.Equal(t, want, stampVia(in, v, src))
	}
	v, err := parseVia("SIP/2.0/UDP [2001:db8::1]:5070;branch=z9hG4bK1")
	require.NoError(t, err)
	require.Equal(t, "[2001:db8::1]:5070", v.sentBy())
	require.Equal(t, netip.MustParseAddrPort("10.0.0.9:5070"), responseAddr(v, src))
	for _, bad := range []string{"", "SIP/2.0", "SIP/2.0/UDP", "SIP/2.0/UDP a:b", "SIP/2.0/UDP a:0", "SIP/2.0/UDP a:70000", "SIP/2.0/UDP [::1", "SIP/2.0/UDP a;x=<y", "SIP/2.0/UDP a;x=\"y"} {
		_, err := parseVia(bad)
		require.Error(t, err, bad)
	}
}

func TestHopOf(t *testing.T) {
	for in, want := range map[string]string{
		"sip:a@10.0.0.1":                  "UDP 10.0.0.1:5060",
		"sip:10.0.0.1:5070;transport=tcp": "TCP 10.0.0.1:5070",
		"sip:a@[::1]:5070;lr":             "UDP [::1]:5070",
		"sip:a@host.example.com;x?y=z":    "UDP host.example.com:5060",
		"sips:a@b":                        "",
		"sip:a@b;transport=tls":           "",
		"tel:+47":                         "",
		"":                                "",
	} {
		h, err := hopOf(in, "UDP")
		if want == "" {
			require.Error(t, err, in)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, want, h.String())
	}
}

func TestCompactNamesAndFolding(t *testing.T) {
	text := strings.Join([]string{
		"INVITE sip:room@h SIP/2.0", "v: SIP/2.0/UDP a;branch=z9hG4bKx", "v: SIP/2.0/UDP b", "f: <sip:x@y>", "  ;tag=1", "t: <sip:room@h>",
		"i: id", "CSeq:  7\tINVITE", "m: <sip:x@c>, <sip:x@d>", "c: application/sdp", "l: 3", "", "abc"}, "\r\n")
	m, err := parseMessage(newParser(), []byte(text))
	require.NoError(t, err)
	require.Equal(t, "1", m.tag("from"))
	require.Equal(t, "id", m.callID())
	require.Equal(t, "sip:x@c", m.contact())
	require.Equal(t, uint32(7), m.cseq)
	require.Equal(t, []string{"SIP/2.0/UDP a;branch=z9hG4bKx", "SIP/2.0/UDP b"}, m.list("via"))
	require.Equal(t, "abc", m.body)
	require.Equal(t, text, m.raw)
}

func TestFrame(t *testing.T) {
	msg := "BYE sip:a SIP/2.0\r\nL : 4\r\n\r\nbody"
	for i := range msg {
		n, err := frame([]byte(msg[:i]))
		require.NoError(t, err)
		require.Zero(t, n)
	}
	n, err := frame([]byte(msg + msg))
	require.NoError(t, err)
	require.Equal(t, len(msg), n)
	for _, bad := range []string{
		"BYE sip:a SIP/2.0\r\n\r\n", "BYE x\r\nl: 1\r\nContent-Length: 1\r\n\r\n", "BYE x\r\nl: -1\r\n\r\n", "BYE x\r\nl: 65536\r\n\r\n", strings.Repeat("x", maxMessage+1),
	} {
		_, err := frame([]byte(bad))
		require.Error(t, err)
	}
}

// FuzzParseMessage: whatever comes, parsing does not panic, and what it takes
// can be answered.
func FuzzParseMessage(f *testing.F) {
	p := newParser()
	f.Add([]byte("OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKx;rport\r\nFrom: <sip:x@y>;tag=1\r\nTo: <sip:h>\r\nCall-ID: i\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"))
	f.Add([]byte("SIP/2.0 200 OK\r\nv: SIP/2.0/UDP a,SIP/2.0/TCP [::1]:5;branch=z9hG4bKx\r\nf: \"a,\\\"\" <sip:x@y>;tag=1\r\nt: x;tag=2\r\ni: i\r\nCSeq: 1 INVITE\r\nRecord-Route: <sip:a;lr>,<sip:b>\r\n\r\nbody"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, _ = frame(raw)
		m, err := parseMessage(p, raw)
		if err != nil || m.status != 0 {
			return
		}
		res := newResponse(m, source{network: "UDP", addr: netip.MustParseAddrPort("10.0.0.9:4444")}, 200, "tag")
		again, err := parseMessage(p, []byte(res.String()))
		if err != nil {
			t.Fatalf("the answer to %q cannot be read: %v\n%s", raw, err, res)
		}
		if again.via.branch != m.via.branch || again.callID() != m.callID() || again.tag("to") == "" {
			t.Fatalf("the answer to %q is not one:\n%s", raw, res)
		}
	})
}
