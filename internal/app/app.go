package app

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"bridgehead/config"
	"bridgehead/internal/admin"
	"bridgehead/internal/dns"
	"bridgehead/lb"
	"bridgehead/sip"
	"bridgehead/sip/transport"
)

// recordedDecisions is how many decisions the admin API can show.
const recordedDecisions = 4096

// Options are what an App needs beside its configuration.
type Options struct {
	Logger *zap.Logger // nil logs nothing
	// Version is shown by the admin API.
	Version string
	// Decided, if set, sees every decision as it is made, and again whenever it
	// moves on to its next candidate; d.Tries tells which it is. It runs on the
	// call path: it must not block and must not keep d.
	Decided func(d *lb.Decision, t *lb.Table)
	// LogDropped counts the log lines that were dropped; nil for none. See
	// NewLogger.
	LogDropped func() uint64
}

// App is one edge. New wires it, Start opens its sockets, Stop ends it; Run is
// the three in order. Use an App once.
type App struct {
	cfg      *config.Config
	log      *zap.Logger
	version  string
	started  time.Time
	balancer *lb.Balancer
	recorder *lb.Recorder
	cms      *cmsHalf
	proxy    *sip.Proxy
	stack    *transport.Stack
	admin    *admin.Server
	weights  *weights
	states   *states
	tally    *tally
	bridges  []*config.CallBridge // by lb.BridgeID
	dropped  func() uint64
	fileGood atomic.Bool  // the configuration file was good when it was last read
	fileRead atomic.Int64 // when it was last read and good, in Unix nanoseconds
	teardown teardown
}

// New wires an edge and opens nothing, but reads (or makes) what is kept in
// stateDir. The error says which part of the configuration is at fault.
func New(c *config.Config, o Options) (*App, error) {
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	keys, err := routeKeys(c)
	if err != nil {
		return nil, err
	}
	w := loadWeights(c.StateDir, o.Logger)
	topology, err := topologyOf(c, w.limits())
	if err != nil {
		return nil, err
	}
	rules := policyOf(c)
	if err := rules.Validate(); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	a := &App{cfg: c, log: o.Logger, version: o.Version, weights: w, recorder: lb.NewRecorder(recordedDecisions), dropped: o.LogDropped}
	a.teardown.log = o.Logger
	a.FileRead(true)
	a.balancer = lb.New(topology, rules, time.Now())
	a.states = loadStates(c.StateDir, topology, o.Logger)
	a.states.apply(a.balancer, topology)
	a.tally = newTally(topology, a.recorder)
	for i := range c.Groups {
		for j := range c.Groups[i].CallBridges {
			a.bridges = append(a.bridges, &c.Groups[i].CallBridges[j])
		}
	}
	if a.cms, err = newCMSHalf(c, a.balancer, o.Logger.Named("cms")); err != nil {
		return nil, err
	}
	s := settingsOf(c, topology)
	s.RouteKeys, s.Selector, s.Resolver = keys, a.balancer, a.cms
	s.Lookup = dns.New()
	s.Recorder, s.Logger = a.tally, o.Logger.Named("sip")
	if o.Decided != nil {
		s.Decided = func(d *lb.Decision) { o.Decided(d, a.balancer.Table()) }
	}
	if a.proxy, err = sip.New(s); err != nil {
		return nil, err
	}
	return a, nil
}

// Start opens the sockets, begins to poll, and returns once calls are taken.
// On an error nothing is left open.
func (a *App) Start() (err error) {
	defer func() {
		if err != nil {
			a.teardown.run() //nolint:errcheck // the first error is the one to tell
		}
	}()
	a.started = time.Now()
	for _, w := range a.cfg.Warnings() {
		a.log.Warn(w.Message, zap.String("field", w.Path))
	}
	a.stack, err = transport.Listen(transport.Options{
		Listeners: listenersOf(a.cfg), Handler: a.proxy, Logger: a.log.Named("transport"), Allowed: a.proxy.Trusted,
	})
	if err != nil {
		return err
	}
	a.teardown.push("weights", a.saveWeights)
	a.teardown.push("proxy", func() error { a.proxy.Close(); return nil })
	a.teardown.push("sip sockets", a.stack.Close)
	a.proxy.Start(sip.Sockets(a.stack))

	polling := newBackground(a.log)
	a.cms.start(polling)
	polling.start("loadLimits", a.keepWeights)
	polling.start("table", a.watchTable)
	a.teardown.push("polling", polling.end)

	if err = a.startAdmin(); err != nil {
		return err
	}
	a.stack.Start()
	for _, l := range a.stack.Listeners() {
		a.log.Info("listening", zap.String("transport", l.Transport.Param()), zap.Stringer("address", l.Addr))
	}
	return nil
}

func (a *App) startAdmin() error {
	if a.cfg.Admin.Listen == "" {
		return nil
	}
	s, err := admin.New(admin.Options{Listen: a.cfg.Admin.Listen, Source: a, Metrics: newMetrics(a).handler(), Version: a.version, Logger: a.log.Named("admin")})
	if err != nil {
		return err
	}
	a.admin = s
	a.teardown.push("admin", s.Close)
	return s.Start()
}

// drainStep is how often Stop looks whether the last call is set up.
const drainStep = 20 * time.Millisecond

// Stop ends the edge. New calls are refused at once; INVITE transactions that
// are open may finish for as long as drainTimeout says.
func (a *App) Stop() error {
	a.proxy.Drain()
	if end := a.cfg.Policy.DrainTimeout; end > 0 && a.proxy.SettingUp(time.Now()) {
		a.log.Info("waiting for calls that are being set up", zap.Int("open", a.proxy.OpenInvites()), zap.Duration("atMost", end))
		tick := time.NewTicker(drainStep)
		defer tick.Stop()
		for late := time.After(end); a.proxy.SettingUp(time.Now()); {
			select {
			case <-late:
				a.log.Warn("calls were still being set up when the time was over", zap.Int("open", a.proxy.OpenInvites()))
				return a.teardown.run()
			case <-tick.C:
			}
		}
	}
	return a.teardown.run()
}

// Run starts the edge, waits until ctx ends, and stops it.
func (a *App) Run(ctx context.Context) error {
	if err := a.Start(); err != nil {
		return err
	}
	<-ctx.Done()
	return a.Stop()
}

// FileRead says that the configuration file was read again, and whether it was
// good, for the metrics. Safe for concurrent use.
func (a *App) FileRead(good bool) {
	a.fileGood.Store(good)
	if good {
		a.fileRead.Store(time.Now().UnixNano())
	}
}

// SIPAddrs are the bound SIP addresses in the order of the configuration.
func (a *App) SIPAddrs() []netip.AddrPort {
	var out []netip.AddrPort
	for _, l := range a.stack.Listeners() {
		out = append(out, l.Addr)
	}
	return out
}

// AdminAddr is the bound address of the admin API, "" when it has none.
func (a *App) AdminAddr() string {
	if a.admin == nil {
		return ""
	}
	return a.admin.Addr()
}

// resolvePins tells the selection which spaces the pinned URIs are, so that a
// pin holds for every URI of its space, whichever is dialled first (R3).
func (a *App) resolvePins() {
	for _, pin := range a.balancer.Table().Topology().Pins {
		user := strings.ToLower(pin.Conference)
		for _, r := range a.cfg.Routes {
			if t, sure := a.cms.Classify(r.Domains[0], user); sure && t.Kind == sip.TargetSpace {
				a.balancer.Resolve(user+"@"+r.Domains[0], t.Space)
			}
		}
	}
}

// watchTable logs what changes between two looks at the bridges, and nothing
// else: one line for each change, none while all is well.
func (a *App) watchTable(ctx context.Context) error {
	const look = time.Second
	old := a.balancer.Table()
	warned := make(map[string]bool)
	reach := newReachLog(a.log)
	var lost uint64
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(look):
		}
		reach.look(a.balancer.Bridges(time.Now()))
		a.resolvePins()
		now := a.balancer.Table()
		for _, line := range now.Diff(old) {
			a.log.Info(line)
		}
		for _, w := range now.Warnings() {
			if !warned[w] {
				warned[w] = true
				a.log.Warn(w)
			}
		}
		old = now
		if a.dropped == nil {
			continue
		}
		if n := a.dropped(); n > lost {
			a.log.Warn("log lines were dropped: whatever reads the log is too slow", zap.Uint64("lines", n-lost))
			lost = n
		}
	}
}
