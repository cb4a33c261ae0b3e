//go:build !linux

package transport

import "net"

// socketMTU is not known on this system.
func socketMTU(*net.UDPConn, bool) int { return 0 }
