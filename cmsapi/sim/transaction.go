package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/emiago/sipgo/sip"
)

// transactions are a bridge's server and client transactions: sipgo's state
// machines (RFC 3261 section 17, RFC 6026) on our sockets.
type transactions struct {
	t      *transport
	parser *sip.Parser

	mu      sync.Mutex // a leaf: nothing else is locked under it
	servers map[string]*serverTx
	clients map[string]*clientTx
}

// quiet drops sipgo's own log.
var quiet = slog.New(slog.DiscardHandler)

// newTransactions gives an empty table over t.
func newTransactions(t *transport) *transactions {
	return &transactions{
		t: t, parser: newParser(),
		servers: make(map[string]*serverTx), clients: make(map[string]*clientTx),
	}
}

// close ends every transaction with no further word.
func (x *transactions) close() {
	x.mu.Lock()
	servers, clients := x.servers, x.clients
	x.servers, x.clients = make(map[string]*serverTx), make(map[string]*clientTx)
	x.mu.Unlock()
	for _, tx := range servers {
		tx.fsm.Terminate()
	}
	for _, tx := range clients {
		tx.fsm.Terminate()
	}
}

// pipe is the connection that a state machine writes to.
type pipe struct {
	local  net.Addr
	write  func(b []byte) error
	origin sip.Message // sent as the bytes of text, not as sipgo would write it
	text   string
}

// LocalAddr implements sip.Connection.
func (p *pipe) LocalAddr() net.Addr { return p.local }

// WriteMsg implements sip.Connection.
func (p *pipe) WriteMsg(m sip.Message) error {
	if p.origin != nil && m == p.origin {
		return p.write([]byte(p.text))
	}
	return p.write([]byte(m.String()))
}

// Ref implements sip.Connection; our sockets outlive every transaction.
func (p *pipe) Ref(int) int { return 1 }

// TryClose implements sip.Connection.
func (p *pipe) TryClose() (int, error) { return 1, nil }

// Close implements sip.Connection.
func (p *pipe) Close() error { return nil }

// serverTx is one server transaction.
type serverTx struct {
	fsm   *sip.ServerTx
	m     *message
	src   source
	final int // under the bridge's mutex: the final status sent, 0 if none
}

// server gives the transaction that the request belongs to, if there is one.
func (x *transactions) server(m *message, method string) *serverTx {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.servers[m.transactionKey(method)]
}

// newServer starts the transaction of a new request.
func (x *transactions) newServer(m *message, src source) (*serverTx, error) {
	// The state machine gets a request of its own: sipgo fills in fields of a
	// request when they are first asked for, which would race with us.
	origin := sip.NewRequest(sip.RequestMethod(m.method), sip.Uri{Scheme: "sip", Host: "invalid"})
	origin.SetTransport(src.network)
	for _, h := range m.headers {
		switch h.name {
		case "via", "from", "to", "call-id", "cseq":
			origin.AppendHeader(sip.NewHeader(h.name, h.value))
		}
	}
	key := m.transactionKey(m.method)
	conn := &pipe{local: net.TCPAddrFromAddrPort(x.t.addr), write: func(b []byte) error { return x.t.respond(src, m.via, b) }}
	tx := &serverTx{fsm: sip.NewServerTx(key, origin, conn, quiet), m: m, src: src}
	tx.fsm.OnTerminate(func(key string, _ error) {
		x.mu.Lock()
		defer x.mu.Unlock()
		if x.servers[key] == tx {
			delete(x.servers, key)
		}
	})
	x.mu.Lock()
	x.servers[key] = tx
	x.mu.Unlock()
	return tx, tx.fsm.Init()
}

// acknowledge tells the state machine of the ACK of a failure.
func (x *transactions) acknowledge(tx *serverTx, ack *message) {
	_ = tx.fsm.Receive(ack.parsed.(*sip.Request))
	// sipgo hands the ACK over and would wait for a reader until the
	// transaction ends.
	x.t.background(func(ctx context.Context) {
		select {
		case <-tx.fsm.Acks():
		case <-tx.fsm.Done():
		case <-ctx.Done():
		}
	})
}

// clientTx is one client transaction.
type clientTx struct {
	fsm *sip.ClientTx
	m   *message // the request
	x   *transactions
	ack atomic.Pointer[repeatedACK]
}

// repeatedACK is the ACK of a 2xx, sent again whenever that comes again.
type repeatedACK struct {
	write func([]byte) error
	text  string
}

// errNoAnswer says that a transaction ended without a final response.
var errNoAnswer = errors.New("sim: no answer")

// newClient sends a request to hop h and starts its transaction. It may block
// for a name or a connect.
func (x *transactions) newClient(ctx context.Context, text string, h hop) (*clientTx, error) {
	m, err := parseMessage(x.parser, []byte(text))
	if err != nil {
		return nil, fmt.Errorf("sim: built a request that is none: %w", err)
	}
	to, err := x.t.resolve(ctx, h)
	if err != nil {
		return nil, err
	}
	write, err := x.writer(ctx, h.network, to)
	if err != nil {
		return nil, err
	}
	origin := m.parsed.(*sip.Request)
	origin.SetTransport(h.network)
	key := m.via.branch + "|" + m.method
	conn := &pipe{local: net.TCPAddrFromAddrPort(x.t.addr), write: write, origin: origin, text: text}
	tx := &clientTx{fsm: sip.NewClientTx(key, origin, conn, quiet), m: m, x: x}
	tx.fsm.OnRetransmission(func(*sip.Response) {
		if ack := tx.ack.Load(); ack != nil {
			_ = ack.write([]byte(ack.text))
		}
	})
	tx.fsm.OnTerminate(func(key string, _ error) {
		x.mu.Lock()
		defer x.mu.Unlock()
		if x.clients[key] == tx {
			delete(x.clients, key)
		}
	})
	x.mu.Lock()
	x.clients[key] = tx
	x.mu.Unlock()
	if err := tx.fsm.Init(); err != nil {
		tx.fsm.Terminate()
		return nil, err
	}
	return tx, nil
}

// writer gives what sends to that address.
func (x *transactions) writer(ctx context.Context, network string, to netip.AddrPort) (func([]byte) error, error) {
	if network == "UDP" {
		return func(b []byte) error { return x.t.writeUDP(to, b) }, nil
	}
	s, err := x.t.connect(ctx, to)
	if err != nil {
		return nil, err
	}
	return s.send, nil
}

// response hands a response to its client transaction, false if it has none.
func (x *transactions) response(m *message) bool {
	x.mu.Lock()
	tx := x.clients[m.via.branch+"|"+m.cseqOf]
	x.mu.Unlock()
	if tx == nil {
		return false
	}
	// Receive may wait for the reader of the response, and sipgo delays a
	// repeated ACK by seconds.
	x.t.background(func(context.Context) { tx.fsm.Receive(m.parsed.(*sip.Response)) })
	return true
}

// final waits for the final response of a request that is no INVITE.
func (tx *clientTx) final(ctx context.Context) (*sip.Response, error) {
	for {
		select {
		case res := <-tx.fsm.Responses():
			if res.IsProvisional() {
				continue
			}
			return res, nil
		case <-tx.fsm.Done():
			return nil, errNoAnswer
		case <-ctx.Done():
			tx.fsm.Terminate()
			return nil, ctx.Err()
		case <-tx.x.t.ctx.Done():
			tx.fsm.Terminate()
			return nil, errStopped
		}
	}
}
