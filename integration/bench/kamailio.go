package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// kamailio is Kamailio as Debian ships it, with the allocator that it recommends
// for production in place of the debugging one, and memory enough that it never
// fails for want of it. Only memory that it touches is counted.
type kamailio struct {
	site *site
	*child
}

func startKamailio(_ context.Context, s *site) (proxy, error) {
	program, err := exec.LookPath("kamailio")
	if err != nil {
		return nil, fmt.Errorf("install Debian's package kamailio, or leave it out by -proxies %s,%s: %w", nameRelay, nameEdge, err)
	}
	var list strings.Builder
	for _, bridge := range s.bridges() {
		fmt.Fprintf(&list, "1 sip:%s;transport=%s\n", bridge, s.row.transport)
	}
	bridges := filepath.Join(s.dir, "bridges.list")
	if err := os.WriteFile(bridges, []byte(list.String()), 0o600); err != nil {
		return nil, err
	}
	k := &kamailio{site: s}
	k.child, err = startChild(s.dir, nameKamailio, program,
		"-f", s.script("kamailio.cfg"), "-DD", "-E", "-x", "fm", "-X", "fm", "-m", "2048", "-M", "32", "-Y", s.dir, "-w", s.dir,
		"-l", "udp:"+k.door(0).String(), "-l", "tcp:"+k.door(0).String(), "-A", fmt.Sprintf("BRIDGES=%q", bridges))
	return k, err
}

func (k *kamailio) door(uint16) netip.AddrPort { return k.site.at(hostProxy, portSIP) }
