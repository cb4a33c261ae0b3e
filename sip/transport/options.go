package transport

import (
	"errors"
	"net/netip"
	"time"

	"go.uber.org/zap"

	"bridgehead/sip/wire"
)

// Listener says where to listen. Its position in [Options].Listeners is the
// index that [wire.Hop].Listener carries.
type Listener struct {
	// Transport is wire.UDP or wire.TCP.
	Transport wire.Transport
	// Bind is the address and port to bind; an unspecified address (0.0.0.0
	// or ::) is a wildcard listener, port 0 takes a free port.
	Bind netip.AddrPort
	// Advertise is host[:port] to be written into Via and Record-Route in
	// place of the bound address; "" advertises the bound address. Without a
	// port the bound port is advertised. IPv6 literals stand in brackets
	// where a port follows.
	Advertise string
	// DualStack lets a listener on :: take IPv4 as well. Otherwise an IPv6
	// listener takes IPv6 alone, so that it can stand beside an IPv4 listener
	// on the same port. IPv4 peers appear with plain IPv4 addresses either way.
	DualStack bool
}

// String returns the listener as it stands in the configuration, for example
// "udp://0.0.0.0:5060".
func (l Listener) String() string {
	return l.Transport.Param() + "://" + l.Bind.String()
}

// Options configure a [Stack]. Zero values mean the defaults given here.
type Options struct {
	// Listeners to bind, at least one; their order gives the indices of hops.
	Listeners []Listener
	// Handler gets the messages; required.
	Handler Handler
	// Logger for connection trouble and recovered panics; nil logs nothing.
	Logger *zap.Logger
	// Allowed is the source filter, asked before a datagram is parsed and
	// when a connection is accepted; nil admits everybody. It must be cheap
	// and safe for concurrent use. Addresses are unmapped.
	Allowed func(netip.Addr) bool
	// MaxMessage is the largest message taken, in bytes; default and maximum
	// 65535. Larger datagrams are dropped, larger stream messages end their
	// connection.
	MaxMessage int
	// MaxConns bounds accepted connections, and separately those that the
	// stack dials, so that strangers cannot use up what calls need; default 4096.
	MaxConns int
	// MaxConnsPerPeer bounds accepted connections per source address; default 256.
	MaxConnsPerPeer int
	// ConnIdle closes a connection on which no byte moved in either direction
	// for that long, CRLF pings included; default 10 minutes.
	ConnIdle time.Duration
	// ConnectTimeout bounds a connect; default 3 s.
	ConnectTimeout time.Duration
	// MessageTimeout is how long a stream message may take from its first byte
	// to its last; default 30 s.
	MessageTimeout time.Duration
	// WriteTimeout is how long a peer may take to accept what is being written
	// to it before it is cut off; default 5 s.
	WriteTimeout time.Duration

	now    func() time.Time // clock of the caches, set by tests
	polled bool             // no socket leaves the runtime's poller, set by tests
}

const (
	maxMessage      = 65535 // RFC 3261 section 18.1.1: what UDP can carry
	defaultMaxConns = 4096
)

// withDefaults fills zero values and refuses what cannot work.
func (o Options) withDefaults() (Options, error) {
	if o.Handler == nil {
		return o, errors.New("transport: no handler")
	}
	if len(o.Listeners) == 0 {
		return o, errors.New("transport: no listeners; name at least one, for example udp://0.0.0.0:5060")
	}
	if len(o.Listeners) > 1<<16-1 {
		return o, errors.New("transport: too many listeners")
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	if o.MaxMessage <= 0 || o.MaxMessage > maxMessage {
		o.MaxMessage = maxMessage
	}
	orDefault(&o.MaxConns, defaultMaxConns)
	orDefault(&o.MaxConnsPerPeer, 256)
	orDefault(&o.ConnIdle, 10*time.Minute)
	orDefault(&o.ConnectTimeout, 3*time.Second)
	orDefault(&o.MessageTimeout, 30*time.Second)
	orDefault(&o.WriteTimeout, 5*time.Second)
	if o.now == nil {
		o.now = time.Now
	}
	return o, nil
}

// orDefault sets *v to d where *v is not positive.
func orDefault[T int | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}
