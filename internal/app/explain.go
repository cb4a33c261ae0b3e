package app

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"

	"bridgehead/config"
	"bridgehead/lb"
	"bridgehead/sip"
	"bridgehead/sip/transaction"
	"bridgehead/sip/transport"
	"bridgehead/sip/wire"
)

// Explanation is a decision about a call that nobody made.
type Explanation struct {
	Decision lb.Decision
	Table    *lb.Table
	Bridges  []lb.BridgeView // as they were read for it
}

// explainWait bounds the one fresh reading of each bridge; explainStep is how
// often it is looked whether all are there.
const (
	explainWait = 2 * time.Second
	explainStep = 10 * time.Millisecond
)

// ExplainOnce reads every bridge once, for two seconds at most, and decides about
// a call with no side effect. It opens no SIP socket. Use the App for nothing
// else afterwards. The error says why the call would never come to a decision.
func (a *App) ExplainOnce(ctx context.Context, q sip.Question) (*Explanation, error) {
	polling := newBackground(a.log)
	defer polling.end() //nolint:errcheck // always nil
	a.cms.start(polling)
	if err := a.awaitReadings(ctx); err != nil {
		return nil, err
	}
	a.proxy.Bind(offline{a})
	a.learn(ctx, q)
	e := &Explanation{Table: a.balancer.Table()}
	now := time.Now()
	if err := a.proxy.Explain(q, now, &e.Decision); err != nil {
		return nil, err
	}
	e.Bridges = a.balancer.Bridges(now)
	return e, nil
}

// awaitReadings waits until everything was read once, or for explainWait.
func (a *App) awaitReadings(ctx context.Context) error {
	deadline := time.After(explainWait)
	tick := time.NewTicker(explainStep)
	defer tick.Stop()
	for !a.Informed() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline:
			return nil
		case <-tick.C:
		}
	}
	return nil
}

// Informed reports that each bridge was asked for load, calls and limits,
// whatever it answered, and each directory was read or cannot be: from then on
// decisions are made from all that there is to know. Safe for concurrent use;
// it does not block.
func (a *App) Informed() bool {
	for _, v := range a.balancer.Bridges(time.Now()) {
		waiting, failed := false, false
		for _, p := range v.Polls {
			failed = failed || p.Failures > 0
			waiting = waiting || p.Age == nil && p.Endpoint != lb.ReadStatus.String()
		}
		if waiting && !failed {
			return false
		}
	}
	for _, d := range a.cms.directories {
		if s := d.Status(); (s.LastFull.IsZero() || !s.PlanRead) && s.Error == "" {
			return false
		}
	}
	return true
}

// offline is the Stack of an edge that has no socket: it knows its addresses
// from the configuration.
type offline struct{ app *App }

func (o offline) NewBatch() transaction.Flusher { return nil }

func (o offline) LocalFor(wire.Transport, netip.Addr) (transport.LocalAddress, error) {
	return transport.LocalAddress{}, net.ErrClosed
}

func (o offline) Listeners() []transport.BoundListener {
	var out []transport.BoundListener
	for _, l := range listenersOf(o.app.cfg) {
		out = append(out, transport.BoundListener{Transport: l.Transport, Addr: l.Bind, Advertise: l.Advertise})
	}
	return out
}

func (o offline) IsLocal(a netip.Addr, port uint16) bool {
	return slices.ContainsFunc(o.app.cfg.SIP.Listen, func(l config.Listener) bool {
		if port != 0 && port != l.Bind.Port() {
			return false
		}
		return l.Bind.Addr() == a || l.Bind.Addr().IsUnspecified() && interfaceHas(a)
	})
}

// Nothing is sent, so no path matters.
func (o offline) PathMTU(netip.Addr) int                        { return 0 }
func (o offline) TooLarge(netip.Addr, int) bool                 { return false }
func (o offline) Refused(wire.Transport, netip.AddrPort) bool   { return false }
func (o offline) Connected(wire.Transport, netip.AddrPort) bool { return false }

// interfaceHas reports an address of this machine.
func interfaceHas(a netip.Addr) bool {
	if a.IsLoopback() {
		return true
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	return slices.ContainsFunc(addrs, func(n net.Addr) bool {
		p, err := netip.ParsePrefix(n.String())
		return err == nil && p.Addr() == a
	})
}
