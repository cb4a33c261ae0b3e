package transport

import (
	"net"

	"golang.org/x/sys/unix"
)

// socketMTU is the path MTU of a connected socket, 0 when the kernel does not tell.
func socketMTU(c *net.UDPConn, v6 bool) (mtu int) {
	level, name := unix.IPPROTO_IP, unix.IP_MTU
	if v6 {
		level, name = unix.IPPROTO_IPV6, unix.IPV6_MTU
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) {
		if v, err := unix.GetsockoptInt(int(fd), level, name); err == nil {
			mtu = v
		}
	})
	return mtu
}
