package wire

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseURI(t *testing.T) {
	cases := []struct {
		in                                  string
		user, password, host, params, heads string
		port                                int
	}{
		{"sip:alice@example.com", "alice", "", "example.com", "", "", -1},
		{"SIPS:alice@example.com:5061", "alice", "", "example.com", "", "", 5061},
		{"sip:example.com", "", "", "example.com", "", "", -1},
		{"sip:example.com:65535;lr", "", "", "example.com", "lr", "", 65535},
		{"sip:192.0.2.1", "", "", "192.0.2.1", "", "", -1},
		{"sip:[2001:db8::1]:5060;transport=tcp", "", "", "[2001:db8::1]", "transport=tcp", "", 5060},
		{"sip:alice:secret@example.com", "alice", "secret", "example.com", "", "", -1},
		{"sip:alice:@example.com", "alice", "", "example.com", "", "", -1},
		{"sip:+1-212-555-1212:1234@gateway.com;user=phone", "+1-212-555-1212", "1234", "gateway.com", "user=phone", "", -1},
		{"sip:user;par=u%40example.net@example.com", "user;par=u%40example.net", "", "example.com", "", "", -1},
		{"sip:alice?x=1@example.com", "alice?x=1", "", "example.com", "", "", -1},
		{"sip:a&b=c+d$e,f;g?h/i@example.com", "a&b=c+d$e,f;g?h/i", "", "example.com", "", "", -1},
		{"sip:h;lr?h=v", "", "", "h", "lr", "h=v", -1},
		{"sip:a@h?Replaces=id@host%3Bto-tag", "a", "", "h", "", "Replaces=id@host%3Bto-tag", -1},
		{"sip:a@h;x=1;y;z=%3B?a=b&c=d", "a", "", "h", "x=1;y;z=%3B", "a=b&c=d", -1},
		{"sip:under_score.example.com", "", "", "under_score.example.com", "", "", -1},
	}
	for _, c := range cases {
		u, err := ParseURI([]byte(c.in))
		require.NoError(t, err, c.in)
		require.True(t, u.IsSIP())
		require.Equal(t, c.in[3] != ':', u.Secure())
		require.Equal(t, []string{c.user, c.password, c.host, c.params, c.heads},
			[]string{string(u.User), string(u.Password), string(u.Host), string(u.Params), string(u.Headers)}, c.in)
		require.Equal(t, c.port, u.Port)
		require.Equal(t, c.user, string(u.UserSpan.Of([]byte(c.in))))
		require.Equal(t, c.host, string(u.HostSpan.Of([]byte(c.in))))
		replaced := c.in[:u.HostPort().Start] + "H" + c.in[u.HostPort().End:]
		again, err := ParseURI([]byte(replaced))
		require.NoError(t, err, replaced)
		require.Equal(t, "H", string(again.Host))
		require.Equal(t, -1, again.Port)
		require.Equal(t, c.params, string(again.Params))
	}
}

func TestParseURIRefuses(t *testing.T) {
	for _, in := range []string{
		"", "sip", "sip:", ":sip", "1sip:a", "si_p:a", "sip:@h", "sip:a@", "sip::pw@h", "sip:a@h:", "sip:a@h:0", "sip:a@h:65536", "sip:a@h:abc",
		"sip:a@h:99999999999999999999999", "sip:a@h:+5060", "sip:a@b@c", "sip:a@h;x=@evil", "sip:a b@h", "sip:a@h b", "sip:a@h;x y", "<sip:a@h>", "sip:a@<h>",
		"sip:a@[2001:db8::1", "sip:a@2001:db8::1", "sip:a@[2001:db8::1]x", "sip:a@[nonsense]", "sip:a@[::1%25eth0]", "sip:a@h\x00", "sip:a@h\r\nX: y", "sip:a@ho/st", "sip:a@h\xc3\xbc", "tel:",
	} {
		u, err := ParseURI([]byte(in))
		var fault *Error
		require.ErrorAs(t, err, &fault, in)
		require.Equal(t, 400, fault.Status)
		require.Equal(t, URI{Port: -1}, u)
	}
}

func TestOtherSchemes(t *testing.T) {
	for in, opaque := range map[string]string{
		"tel:+1-201-555-0123;ext=1":  "+1-201-555-0123;ext=1",
		"urn:service:sos":            "service:sos",
		"soap.beep://192.0.2.103":    "//192.0.2.103",
		"nobodyKnowsThisScheme:what": "what",
		"sipx:a@b":                   "a@b",
	} {
		u, err := ParseURI([]byte(in))
		require.NoError(t, err)
		require.False(t, u.IsSIP(), in)
		require.False(t, u.Secure())
		require.Equal(t, opaque, string(u.Opaque))
		require.Empty(t, u.Host)
	}
}

func TestURIParam(t *testing.T) {
	u, err := ParseURI([]byte("sip:h;LR;Transport=TCP;x=a=b;;method=;transport=udp"))
	require.NoError(t, err)
	for name, want := range map[string]string{"lr": "", "transport": "TCP", "x": "a=b", "method": ""} {
		value, present := u.Param(name)
		require.True(t, present, name)
		require.Equal(t, want, string(value))
	}
	for _, name := range []string{"l", "trans", "transports", "b", "udp"} {
		_, present := u.Param(name)
		require.False(t, present, name)
	}
}

func TestHostAddr(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "[2001:DB8::1]": "2001:db8::1", "2001:db8::1": "2001:db8::1", "[::ffff:192.0.2.1]": "192.0.2.1",
		"::": "::", "::1": "::1", "1::": "1::", "1:2:3:4:5:6:7:8": "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:192.0.2.1": "1:2:3:4:5:6:c000:201", "64:ff9b::192.0.2.1": "64:ff9b::c000:201",
		"0.0.0.0": "0.0.0.0", "255.255.255.255": "255.255.255.255", "1:2:3:4:5:6:7::": "1:2:3:4:5:6:7:0",
	} {
		got, valid := HostAddr([]byte(in))
		require.True(t, valid, in)
		require.Equal(t, netip.MustParseAddr(want), got)
		u := URI{Host: []byte(in)}
		fromURI, _ := u.Addr()
		require.Equal(t, got, fromURI)
	}
	for _, in := range []string{"", "[]", "[::1", "::1]", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.", "1..2.3", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
		"12345::", "1:2:3:4:5:6:7::8", "::1.2.3.4:5", "1.2.3.4::", "fe80::1%eth0", "g::", ":1", "1:", "example.com", "1:2:3:4:5:6:7:1.2.3.4", "[1.2.3.4]"} {
		_, valid := HostAddr([]byte(in))
		require.False(t, valid, in)
	}
}

func TestAppendUserDecoded(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "room": "room", "r%6F%6fm": "room", "100%": "100%", "%4": "%4", "%zz": "%zz", "%2525": "%25", "a%00b": "a\x00b", "%c3%bc": "ü",
	} {
		require.Equal(t, "key:"+want, string(AppendUserDecoded([]byte("key:"), []byte(in))), in)
	}
}

func TestParseNameAddr(t *testing.T) {
	cases := []struct{ in, display, uri, params, tag string }{
		{"<sip:a@h>", "", "sip:a@h", "", ""},
		{"sip:a@h;tag=1", "", "sip:a@h", "tag=1", "1"},
		{`"A \"<;," <sip:a@h;lr;tag=no>;x="q;tag=no" ; TAG = 1;y`, `"A \"<;,"`, "sip:a@h;lr;tag=no", `x="q;tag=no" ; TAG = 1;y`, "1"},
		{"Alice Adams<sip:a@h>", "Alice Adams", "sip:a@h", "", ""},
		{"  Bell, Alexander <sip:a@h>  ;tag=1 ", "Bell, Alexander", "sip:a@h", "tag=1", "1"},
		{"< sip:a@h >", "", "sip:a@h", "", ""},
		{"\"\" <sip:a@h>;", `""`, "sip:a@h", "", ""},
	}
	for _, c := range cases {
		n, err := ParseNameAddr([]byte(c.in))
		require.NoError(t, err, c.in)
		require.Equal(t, []string{c.display, c.uri, c.params}, []string{string(n.Display), string(n.URI), string(n.Params)}, c.in)
		tag, present := n.Param("tag")
		require.Equal(t, c.tag != "", present, c.in)
		require.Equal(t, c.tag, string(tag))
	}
	for _, in := range []string{"", "<>", "<sip:a@h", "sip:a@h>", "\"A <sip:a@h>", "\"A\" sip:a@h", "<sip:a@h> x", "<sip:a@h>, <sip:b@h>", "<sip:a@h>;x=", "<sip:a@h>;=x", "sip:a b", ";tag=1", "<sip:a@h>;x=\"y"} {
		_, err := ParseNameAddr([]byte(in))
		var fault *Error
		require.ErrorAs(t, err, &fault, in)
		require.Equal(t, 400, fault.Status)
	}
}

func TestTransport(t *testing.T) {
	for text, want := range map[string]Transport{"UDP": UDP, "tcp": TCP, "TlS": TLS} {
		got, known := ParseTransport([]byte(text))
		require.True(t, known)
		require.Equal(t, want, got)
		require.Equal(t, want != UDP, got.Reliable())
		fromParam, _ := ParseTransport([]byte(got.Param()))
		require.Equal(t, want, fromParam)
		fromName, _ := ParseTransport([]byte(got.String()))
		require.Equal(t, want, fromName)
	}
	for _, text := range []string{"", "SCTP", "WS", "UDPX", "ud"} {
		_, known := ParseTransport([]byte(text))
		require.False(t, known)
	}
	require.Equal(t, "UNKNOWN", Transport(9).String())
	require.Equal(t, "unknown", Transport(9).Param())
}
