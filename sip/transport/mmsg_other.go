//go:build !linux

package transport

import "syscall"

func newPacketReader(u *udpSocket) packetReader { return newPortableReader(u) }
func newPacketWriter() packetWriter             { return new(portableWriter) }

// detach does nothing: portableReader needs the poller.
func (u *udpSocket) detach() {}

func shutdownRead(syscall.RawConn) {}
