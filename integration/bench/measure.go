package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// What each measurement has beside the traffic of its row.
const (
	warmUp    = time.Second     // of the same traffic, before anything is counted
	probeRate = 100             // of the row's calls per second, made by the probe
	overhead  = 4 * time.Second // start, warm-up and end, on the whole
)

// measurement is one run of a row through one proxy.
type measurement struct {
	site    *site
	bridges []*sipp
	proxy   proxy
	probe   *probe
	holder  *sipp // has the calls that are up meanwhile; nil for none
	probes  int   // calls per second
}

// measure runs a row through a proxy for some time and says what it cost.
func measure(ctx context.Context, dir, name string, r row, length time.Duration) (sample, error) {
	s, err := newSite(dir, r)
	if err != nil {
		return sample{}, err
	}
	m := &measurement{site: s, probes: min(probeRate, max(1, r.rate/5))}
	defer m.close()
	if err := m.open(ctx, name); err != nil {
		return sample{}, fmt.Errorf("%s, %s: %w", r.name, name, err)
	}
	got, err := m.run(ctx, length)
	if err != nil {
		return sample{}, fmt.Errorf("%s, %s: %w", r.name, name, err)
	}
	return got, nil
}

// open starts the bridges and the proxy, waits until a call goes as it should,
// and warms the proxy.
func (m *measurement) open(ctx context.Context, name string) error {
	for i := range m.site.bridges() {
		b, err := m.site.startBridge(i)
		if err != nil {
			return err
		}
		m.bridges = append(m.bridges, b)
	}
	for _, b := range m.bridges {
		err := until(ctx, patience, b.name+" listens", func() bool { _, err := readSippStat(b.counts); return err == nil })
		if err != nil {
			return errors.Join(err, b.failure("does not listen"))
		}
	}
	var err error
	if m.proxy, err = startProxy(ctx, name, m.site); err != nil {
		return err
	}
	err = until(ctx, patience, "a call goes as it should", func() bool {
		if m.proxy.ended() {
			return true
		}
		if m.probe == nil {
			m.probe, err = newProbe(m.site, m.proxy.door(portProbe))
		}
		return err == nil && m.probe.answered()
	})
	if err != nil || m.proxy.ended() {
		return errors.Join(err, m.proxy.failure("does not serve"))
	}
	warm, err := m.caller("warm", portWarm, 1, warmUp)
	if err != nil {
		return err
	}
	defer warm.kill()
	if _, err = warm.finish(ctx); err != nil || m.site.row.up == 0 {
		return err
	}
	return m.putUp(ctx)
}

// caller starts one of so many callers that share sipp's part of the row's calls.
func (m *measurement) caller(name string, port uint16, sharers int, length time.Duration) (*sipp, error) {
	rate := (m.site.row.rate - m.probes) / sharers
	return m.site.startCaller(name, port, m.proxy.door(port), rate, int(float64(rate)*length.Seconds()), 0)
}

// run makes the row's calls for length and counts.
func (m *measurement) run(ctx context.Context, length time.Duration) (sample, error) {
	resent, err := m.resentDown(ctx)
	if err != nil {
		return sample{}, err
	}
	cpu, err := cpuOf(m.proxy.pid())
	if err != nil {
		return sample{}, err
	}
	stat, err := m.traffic(ctx, length)
	if err != nil {
		return sample{}, err
	}
	used, err := cpuOf(m.proxy.pid())
	if err != nil {
		return sample{}, err
	}
	memory, err := pssOf(m.proxy.pid())
	if err != nil {
		return sample{}, err
	}
	resentSince, err := m.resentDown(ctx)
	if err != nil {
		return sample{}, err
	}
	begun, over := m.probe.counts()
	delays := m.probe.measured()
	calls := stat.succeeded + over
	if calls == 0 {
		return sample{}, m.proxy.failure("has carried no call as it should")
	}
	return sample{
		cpu:        float64((used - cpu).Microseconds()) / float64(calls),
		memory:     float64(memory) / (1 << 20),
		p50:        quantile(delays, 0.50),
		p99:        quantile(delays, 0.99),
		failed:     float64(stat.failed + begun - over),
		resentUp:   float64(stat.retransmitted),
		resentDown: float64(resentSince - resent),
		calls:      float64(calls),
	}, nil
}

// traffic makes the row's calls for length, with all that is beside them.
func (m *measurement) traffic(ctx context.Context, length time.Duration) (sippStat, error) {
	var callers []*sipp
	ports := m.site.callers()
	for i, port := range ports {
		caller, err := m.caller(fmt.Sprintf("caller%d", i+1), port, len(ports), length)
		if err != nil {
			return sippStat{}, err
		}
		defer caller.kill()
		callers = append(callers, caller)
	}
	during, end := context.WithTimeout(ctx, length)
	defer end()
	var beside sync.WaitGroup
	var scraped, sent error
	beside.Go(func() { m.probe.run(during, m.probes) })
	if e, ok := m.proxy.(*edge); ok {
		beside.Go(func() { scraped = e.scrape(during) })
	}
	if m.site.row.kind == garbage {
		beside.Go(func() { sent = sendGarbage(during, m.site, m.proxy.door(portGarbage)) })
	}
	var all sippStat
	var failed error
	for _, caller := range callers {
		stat, err := caller.finish(ctx)
		all, failed = all.plus(stat), errors.Join(failed, err)
	}
	beside.Wait()
	return all, errors.Join(failed, scraped, sent)
}

// resentDown is what the bridges have sent again so far, from their next
// statistics.
func (m *measurement) resentDown(ctx context.Context) (int, error) {
	select {
	case <-time.After(sippPeriod + sippPeriod/5):
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	sum := 0
	for _, b := range m.bridges {
		stat, err := readSippStat(b.counts)
		if err != nil {
			return 0, err
		}
		sum += stat.retransmitted
	}
	return sum, nil
}

// close ends all that open has started.
func (m *measurement) close() {
	if m.probe != nil {
		m.probe.close()
	}
	if m.holder != nil {
		m.holder.kill()
	}
	if m.proxy != nil {
		m.proxy.stop()
	}
	for _, b := range m.bridges {
		b.kill()
	}
}
