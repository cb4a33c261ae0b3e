package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// probe makes a few calls beside sipp's and measures how long each takes to be
// set up: from INVITE to its final answer. sipp's own clock has steps of
// milliseconds, which is what the delays are.
type probe struct {
	site *site
	door netip.AddrPort
	conn net.Conn

	mu     sync.Mutex
	calls  map[string]*probeCall
	begun  int
	delays []time.Duration // of the calls that went as they should
	over   int             // calls to whose end nothing is missing
}

// newProbe connects to a proxy.
func newProbe(s *site, door netip.AddrPort) (*probe, error) {
	p := &probe{site: s, door: door, calls: map[string]*probeCall{}}
	local := s.at(hostCaller, portProbe)
	d := net.Dialer{Timeout: time.Second}
	if s.row.transport == "tcp" {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(local.Addr(), 0))
	} else {
		d.LocalAddr = net.UDPAddrFromAddrPort(local)
	}
	var err error
	if p.conn, err = d.Dial(s.row.transport, door.String()); err != nil {
		return nil, err
	}
	go p.read()
	return p, nil
}

func (p *probe) close() { p.conn.Close() }

// local is the address that the probe's messages name.
func (p *probe) local() string { return p.conn.LocalAddr().String() }

// forget begins to count anew.
func (p *probe) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.calls)
	p.begun, p.over, p.delays = 0, 0, nil
}

// run forgets what was before, makes calls at rate per second until ctx is over,
// and waits for the last ones.
func (p *probe) run(ctx context.Context, rate int) {
	p.forget()
	const pause = 5 * time.Millisecond
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for begin, made := time.Now(), 0; ; {
		select {
		case <-tick.C:
			for due := int(time.Since(begin).Seconds() * float64(rate)); made < due; made++ {
				p.call()
			}
			p.repeat()
		case <-ctx.Done():
			p.settle(3 * time.Second)
			return
		}
	}
}

// settle waits until all calls are over.
func (p *probe) settle(within time.Duration) {
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		p.repeat()
		if begun, over := p.counts(); begun == over {
			return
		}
	}
}

// measured are the delays of the calls that went as they should.
func (p *probe) measured() []time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.delays)
}

// counts are the calls begun and those of them that went as they should, to the
// end.
func (p *probe) counts() (begun, over int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.begun, p.over
}

// answered tells if a call went as it should, within a second.
func (p *probe) answered() bool {
	p.forget()
	p.call()
	p.settle(time.Second)
	_, over := p.counts()
	return over > 0
}

// call begins a call.
func (p *probe) call() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begun++
	id := fmt.Sprintf("probe%d.%d", time.Now().UnixNano(), p.begun)
	users := p.site.users()
	c := &probeCall{id: id, uri: "sip:" + users[p.begun%len(users)] + "@" + domain, kind: p.site.row.kind, from: p.local(), transport: p.site.row.transport}
	p.calls[id] = c
	c.begin = time.Now()
	invite := c.invite()
	p.send(c, invite)
	if c.kind == garbage {
		for range invitesAgain {
			p.write(invite)
		}
	}
}

// repeat sends again, over UDP, what was not answered within half a second.
func (p *probe) repeat() {
	if p.site.row.transport != "udp" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.calls {
		if c.waiting != "" && time.Since(c.sent) > 500*time.Millisecond {
			p.send(c, c.waiting)
		}
	}
}

// send sends a message that wants an answer.
func (p *probe) send(c *probeCall, text string) {
	c.waiting, c.sent = text, time.Now()
	p.write(text)
}

// write sends a message. An error shows as a call that is never answered.
func (p *probe) write(text string) { _, _ = p.conn.Write([]byte(text)) }

// read takes the answers until the connection is closed.
func (p *probe) read() {
	buf, have := make([]byte, 64<<10), 0
	for {
		n, err := p.conn.Read(buf[have:])
		now := time.Now()
		if errors.Is(err, net.ErrClosed) || err != nil && p.site.row.transport == "tcp" {
			return
		}
		if err != nil {
			continue // of UDP: nobody listens yet
		}
		have += n
		used := 0
		for {
			m, length := readAnswer(buf[used:have])
			if length == 0 {
				break
			}
			used += length
			p.take(m, now)
		}
		if p.site.row.transport == "udp" {
			used = have
		}
		have = copy(buf, buf[used:have])
	}
}

// take does what an answer wants.
func (p *probe) take(a answer, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.calls[a.callID]
	if c == nil {
		return
	}
	for _, text := range c.take(a, now) {
		if text.wants {
			p.send(c, text.text)
		} else {
			p.write(text.text)
		}
	}
	if c.over {
		delete(p.calls, c.id)
		p.over++
		p.delays = append(p.delays, c.delay)
	}
}
