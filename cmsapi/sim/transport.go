package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"go.uber.org/zap"
)

const (
	maxMessage     = 65535
	connectTimeout = 3 * time.Second
	writeTimeout   = 5 * time.Second
	writeQueue     = 1024 // messages that wait for a TCP peer
	bindAttempts   = 32
)

// source is where a message came from.
type source struct {
	network string // "UDP" or "TCP"
	addr    netip.AddrPort
	conn    *stream // of TCP
}

// transport owns a bridge's SIP sockets: one UDP socket and one TCP listener
// on the same port, and the TCP connections.
type transport struct {
	udp    *net.UDPConn
	tcp    *net.TCPListener
	addr   netip.AddrPort
	handle func(raw []byte, src source) // called in order per socket; must not block
	broken func()                       // a message was beyond framing
	log    *zap.Logger

	ctx    context.Context // ends with shut
	cancel context.CancelFunc
	wg     sync.WaitGroup
	mu     sync.Mutex
	closed bool
	all    map[*stream]struct{}
	dialed map[netip.AddrPort]*stream
}

// listen binds UDP and TCP on the same address; with port 0 on any port that
// is free for both.
func listen(addr string, log *zap.Logger) (*transport, error) {
	want, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, fmt.Errorf("SIP address %q: write it as address:port, e.g. 127.0.0.1:0", addr)
	}
	if want.Addr().IsUnspecified() {
		return nil, fmt.Errorf("SIP address %q: name one address, as it stands in Contact and SDP", addr)
	}
	t := &transport{log: log, all: make(map[*stream]struct{}), dialed: make(map[netip.AddrPort]*stream)}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	for range bindAttempts {
		t.udp, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(want))
		if err != nil {
			return nil, fmt.Errorf("SIP address %s: %w", addr, err)
		}
		t.addr = netip.AddrPortFrom(want.Addr(), uint16(t.udp.LocalAddr().(*net.UDPAddr).Port))
		t.tcp, err = net.ListenTCP("tcp", net.TCPAddrFromAddrPort(t.addr))
		if err == nil {
			// A burst of large messages must not overflow the socket while the
			// reader waits for its turn on a busy machine.
			_ = t.udp.SetReadBuffer(4 << 20)
			return t, nil
		}
		_ = t.udp.Close()
		if want.Port() != 0 {
			break
		}
	}
	return nil, fmt.Errorf("SIP address %s: %w", addr, err)
}

// serve starts the readers.
func (t *transport) serve() {
	t.wg.Add(2)
	go t.readUDP()
	go t.accept()
}

// shut closes every socket; wait then waits for every goroutine.
func (t *transport) shut() {
	t.mu.Lock()
	t.closed = true
	t.cancel()
	t.mu.Unlock()
	_ = t.udp.Close()
	_ = t.tcp.Close()
	for _, s := range t.streams() {
		s.close()
	}
}

// wait blocks until every goroutine of a shut transport has ended.
func (t *transport) wait() { t.wg.Wait() }

// background runs f in a goroutine that wait waits for; f must end with ctx.
// It does nothing once the transport is shut.
func (t *transport) background(f func(ctx context.Context)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	t.wg.Add(1)
	go func() {
		defer t.wg.Done()
		f(t.ctx)
	}()
}

// respond sends a response to where its request came from. On TCP that is the
// same connection, else a new one to sent-by's port (RFC 3261 section 18.2.2).
func (t *transport) respond(src source, v via, b []byte) error {
	if src.network == "UDP" {
		return t.writeUDP(responseAddr(v, src.addr), b)
	}
	if src.conn.send(b) == nil {
		return nil
	}
	b = bytes.Clone(b)
	t.background(func(ctx context.Context) {
		s, err := t.connect(ctx, netip.AddrPortFrom(src.addr.Addr(), uint16(v.portOrDefault())))
		if err == nil {
			err = s.send(b)
		}
		if err != nil {
			t.log.Debug("response not delivered", zap.Error(err))
		}
	})
	return nil
}

// readUDP hands on every datagram until the socket is closed.
func (t *transport) readUDP() {
	defer t.wg.Done()
	buf := make([]byte, maxMessage+1)
	for {
		n, from, err := t.udp.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			t.log.Debug("UDP read failed", zap.Error(err))
			continue
		}
		if blank(buf[:n]) {
			continue
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		t.handle(buf[:n], source{network: "UDP", addr: from})
	}
}

// writeUDP sends one datagram.
func (t *transport) writeUDP(to netip.AddrPort, b []byte) error {
	_, err := t.udp.WriteToUDPAddrPort(b, to)
	return err
}

// blank tells a keep-alive: nothing but CR and LF.
func blank(b []byte) bool {
	for _, c := range b {
		if c != '\r' && c != '\n' {
			return false
		}
	}
	return true
}

// accept takes TCP connections until the listener is closed.
func (t *transport) accept() {
	defer t.wg.Done()
	for {
		c, err := t.tcp.AcceptTCP()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			t.log.Debug("TCP accept failed", zap.Error(err))
			continue
		}
		if s := t.newStream(c, netip.AddrPort{}); s != nil {
			s.run()
		}
	}
}

// newStream registers a connection; nil once the transport is closed.
func (t *transport) newStream(c *net.TCPConn, dialed netip.AddrPort) *stream {
	s := &stream{t: t, conn: c, dialed: dialed, queue: make(chan []byte, writeQueue), done: make(chan struct{})}
	s.peer = c.RemoteAddr().(*net.TCPAddr).AddrPort()
	s.peer = netip.AddrPortFrom(s.peer.Addr().Unmap(), s.peer.Port())
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		_ = c.Close()
		return nil
	}
	t.all[s] = struct{}{}
	if dialed.IsValid() {
		t.dialed[dialed] = s
	}
	t.wg.Add(2)
	return s
}

// connect gives the connection that we opened to that address before, or a
// new one. It blocks until connected, for 3 s at most.
func (t *transport) connect(ctx context.Context, to netip.AddrPort) (*stream, error) {
	t.mu.Lock()
	s := t.dialed[to]
	t.mu.Unlock()
	if s != nil {
		return s, nil
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: t.addr.Addr().AsSlice()}}
	c, err := dialer.DialContext(ctx, "tcp", to.String())
	if err != nil {
		return nil, err
	}
	s = t.newStream(c.(*net.TCPConn), to)
	if s == nil {
		return nil, net.ErrClosed
	}
	s.run()
	return s, nil
}

// resolve gives the address of a hop.
func (t *transport) resolve(ctx context.Context, h hop) (netip.AddrPort, error) {
	if a, err := netip.ParseAddr(h.host); err == nil {
		return netip.AddrPortFrom(a.Unmap(), uint16(h.port)), nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", h.host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	for _, a := range addrs {
		if a.Unmap().Is4() == t.addr.Addr().Is4() {
			return netip.AddrPortFrom(a.Unmap(), uint16(h.port)), nil
		}
	}
	return netip.AddrPort{}, fmt.Errorf("%s has no address of the family of %s", h.host, t.addr.Addr())
}

// streams are the open connections.
func (t *transport) streams() []*stream {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]*stream, 0, len(t.all))
	for s := range t.all {
		all = append(all, s)
	}
	return all
}
