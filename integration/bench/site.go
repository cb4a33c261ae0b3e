package main

import (
	"cmp"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"sync/atomic"
)

// Hosts of a site. A caller's address is what a proxy knows call control by.
const (
	hostProxy  = 1
	hostCaller = 10
	hostBridge = 21 // the first; the others follow
)

// Ports of a site.
const (
	portSIP     = 5060 // the proxy, and each bridge
	portLeg     = 5061 // the relay's leg for the probe
	portCaller  = 5062 // sipp
	portWarm    = 5063 // sipp, before the measurement
	portProbe   = 5064
	portGarbage = 5065
	portHold    = 5067 // sipp, for calls that are up meanwhile
	portOutward = 5066 // where calls of the bridges would go
	portMore    = 5100 // the first further socket of the edge, and the caller that uses it
	portAdmin   = 9495
)

// domain is that of all spaces.
const domain = "meet.example.com"

// site is the place of one measurement: a private /24 of the loopback network
// and a directory, so that nothing of one measurement reaches the next.
type site struct {
	row    row
	dir    string
	prefix [3]byte
}

// sites counts the sites of this process.
var sites atomic.Uint32

func newSite(dir string, r row) (*site, error) {
	n := sites.Add(1)
	s := &site{row: r, dir: filepath.Join(dir, fmt.Sprint(n)), prefix: [3]byte{127, byte(2 + os.Getpid()%250), byte(1 + n%250)}}
	return s, os.Mkdir(s.dir, 0o700)
}

// at is a port of a host of the site.
func (s *site) at(host byte, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{s.prefix[0], s.prefix[1], s.prefix[2], host}), port)
}

// callers are the ports of the row's callers, one for each socket of the edge.
func (s *site) callers() []uint16 {
	ports := []uint16{portCaller}
	for i := 1; i < s.row.sockets; i++ {
		ports = append(ports, portMore+uint16(i-1))
	}
	return ports
}

// bridges are the SIP addresses of the bridges.
func (s *site) bridges() []netip.AddrPort {
	var list []netip.AddrPort
	for i := range cmp.Or(s.row.bridges, usualBridges) {
		list = append(list, s.at(hostBridge+byte(i), portSIP))
	}
	return list
}
