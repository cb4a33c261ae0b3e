//go:build !linux

package transport

func newPacketReader(u *udpSocket) packetReader { return newPortableReader(u) }
func newPacketWriter() packetWriter             { return new(portableWriter) }
