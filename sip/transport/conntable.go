package transport

import (
	"net"
	"net/netip"
	"sync"

	"bridgehead/sip/wire"
)

// peer is whom a connection leads to.
type peer struct {
	transport wire.Transport
	addr      netip.AddrPort
}

// connTable knows every connection, by its number and by its peer. Connections
// are shared: whoever sends to a peer uses the one that is there, also while
// it is being dialled.
type connTable struct {
	stack *Stack

	mu       sync.RWMutex
	byID     map[uint64]*conn
	byRemote map[peer]*conn
	perPeer  map[netip.Addr]int // accepted ones
	accepted int
	dialled  int
	last     uint64 // number given last; 0 is none
}

func (t *connTable) init(s *Stack) {
	t.stack = s
	t.byID, t.byRemote, t.perPeer = map[uint64]*conn{}, map[peer]*conn{}, map[netip.Addr]int{}
}

// size is the number of connections.
func (t *connTable) size() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.byID)
}

// write puts a message into the queue of the connection that its hop names,
// else of one to its peer, which is dialled when there is none (RFC 3261
// sections 18.1.1 and 18.2.2).
func (t *connTable) write(e *entry, p []byte) (*conn, DropReason, error) {
	for range 4 { // more than one connection that ends under our hands is rare
		c, why, err := t.get(e.to)
		if err != nil {
			return nil, why, err
		}
		stuck, err := c.out.put(p, e)
		switch {
		case err == nil:
			return c, 0, nil
		case err == ErrQueueFull:
			if stuck {
				c.cutOff()
			}
			return nil, DropQueueFull, err
		}
		t.retire(c) // it ended between get and put; the next get finds another
	}
	return nil, DropConnLost, ErrConnLost
}

// get finds or starts the connection for a hop.
func (t *connTable) get(to wire.Hop) (*conn, DropReason, error) {
	remote := unmapPort(to.Remote)
	t.mu.RLock()
	c := t.find(to.Conn, peer{to.Transport, remote})
	t.mu.RUnlock()
	if c != nil {
		return c, 0, nil
	}
	if !isPeer(remote.Addr()) || remote.Port() == 0 {
		return nil, DropNoRoute, ErrNoAddress
	}
	l, err := t.stack.streamListener(to, remote.Addr())
	if err != nil {
		return nil, DropNoRoute, err
	}
	c = newConn(t.stack, l, remote, true)
	if c.source = to.Local.Addr().Unmap().WithZone(""); c.source.IsUnspecified() || c.source.IsValid() && c.source.Is4() != remote.Addr().Is4() {
		c.source = netip.Addr{}
	}
	if !c.source.IsValid() && !l.wildcard() {
		c.source = l.addr.Addr()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if other := t.find(to.Conn, peer{to.Transport, remote}); other != nil {
		return other, 0, nil // somebody else was faster
	}
	if t.dialled >= t.stack.o.MaxConns {
		return nil, DropConnLimit, ErrTooManyConns
	}
	t.add(c)
	if !t.stack.spawn(c.run) {
		t.drop(c)
		return nil, DropClosed, ErrClosed
	}
	return c, 0, nil
}

// find needs t.mu.
func (t *connTable) find(id uint64, p peer) *conn {
	if id != 0 {
		if c := t.byID[id]; c != nil && !c.retired {
			return c
		}
	}
	return t.byRemote[p]
}

// accept takes an accepted connection in, or says why not.
func (t *connTable) accept(l *listener, nc net.Conn, remote netip.AddrPort) (DropReason, error) {
	c := newConn(t.stack, l, remote, false)
	if !t.admit(c) {
		return DropConnLimit, ErrTooManyConns
	}
	c.attach(nc)
	if !t.stack.spawn(c.run) {
		c.die(ErrClosed, DropClosed)
		return DropClosed, ErrClosed
	}
	return 0, nil
}

// admit adds an accepted connection, within the limits.
func (t *connTable) admit(c *conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.accepted >= t.stack.o.MaxConns || t.perPeer[c.remote.Addr()] >= t.stack.o.MaxConnsPerPeer {
		return false
	}
	t.add(c)
	return true
}

// add needs t.mu.
func (t *connTable) add(c *conn) {
	t.last++
	c.id = t.last
	t.byID[c.id] = c
	if c.dialled {
		t.dialled++
	} else {
		t.accepted++
		t.perPeer[c.remote.Addr()]++
	}
	if _, taken := t.byRemote[c.peer()]; !taken {
		t.byRemote[c.peer()] = c
	}
}

// retire hides a connection from senders; its end is still to come.
func (t *connTable) retire(c *conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c.retired = true
	if t.byRemote[c.peer()] == c {
		delete(t.byRemote, c.peer())
	}
}

// drop needs t.mu.
func (t *connTable) drop(c *conn) {
	if t.byID[c.id] != c {
		return
	}
	delete(t.byID, c.id)
	if t.byRemote[c.peer()] == c {
		delete(t.byRemote, c.peer())
	}
	if c.dialled {
		t.dialled--
		return
	}
	t.accepted--
	if t.perPeer[c.remote.Addr()]--; t.perPeer[c.remote.Addr()] == 0 {
		delete(t.perPeer, c.remote.Addr())
	}
}

// remove takes an ended connection out; a second call does nothing.
func (t *connTable) remove(c *conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.drop(c)
}

// all returns the connections of the moment.
func (t *connTable) all() []*conn {
	t.mu.RLock()
	defer t.mu.RUnlock()
	all := make([]*conn, 0, len(t.byID))
	for _, c := range t.byID {
		all = append(all, c)
	}
	return all
}

// drain ends every connection once its queue is written.
func (t *connTable) drain() {
	for _, c := range t.all() {
		c.out.end(ErrClosed, false)
	}
}

// abort ends every connection at once.
func (t *connTable) abort() {
	for _, c := range t.all() {
		c.die(ErrClosed, DropClosed)
	}
}

// streamListener is the TCP listener whose name a dialled connection bears:
// the hop's, else the first one of the family.
func (s *Stack) streamListener(to wire.Hop, remote netip.Addr) (*listener, error) {
	if to.Transport != wire.TCP {
		return nil, s.noListener(to.Transport, remote)
	}
	if i := int(to.Listener); i < len(s.listeners) {
		if l := s.listeners[i]; l.tcp != nil && l.serves(remote) {
			return l, nil
		}
	}
	for _, l := range s.listeners {
		if l.tcp != nil && l.serves(remote) {
			return l, nil
		}
	}
	return nil, s.noListener(to.Transport, remote)
}
