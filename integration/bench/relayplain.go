package main

import (
	"io"
	"net"
	"net/netip"
)

// plainDatagrams carries datagrams as one would write it in Go with no thought
// of cost: a goroutine for each direction, the net package's own sockets, one
// datagram at a time.
func plainDatagrams(door, caller, callee netip.AddrPort) error {
	near, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(door))
	if err != nil {
		return err
	}
	far, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(door.Addr(), 0)))
	if err != nil {
		return err
	}
	go plainly(near, far, callee)
	go plainly(far, near, caller)
	return nil
}

// plainly sends to peer, from one socket, what comes to the other, for ever; a
// datagram that cannot be sent is lost.
func plainly(from, to *net.UDPConn, peer netip.AddrPort) {
	buf := make([]byte, 65536)
	for {
		n, _, err := from.ReadFromUDPAddrPort(buf)
		if err != nil {
			continue // one that was sent before found nobody
		}
		_, _ = to.WriteToUDPAddrPort(buf[:n], peer)
	}
}

// plainConnections joins each connection to door with one to callee.
func plainConnections(door, callee netip.AddrPort, failed chan<- error) error {
	l, err := net.ListenTCP("tcp4", net.TCPAddrFromAddrPort(door))
	if err != nil {
		return err
	}
	go func() {
		for {
			near, err := l.AcceptTCP()
			if err != nil {
				failed <- err
				return
			}
			far, err := net.DialTCP("tcp4", nil, net.TCPAddrFromAddrPort(callee))
			if err != nil {
				failed <- err
				return
			}
			for _, way := range [][2]*net.TCPConn{{near, far}, {far, near}} {
				go func() {
					buf := make([]byte, 65536) // through memory, as a proxy's bytes go; io.Copy by itself would splice
					_, _ = io.CopyBuffer(struct{ io.Writer }{way[0]}, struct{ io.Reader }{way[1]}, buf)
					way[0].CloseWrite() //nolint:errcheck // it is over
				}()
			}
		}
	}()
	return nil
}
