// Package transport moves SIP messages between sockets and the core: UDP in
// batches and TCP now (RFC 3261 section 18). It owns every SIP socket of the
// process and knows nothing of transactions, dialogs or routing.
//
// # How it works
//
// A reader goroutine per UDP socket, and one for all connections (or one for each
// of them), takes what has arrived, calls Handler.Message for each message in order, and flushes what these
// calls sent as one batch. Nothing is handed from goroutine to goroutine on
// the way, so the messages of one peer keep their order, and one read and one
// write serve up to 32 datagrams. In steady state a datagram allocates nothing.
//
// A message comes with a wire.Hop that says how to answer: the listener, the
// peer, the address it was sent to (the real one on wildcard listeners too),
// the connection. Sent back unchanged, a hop leads an answer along the same
// path. On a connection that we dialled, Hop.Local bears the port of our
// listener, not the ephemeral one, since that is where we can be reached.
//
// Streams: each connection has a bounded queue. Who sends writes as much as the
// kernel takes at once; a writer goroutine does the rest, so a peer that does
// not read is cut off and never waited for. Connections are
// shared by peer; a message that a closing connection did not take goes over
// one new connection before it counts as undelivered.
//
// # Map
//
//	handler.go options.go errors.go   what the user gives and gets
//	stack.go guard.go stats.go        life, panics, counters
//	listener.go bind.go advertise.go  lines of the configuration
//	batch.go                          sending
//	udp.go packetio.go                datagrams; mmsg_linux.go, sockaddr_linux.go
//	                                  by recvmmsg, portable.go elsewhere;
//	                                  detach_linux.go out of the poller
//	accept.go conntable.go conn.go    connections; queue.go what they write,
//	                                  writenow_linux.go at once if it can be;
//	                                  stream.go what they read; streampoller_linux.go
//	                                  polledconn_linux.go streamready.go for all of them in
//	                                  one thread, where a processor can be spared for it
//	localaddr.go route.go             where a message leaves from
//	pathmtu.go refusals.go            what is too large for a datagram, who takes no TCP
//	interfaces.go                     which addresses are ours
//
// # Rules
//
//   - Nothing here waits for a peer in a goroutine that carries calls; every
//     queue, table and time is bounded.
//   - The handler is called under no lock of this package. A panic in it costs
//     one message.
//   - An IPv4 address is never written as an IPv6 one: hops are unmapped.
//   - A port that another process has is refused: no SO_REUSEPORT.
//   - Datagrams may be as large as UDP carries. The kernel fragments them by the
//     path MTU it knows; TooLarge judges by it, and Refused tells who takes no
//     TCP, so that the core can choose (RFC 3261 section 18.1.1).
//   - Where a response goes the connection and the source address of its request
//     say, with the port of sent-by. A maddr, or the sent-by name once nothing
//     else is left (section 18.2.2), would let a message choose whom we send to.
//   - ICMP errors that arrive after a datagram left (port unreachable) are not
//     read: they name an address, not a message, and can be forged. The
//     transaction's timers notice the silence. Errors that the kernel knows at
//     once (no route, too large, forbidden) are reported.
package transport
