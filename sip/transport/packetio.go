package transport

import "net/netip"

const (
	readBatch  = 32 // datagrams per read: 32 buffers of 64 kB are 2 MB of address space per socket
	writeBatch = 64 // datagrams per write
	datagram   = 65536
)

// packetReader reads batches of datagrams from one socket into buffers that it
// reuses. It belongs to one goroutine.
type packetReader interface {
	// read waits for at least one datagram and returns how many it read; the
	// error is the socket's: closed, deadline, or a fault that may pass.
	read() (int, error)
	// packet returns datagram i of the last read. local is the destination
	// address on a wildcard socket, else zero. whole is false where the
	// kernel cut the datagram off.
	packet(i int) (b []byte, remote netip.AddrPort, local netip.Addr, whole bool)
}

// packetWriter writes batches of datagrams. It belongs to one goroutine, and
// serves one socket after the other.
type packetWriter interface {
	// set puts a datagram into slot i, below writeBatch. p is not copied. A
	// valid local is the source address to use on a wildcard socket.
	set(i int, u *udpSocket, p []byte, to netip.AddrPort, local netip.Addr)
	// send writes slots [from, to) in order. It returns how many the kernel
	// took, and where these are not all, why it refused the next one.
	send(u *udpSocket, from, to int) (int, error)
	// release forgets the payloads of slots [0, n).
	release(n int)
}
