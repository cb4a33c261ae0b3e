package sip

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/cespare/xxhash/v2"
	"go.uber.org/zap"

	"bridgehead/lb"
	"bridgehead/sip/transaction"
)

// New makes a proxy that does nothing until Start. The error says which
// setting is at fault.
func New(s Settings) (*Proxy, error) {
	keys, err := newRouteKeys(s.RouteKeys)
	if err != nil {
		return nil, err
	}
	if s.Selector == nil || s.Resolver == nil || s.Lookup == nil {
		return nil, fmt.Errorf("sip: no selector, no resolver or no lookup given")
	}
	if s.Logger == nil {
		s.Logger = zap.NewNop()
	}
	p := &Proxy{set: s, log: s.Logger, keys: keys, calls: newCalls(maxCalls),
		suspected: make(chan struct{}, 1), instance: rand.Text()[:12], made: time.Now()}
	p.names = newNames(s.Lookup, p.speaks, p.serversOf)
	p.markSeed = xxhash.Sum64String(p.instance)
	p.reprobe = suspectEvery
	p.afterwards, p.traffic = &afterwards{p}, newTraffic()
	p.unplaced = newUnplaced(Reject{}, s.Policy.Reject)
	p.works.New = func() any { return &work{} }
	p.contexts.New = func() any { return &responseContext{} }
	p.decisions.New = func() any { return &lb.Decision{} }
	p.saved.New = func() any { return &saved{} }
	for _, b := range s.Bridges {
		x := &bridge{Bridge: b, at: newEndpoint(b.SIP), hash: nameHash(b.Name)}
		if id, taken := p.bridgeByHash(x.hash); taken {
			return nil, fmt.Errorf("sip: the names of bridges %q and %q look alike in a route token: rename one", p.bridges[id].Name, b.Name)
		}
		p.bridges = append(p.bridges, x)
		p.endpoints = append(p.endpoints, x.at)
	}
	for _, c := range s.CallControls {
		x := &control{CallControl: c, hash: nameHash(c.Name), unplaced: newUnplaced(c.Reject, s.Policy.Reject)}
		for _, d := range c.URIs {
			x.at = append(x.at, newEndpoint(d))
		}
		p.endpoints = append(p.endpoints, x.at...)
		p.controls = append(p.controls, x)
	}
	p.rebuildPeers()
	return p, nil
}

// Start joins the proxy to its sockets and begins to probe the bridges. The
// stack must have been made with this Proxy as its handler and not be reading
// yet.
func (p *Proxy) Start(stack Stack) {
	p.Bind(stack)
	p.layer = transaction.New(transaction.Options{
		User:     p,
		NewBatch: stack.NewBatch,
		Timers:   transaction.Timers{C: p.set.Policy.TimerC},
		Logger:   p.log,
	})
	p.layer.Start()
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	p.background(ctx, "names", p.keepNames)
	p.background(ctx, "calls", p.sweepCalls)
	p.background(ctx, "paths", p.keepPaths)
	if p.set.Policy.OptionsInterval > 0 || p.reprobe > 0 {
		p.background(ctx, "probes", p.probe)
	}
}

// background runs a part until ctx ends; Close waits for it.
func (p *Proxy) background(ctx context.Context, part string, run func(context.Context)) {
	p.running.Go(func() { p.guarded(part, func() { run(ctx) }) })
}

// guarded keeps a panic of a background part from ending the process, and the
// calls with it.
func (p *Proxy) guarded(part string, f func()) {
	defer func() {
		if r := recover(); r != nil {
			p.log.Error("panic: please report it", zap.String("part", part), zap.Any("panic", r), zap.Stack("stack"))
		}
	}()
	f()
}

// Close ends probing, name look-ups and timers, and waits for them. Close the
// stack first, so that nothing arrives any more.
func (p *Proxy) Close() {
	if p.stop != nil {
		p.stop()
	}
	p.running.Wait()
	p.names.close()
	if p.layer != nil {
		p.layer.Close()
	}
}

// Drain makes the edge refuse new calls with 503 and answer OPTIONS with 503,
// so that call control goes elsewhere; calls that are being set up go on.
func (p *Proxy) Drain() { p.draining.Store(true) }

// Draining reports that Drain was called.
func (p *Proxy) Draining() bool { return p.draining.Load() }

// ackGrace is how long after a final response an INVITE counts as not over
// yet: its ACK belongs to it, and after T1 the response would be repeated.
const ackGrace = time.Second

// SettingUp reports that calls are being set up: an INVITE has no final
// response, or has had it for so short a time that its ACK may be on its way.
func (p *Proxy) SettingUp(now time.Time) bool {
	return p.open.Load() > 0 || now.UnixNano()-p.lastFinal.Load() < int64(ackGrace)
}

// OpenInvites is the number of INVITE transactions without a final response.
func (p *Proxy) OpenInvites() int { return int(p.open.Load()) }
