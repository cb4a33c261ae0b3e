package integration

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// network is a private /24 of the loopback network. Each test has its own, so
// tests run in parallel without clashes and a source address tells who it is.
type network struct{ prefix [3]byte }

// Hosts of a network.
const (
	hostEdge     = 1
	hostCaller   = 10 // call control
	hostStranger = 66 // nobody that the edge knows
	hostDirector = 99 // the test itself
	hostBridge   = 21 // cluster1; the others follow
)

// networks counts the networks handed out by this process.
var networks atomic.Uint32

// newNetwork hands out a network. The process id is part of it, so that two
// runs at the same time keep apart.
func newNetwork() network {
	n := networks.Add(1)
	return network{[3]byte{127, byte(2 + os.Getpid()%250), byte(1 + n%250)}}
}

// host gives an address of the network.
func (n network) host(h byte) netip.Addr {
	return netip.AddrFrom4([4]byte{n.prefix[0], n.prefix[1], n.prefix[2], h})
}

// Ports handed out are below those that the kernel gives to whoever asks for any,
// as a wildcard listener of somebody else on such a port would be in the way of
// every address.
const (
	firstPort = 10_000
	lastPort  = 30_000
)

// ports counts the ports handed out by this process: none is given twice. The
// count starts anywhere, so that two runs seldom meet.
var ports = func() *atomic.Uint32 {
	var n atomic.Uint32
	n.Store(rand.Uint32N(lastPort - firstPort))
	return &n
}()

// freePort finds a port of addr that is free for UDP and TCP alike. The address
// belongs to one test, so nobody else takes it in between.
func freePort(t *testing.T, addr netip.Addr) netip.AddrPort {
	t.Helper()
	const tries = 100
	for range tries {
		port := firstPort + ports.Add(1)%(lastPort-firstPort)
		if ap := netip.AddrPortFrom(addr, uint16(port)); isFree(ap) {
			return ap
		}
	}
	require.Fail(t, "no free port", "address %s, %d tries", addr, tries)
	return netip.AddrPort{}
}

// isFree tells if nobody has the port, by taking it and giving it back.
func isFree(ap netip.AddrPort) bool {
	udp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(ap))
	if err != nil {
		return false
	}
	defer udp.Close()
	tcp, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(ap))
	if err != nil {
		return false
	}
	defer tcp.Close()
	return true
}

func TestNetworksAreApart(t *testing.T) {
	a, b := newNetwork(), newNetwork()
	require.NotEqual(t, a.host(hostEdge), b.host(hostEdge))
	require.True(t, a.host(hostEdge).IsLoopback())
	require.Equal(t, fmt.Sprintf("127.%d.%d.10", a.prefix[1], a.prefix[2]), a.host(hostCaller).String())
}
