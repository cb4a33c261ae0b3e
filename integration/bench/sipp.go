package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"time"
)

// stragglers is how long sipp may take for the last calls: longer than any
// transaction of theirs lives.
const stragglers = 40 * time.Second

// sippPeriod is how often sipp writes what it has counted.
const sippPeriod = 500 * time.Millisecond

// sipp is a process that makes or takes calls.
type sipp struct {
	*child
	counts string // path of its statistics
}

// users are the user parts that are called.
func (s *site) users() []string {
	if s.row.kind == refused {
		return []string{"full"} // the mark for those that cannot know
	}
	var list []string
	for i := range max(s.row.spaces, usualSpaces) {
		list = append(list, fmt.Sprintf("room%d", i+1))
	}
	return list
}

// startSipp runs a scenario at addr.
func (s *site) startSipp(name, script string, addr netip.AddrPort, args ...string) (*sipp, error) {
	p := &sipp{counts: filepath.Join(s.dir, name+".csv")}
	mode := map[string]string{"udp": "u1", "tcp": "t1"}[s.row.transport] // one socket, one connection
	ip := addr.Addr().String()
	argv := append([]string{
		"sipp", "-sf", s.script(script + ".xml"), "-t", mode, "-i", ip, "-p", fmt.Sprint(addr.Port()), "-bind_local", "-ci", ip, "-mi", ip,
		"-nostdin", "-skip_rlimit", "-buff_size", "4000000", "-trace_stat", "-stf", p.counts, "-fd", sippPeriod.String(),
		"-trace_err", "-error_file", filepath.Join(s.dir, name+".errors"),
	}, args...)
	var err error
	p.child, err = startChild(s.dir, name, argv...)
	return p, err
}

// startBridge runs the SIP side of the i-th bridge.
func (s *site) startBridge(i int) (*sipp, error) {
	script := "answer"
	if s.row.kind == cancelled {
		script = "ring"
	}
	return s.startSipp(fmt.Sprintf("cluster%d", i+1), script, s.bridges()[i], "-aa") // -aa answers OPTIONS
}

// startCaller makes calls from a port of the caller's, rate of them each second.
func (s *site) startCaller(name string, port uint16, door netip.AddrPort, rate, calls int, hold time.Duration) (*sipp, error) {
	users := "SEQUENTIAL\n"
	for _, user := range s.users() {
		users += user + "\n"
	}
	called := filepath.Join(s.dir, name+"-users.csv")
	if err := os.WriteFile(called, []byte(users), 0o600); err != nil {
		return nil, err
	}
	script := map[kind]string{placed: "call", spread: "call", refused: "refused", cancelled: "cancel", garbage: "call"}[s.row.kind]
	length := time.Duration(calls/rate+1)*time.Second + hold + stragglers
	return s.startSipp(name, script, s.at(hostCaller, port), door.String(),
		"-inf", called, "-r", fmt.Sprint(rate), "-m", fmt.Sprint(calls), "-l", fmt.Sprint(calls), "-d", fmt.Sprint(hold.Milliseconds()),
		"-timeout", fmt.Sprint(int(length.Seconds())))
}

// finish waits for the end of a caller, which says by its code that a call has
// failed, and gives what it counted.
func (p *sipp) finish(ctx context.Context) (sippStat, error) {
	const someFailed, timeUp = 1, 97
	if err := p.wait(ctx, someFailed, timeUp); err != nil {
		return sippStat{}, err
	}
	s, err := readSippStat(p.counts)
	if err != nil {
		return s, p.failure(err.Error())
	}
	return s, nil
}
