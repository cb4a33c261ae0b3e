package transport

import (
	"net/netip"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestSockaddr(t *testing.T) {
	s := layout(t, nil)
	s.interfaces.table.Store(&interfaceTable{zones: map[uint32]string{3: "eth0"}, scopes: map[string]uint32{"eth0": 3}})
	v4, v6 := &udpSocket{stack: s}, &udpSocket{stack: s, v6: true}
	for _, c := range []struct {
		u        *udpSocket
		to, want string
	}{
		{v4, "192.0.2.1:5060", "192.0.2.1:5060"},
		{v6, "192.0.2.1:65535", "192.0.2.1:65535"},
		{v6, "[2001:db8::1]:1", "[2001:db8::1]:1"},
		{v6, "[fe80::1%eth0]:5060", "[fe80::1%eth0]:5060"},
		{v6, "[fe80::1%3]:5060", "[fe80::1%eth0]:5060"},
		{v6, "[fe80::1%7]:5060", "[fe80::1%7]:5060"},
		{v6, "[fe80::1%nowhere]:5060", "[fe80::1]:5060"},
	} {
		var sa unix.RawSockaddrInet6
		n := c.u.toSockaddr(&sa, netip.MustParseAddrPort(c.to))
		require.Equal(t, c.u.v6, n == unix.SizeofSockaddrInet6)
		require.Equal(t, c.want, c.u.fromSockaddr(&sa).String())
	}
	require.False(t, v4.fromSockaddr(&unix.RawSockaddrInet6{Family: unix.AF_UNIX}).IsValid())
}

func TestPacketInfo(t *testing.T) {
	for _, c := range []struct {
		addr string
		v6   bool
	}{{"192.0.2.1", false}, {"192.0.2.1", true}, {"2001:db8::1", true}} {
		var info control
		n := putPacketInfo(&info, netip.MustParseAddr(c.addr), c.v6)
		if !c.v6 { // what we write as source, the kernel writes as destination
			require.Equal(t, c.addr, packetInfo(&info, n).String())
		} else {
			require.Equal(t, netip.MustParseAddr(c.addr), packetInfo(&info, n))
		}
		require.False(t, packetInfo(&info, n/2).IsValid())
		require.False(t, packetInfo(&info, 0).IsValid())
	}
	var info control
	n := putPacketInfo(&info, netip.MustParseAddr("ff02::1"), true)
	require.False(t, packetInfo(&info, n).IsValid(), "nobody answers from a group")
}

func FuzzPacketInfo(f *testing.F) {
	var info control
	n := putPacketInfo(&info, netip.MustParseAddr("192.0.2.1"), false)
	f.Add(unsafe.Slice((*byte)(unsafe.Pointer(&info)), n), n)
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 127}, 64)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		var info control
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&info)), unsafe.Sizeof(info)), b)
		if a := packetInfo(&info, max(n, 0)); a.Is4In6() {
			t.Fatal("not unmapped")
		}
	})
}
