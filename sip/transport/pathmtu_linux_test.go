package transport

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/internal/proof"
)

// 18.1.1: the path MTU is the kernel's. The test runs itself again in a network
// of its own, where it may set the MTU of the loopback interface.
func TestPathMTUOfTheKernel(t *testing.T) {
	if !proof.OwnNetwork(t) {
		return
	}
	proof.SetLoopback(t, 1500)
	s := listen(t, newRecorder(), nil, "udp 127.0.0.1:0", "tcp 127.0.0.1:0")
	for _, remote := range []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.9")} {
		require.Equal(t, 1500, s.PathMTU(remote))
		require.False(t, s.TooLarge(remote, 1300))
		require.True(t, s.TooLarge(remote, 1301))
	}
	proof.SetLoopback(t, 1280)
	s = listen(t, newRecorder(), nil, "udp 127.0.0.1:0")
	require.True(t, s.TooLarge(netip.MustParseAddr("127.0.0.1"), 1301))
	require.Equal(t, 1280, s.PathMTU(netip.MustParseAddr("127.0.0.1")))
	require.True(t, s.TooLarge(netip.MustParseAddr("127.0.0.1"), 1081))
	require.Zero(t, s.PathMTU(netip.MustParseAddr("192.0.2.1")), "no way leads there")
}
