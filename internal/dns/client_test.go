package dns

import (
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"bridgehead/sip"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// nameServer answers from a zone over UDP and TCP on one port of 127.0.0.1.
type nameServer struct {
	at            string
	zone          map[string][]dns.RR // by name and type, as key makes them
	code          int
	mute          bool
	other         bool // answers another question
	overUDP, over atomic.Int32
}

func key(name string, kind uint16) string { return strings.ToLower(name) + dns.TypeToString[kind] }

func serve(t *testing.T, s *nameServer, records ...string) *nameServer {
	s.zone = map[string][]dns.RR{}
	for _, text := range records {
		r, err := dns.NewRR(text)
		require.NoError(t, err)
		k := key(r.Header().Name, r.Header().Rrtype)
		s.zone[k] = append(s.zone[k], r)
	}
	packets, streams := onePort(t)
	s.at = packets.LocalAddr().String()
	for _, server := range []*dns.Server{{PacketConn: packets, Handler: s}, {Listener: streams, Handler: s}} {
		done, started := make(chan struct{}), make(chan struct{})
		server.NotifyStartedFunc = func() { close(started) }
		go func() { defer close(done); _ = server.ActivateAndServe() }()
		<-started // before that it cannot be shut down
		t.Cleanup(func() { _ = server.Shutdown(); <-done })
	}
	return s
}

// onePort opens a port that is free for both transports: one that was given for
// the first may be taken for the second.
func onePort(t *testing.T) (net.PacketConn, net.Listener) {
	for range 100 {
		packets, err := net.ListenPacket("udp", "127.0.0.1:0")
		require.NoError(t, err)
		streams, err := net.Listen("tcp", packets.LocalAddr().String())
		if err == nil {
			return packets, streams
		}
		require.NoError(t, packets.Close())
	}
	t.Fatal("no port is free for both transports")
	return nil, nil
}

func (s *nameServer) ServeDNS(w dns.ResponseWriter, m *dns.Msg) {
	s.over.Add(1)
	_, udp := w.RemoteAddr().(*net.UDPAddr)
	if udp {
		s.overUDP.Add(1)
	}
	if s.mute {
		return
	}
	q := m.Question[0]
	r := new(dns.Msg)
	r.SetRcode(m, s.code)
	known := false
	for k, records := range s.zone {
		known = known || strings.HasPrefix(k, strings.ToLower(q.Name))
		if k == key(q.Name, q.Qtype) {
			r.Answer = records
		}
	}
	if !known && s.code == dns.RcodeSuccess {
		r.Rcode = dns.RcodeNameError
	}
	if s.other {
		r.Question[0].Name = "elsewhere.example."
	}
	if udp {
		r.Truncate(int(m.IsEdns0().UDPSize()))
	}
	_ = w.WriteMsg(r)
}

// clientOf is a client of these name servers.
func clientOf(nameServers ...string) *Client {
	c := New()
	c.servers.path, c.servers.list = "", nameServers
	return c
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// RFC 2782, 3403: the records as they are, and the shortest TTL of them.
func TestRecords(t *testing.T) {
	c := clientOf(serve(t, &nameServer{},
		"example.com. 50 IN NAPTR 10 20 \"s\" \"SIP+D2T\" \"\" _sip._tcp.example.com.",
		"example.com. 70 IN NAPTR 10 30 \"u\" \"E2U+sip\" \"!^.*$!sip:x@example.com!\" .",
		"_sip._tcp.example.com. 300 IN SRV 1 60 5070 a.example.com.",
		"_sip._tcp.example.com. 200 IN SRV 2 0 5060 b.example.com.",
		"a.example.com. 30 IN A 192.0.2.1",
		"a.example.com. 40 IN A 192.0.2.2",
	).at)
	naptr, life, err := c.NAPTR(within(t), "example.com")
	require.NoError(t, err)
	require.Equal(t, 50*time.Second, life)
	require.Equal(t, []sip.NAPTR{{Order: 10, Preference: 20, Flags: "s", Service: "SIP+D2T", Replacement: "_sip._tcp.example.com."}}, naptr, "no regular expressions")

	srv, life, err := c.SRV(within(t), "_sip._tcp.Example.com")
	require.NoError(t, err)
	require.Equal(t, 200*time.Second, life)
	require.Equal(t, []sip.SRV{{Priority: 1, Weight: 60, Port: 5070, Target: "a.example.com."}, {Priority: 2, Port: 5060, Target: "b.example.com."}}, srv)

	addrs, life, err := c.Addresses(within(t), "a.example.com")
	require.NoError(t, err)
	require.Equal(t, 30*time.Second, life)
	require.Equal(t, []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")}, addrs)

	for _, none := range []string{"_sip._udp.example.com", "nowhere.example"} {
		srv, life, err = c.SRV(within(t), none)
		require.NoError(t, err, "absence is no error")
		require.Empty(t, srv)
		require.Zero(t, life)
	}
}

// RFC 1035 section 4.2.1: what is too large for a datagram is asked for again
// over TCP.
func TestTruncatedAnswer(t *testing.T) {
	var records []string
	for i := range 60 {
		records = append(records, "_sip._udp.example.com. 60 IN SRV 1 1 5060 "+strings.Repeat("x", 20+i%40)+".example.com.")
	}
	s := serve(t, &nameServer{}, records...)
	srv, _, err := clientOf(s.at).SRV(within(t), "_sip._udp.example.com")
	require.NoError(t, err)
	require.Len(t, srv, 60)
	require.EqualValues(t, 1, s.overUDP.Load())
	require.EqualValues(t, 2, s.over.Load())
}

// A name server that is silent, broken or answers something else makes room for
// the next one; if none is left the error names it.
func TestNameServersInTurn(t *testing.T) {
	const record = "_sip._udp.example.com. 60 IN SRV 1 1 5060 a.example.com."
	good := serve(t, &nameServer{}, record)
	for name, bad := range map[string]*nameServer{
		"silent": {mute: true}, "broken": {code: dns.RcodeServerFailure}, "refuses": {code: dns.RcodeRefused}, "another question": {other: true},
	} {
		t.Run(name, func(t *testing.T) {
			bad := serve(t, bad, record)
			srv, _, err := clientOf(bad.at, good.at).SRV(within(t), "_sip._udp.example.com")
			require.NoError(t, err)
			require.Len(t, srv, 1)

			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			_, _, err = clientOf(bad.at).SRV(ctx, "_sip._udp.example.com")
			require.ErrorContains(t, err, bad.at)
			require.ErrorContains(t, err, "_sip._udp.example.com SRV")
			require.Less(t, time.Since(began), 2*time.Second)
		})
	}
}

// Whatever a URI holds, nothing that is no name is asked for.
func TestNoName(t *testing.T) {
	s := serve(t, &nameServer{})
	for _, name := range []string{"", "a..b", strings.Repeat("x", 64) + ".example", strings.Repeat("x.", 130)} {
		_, _, err := clientOf(s.at).SRV(within(t), name)
		require.Error(t, err, name)
	}
	require.Zero(t, s.over.Load())
}

// The hosts file goes before the DNS, and needs none.
func TestHostsFile(t *testing.T) {
	s := serve(t, &nameServer{}, "localhost. 60 IN A 192.0.2.1")
	addrs, _, err := clientOf(s.at).Addresses(within(t), "localhost")
	require.NoError(t, err)
	require.True(t, addrs[0].IsLoopback(), "%v", addrs)
	require.Zero(t, s.over.Load())
}

// resolv.conf is read again when it changes, and keeps its meaning while it cannot
// be read.
func TestResolvConf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "resolv.conf")
	s := &servers{path: path}
	look := func() []string { s.looked = time.Time{}; return s.now() }
	write := func(text string, at time.Time) {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		require.NoError(t, os.Chtimes(path, at, at))
	}
	require.Empty(t, look())
	write("search example.com\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n", time.Unix(1, 0))
	require.Equal(t, []string{"192.0.2.53:53", "[2001:db8::53]:53"}, look())
	write("nameserver 192.0.2.54\n", time.Unix(2, 0))
	require.Equal(t, []string{"192.0.2.53:53", "[2001:db8::53]:53"}, s.now(), "not at every question")
	require.Equal(t, []string{"192.0.2.54:53"}, look())
	require.NoError(t, os.Remove(path))
	require.Equal(t, []string{"192.0.2.54:53"}, look())
}

// RFC 6724, as far as it tells the families apart.
func TestRank(t *testing.T) {
	for _, tc := range []struct {
		to, from string
		rank     int
	}{
		{"2001:db8::1", "2001:db8::9", 0},
		{"192.0.2.1", "192.0.2.9", 1},
		{"fd00::1", "fd00::9", 2},
		{"2001:db8::1", "fd00::9", 2},
		{"2001:db8::1", "", 3},
		{"192.0.2.1", "", 3},
	} {
		from, _ := netip.ParseAddr(tc.from)
		require.Equal(t, tc.rank, rank(netip.MustParseAddr(tc.to), from), "%s from %s", tc.to, tc.from)
	}
	addrs := []netip.Addr{netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")}
	sortByUse(addrs)
	require.Len(t, addrs, 3)
	require.Equal(t, []string{"127.0.0.1", "127.0.0.2"}, slices.DeleteFunc([]string{addrs[0].String(), addrs[1].String(), addrs[2].String()}, func(s string) bool { return strings.Contains(s, ":") }), "what is equal keeps its order")
}
