package integration

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// wharf is an edge with a bridge behind it, all over TCP.
type wharf struct {
	pair
	whole    *testing.T // the test that it serves, subtests and all
	listener *net.TCPListener
	ship     *pipe // the connection that the edge has opened to the bridge
}

// newWharf starts one.
func newWharf(t *testing.T) *wharf {
	t.Helper()
	network := newNetwork()
	w := &wharf{whole: t}
	w.caller = newPeer(t, network.host(hostCaller))
	var err error
	w.listener, err = net.ListenTCP("tcp", &net.TCPAddr{IP: network.host(hostBridge).AsSlice()})
	require.NoError(t, err)
	t.Cleanup(func() { w.listener.Close() })
	w.open(t, network, "cluster1", w.listener.Addr().(*net.TCPAddr).AddrPort(),
		settings{transport: "tcp", domains: []string{"example.com"}, policy: patient})
	return w
}

// arrived is the next message at the bridge.
func (w *wharf) arrived(t *testing.T) message {
	t.Helper()
	if w.ship == nil {
		require.NoError(t, w.listener.SetDeadline(time.Now().Add(patience)))
		conn, err := w.listener.AcceptTCP()
		require.NoError(t, err, "the edge opens no connection to the bridge")
		w.ship = keepPipe(w.whole, conn)
	}
	m, open := w.ship.receive(t)
	require.True(t, open, "the edge has closed the connection to the bridge")
	return m
}

// line opens a connection to the edge.
func (w *wharf) line(t *testing.T) *pipe {
	return newPipe(t, w.caller.addr.Addr(), w.edge.address())
}

// talk writes a request of a caller on a stream.
func talk(method, id, headers, body string) string {
	return fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\nFrom: <sip:a@example.com>;tag=1\r\n"+
		"To: <%s>\r\nCall-ID: %s\r\nCSeq: 1 %s\r\n%sContent-Length: %d\r\n\r\n%s", method, roomURI, id, roomURI, id, method, headers, len(body), body)
}

// pass has a request that was sent on a line reach the bridge, and its answer the line.
func (w *wharf) pass(t *testing.T, l *pipe, id, body string) {
	t.Helper()
	got := w.arrived(t)
	require.Equal(t, id, got.get("Call-ID"))
	require.Equal(t, body, string(got.body))
	w.ship.send(t, reply(got, "200 OK", fmt.Sprintf("Content-Length: %d\r\n", len(body)), []byte(body)))
	back, open := l.receive(t)
	require.True(t, open, "the edge has closed the connection")
	require.Equal(t, id, back.get("Call-ID"))
	require.Equal(t, 200, back.status())
	require.Equal(t, body, string(back.body))
}

// TestStream cuts and joins what comes over TCP in every way that a stream may.
func TestStream(t *testing.T) {
	t.Parallel()
	w := newWharf(t)

	t.Run("two messages in one segment", func(t *testing.T) {
		l := w.line(t)
		l.send(t, []byte(talk("MESSAGE", "one", "", "first")+talk("MESSAGE", "two", "", "second")))
		first, second := w.arrived(t), w.arrived(t)
		require.Equal(t, []string{"one first", "two second"}, []string{first.get("Call-ID") + " " + string(first.body), second.get("Call-ID") + " " + string(second.body)})
		for _, m := range []message{second, first} {
			w.ship.send(t, reply(m, "200 OK", "Content-Length: 0\r\n", nil))
			back, open := l.receive(t)
			require.True(t, open)
			require.Equal(t, m.get("Call-ID"), back.get("Call-ID"))
		}
	})

	t.Run("two messages of RFC 4475, with a line end between them", func(t *testing.T) {
		l := w.line(t)
		file := tortureFile(t, "dblreq")
		_, invite, _ := strings.Cut(file, "\r\n\r\n\r\n")
		_, body, _ := strings.Cut(invite, "\r\n\r\n")
		l.send(t, []byte(strings.TrimSuffix(file, body[150:]))) // Content-Length says 150
		first, open := l.receive(t)
		require.True(t, open)
		require.Equal(t, 405, first.status())
		got := w.arrived(t)
		require.Equal(t, "dblreq.0ha0isnda977644900765@192.0.2.15", got.get("Call-ID"))
		require.Equal(t, body[:150], string(got.body))
		w.ship.send(t, reply(got, "486 Busy", "Content-Length: 0\r\n", nil))
		require.True(t, w.arrived(t).is("ACK"))
		for _, status := range []int{100, 486} {
			back, open := l.receive(t)
			require.True(t, open)
			require.Equal(t, status, back.status())
		}
	})

	t.Run("one message in twenty segments", func(t *testing.T) {
		l := w.line(t)
		text := talk("MESSAGE", "pieces", "X-Long: "+strings.Repeat("long ", 100)+"\r\n", "the body\r\n\r\nof it")
		for i := range 20 {
			l.send(t, []byte(text[i*len(text)/20:(i+1)*len(text)/20]))
			require.Equal(t, 200, w.options(t), "the edge, meanwhile") // and it has read the piece
		}
		w.pass(t, l, "pieces", "the body\r\n\r\nof it")
	})

	t.Run("65 kB", func(t *testing.T) {
		l := w.line(t)
		const limit = 65_535 // of a message
		body := strings.Repeat("0123456789abcde\n", limit/16)
		room := limit - len(talk("MESSAGE", "large", "", body)) + len(body)
		body = body[:room]
		l.send(t, []byte(talk("MESSAGE", "large", "", body)))
		got := w.arrived(t)
		require.Equal(t, body, string(got.body))
		w.ship.send(t, reply(got, "200 OK", "Content-Length: 0\r\n", nil))
		back, open := l.receive(t)
		require.True(t, open)
		require.Equal(t, 200, back.status())
	})

	t.Run("keep-alives between messages", func(t *testing.T) {
		l := w.line(t)
		l.send(t, []byte("\r\n\r\n"+talk("MESSAGE", "alive1", "", "x")))
		w.pass(t, l, "alive1", "x")
		require.Equal(t, 2, l.lineEnds, "two line ends are a ping, one is the answer (RFC 5626)")
		l.send(t, []byte("\r\n"+talk("MESSAGE", "alive2", "", "")))
		w.pass(t, l, "alive2", "")
		require.Equal(t, 2, l.lineEnds, "one line end is no ping")
	})

	t.Run("a message inside a body", func(t *testing.T) {
		l := w.line(t)
		inner := talk("INVITE", "smuggled", "", "")
		l.send(t, []byte(talk("MESSAGE", "outer", "", inner)+talk("MESSAGE", "next", "", "")))
		w.pass(t, l, "outer", inner)
		w.pass(t, l, "next", "")
	})

	without := func(id, header string) string {
		return strings.Replace(talk("MESSAGE", id, "", ""), "Content-Length: 0\r\n", header, 1)
	}
	for i, c := range []struct{ name, text string }{
		{"no Content-Length", without("bad", "")},
		{"two Content-Lengths", without("bad", "Content-Length: 0\r\nl: 0\r\n")},
		{"two Content-Lengths of RFC 4475", tortureFile(t, "mcl01")},
		{"Content-Length with a sign", without("bad", "Content-Length: +0\r\n")},
		{"Content-Length below zero", tortureFile(t, "ncl")},
		{"Content-Length beyond 64 bits", without("bad", "Content-Length: 18446744073709551616\r\n")},
		{"Content-Length of two figures", without("bad", "Content-Length: 0, 0\r\n")},
		{"Content-Length in hexadecimal", without("bad", "Content-Length: 0x0\r\n")},
		{"a message larger than any", without("bad", "Content-Length: 70000\r\n")},
		{"a bare LF in a header", without("bad", "X: a\nContent-Length: 0\r\n")},
		{"a bare CR in a header", without("bad", "X: a\rb\r\nContent-Length: 0\r\n")},
		{"garbage", "\x80\x81 garbage \x00\r\n\r\n"},
		{"another protocol", "\x16\x03\x01\x02\x00\x01\x00\x01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, id := w.line(t), fmt.Sprintf("cut%d", i)
			l.send(t, []byte(talk("MESSAGE", id, "", "")))
			w.pass(t, l, id, "")
			_, err := l.conn.Write([]byte(c.text + talk("MESSAGE", "never", "", "")))
			require.NoError(t, err)
			m, open := l.receive(t)
			require.False(t, open, "the connection goes on with\n%s", m.raw)
			l = w.line(t)
			l.send(t, []byte(talk("MESSAGE", id+"b", "", "")))
			w.pass(t, l, id+"b", "") // the next that arrives; what stood behind the fault never did
		})
	}
}
