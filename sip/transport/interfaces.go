package transport

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

// interfacesTTL is how old the table of interface addresses may be before a
// question about it renews it.
const interfacesTTL = 10 * time.Second

// interfaceTable is what the host's interfaces were at one moment; immutable.
type interfaceTable struct {
	read   time.Time
	addrs  map[netip.Addr]struct{}
	order  []netip.Addr
	zones  map[uint32]string
	scopes map[string]uint32
}

// zone names an interface index for a link-local address.
func (t *interfaceTable) zone(scope uint32) string {
	if name, ok := t.zones[scope]; ok {
		return name
	}
	return strconv.FormatUint(uint64(scope), 10)
}

// scope is the interface index of a zone, 0 when unknown.
func (t *interfaceTable) scope(zone string) uint32 {
	if scope, ok := t.scopes[zone]; ok {
		return scope
	}
	n, _ := strconv.ParseUint(zone, 10, 32)
	return uint32(n)
}

// has reports whether addr is ours: all of 127.0.0.0/8 is, though interfaces
// list but one address of it.
func (t *interfaceTable) has(addr netip.Addr) bool {
	_, ok := t.addrs[addr]
	return ok || addr.IsLoopback()
}

// readInterfaces asks the kernel.
func readInterfaces(now time.Time) (*interfaceTable, error) {
	t := &interfaceTable{read: now, addrs: map[netip.Addr]struct{}{}, zones: map[uint32]string{}, scopes: map[string]uint32{}}
	links, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	for _, l := range links {
		t.zones[uint32(l.Index)], t.scopes[l.Name] = l.Name, uint32(l.Index)
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	for _, a := range addrs {
		n, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		addr, ok := netip.AddrFromSlice(n.IP)
		if addr = addr.Unmap(); !ok {
			continue
		}
		if _, seen := t.addrs[addr]; !seen {
			t.addrs[addr] = struct{}{}
			t.order = append(t.order, addr)
		}
	}
	return t, nil
}

// interfaceCache holds the newest table; a question about an old one renews it
// in the background, so that nobody waits.
type interfaceCache struct {
	stack   *Stack
	table   atomic.Pointer[interfaceTable]
	renewal atomic.Bool // a renewal is running
}

// init reads the first table.
func (c *interfaceCache) init(s *Stack) error {
	c.stack = s
	t, err := readInterfaces(s.o.now())
	if err != nil {
		return errors.Join(errors.New("transport: the system does not tell its interface addresses"), err)
	}
	c.table.Store(t)
	return nil
}

// load returns the newest table as it is.
func (c *interfaceCache) load() *interfaceTable { return c.table.Load() }

// fresh returns the newest table and has an old one renewed.
func (c *interfaceCache) fresh() *interfaceTable {
	t := c.table.Load()
	if c.stack.o.now().Sub(t.read) > interfacesTTL && c.renewal.CompareAndSwap(false, true) {
		if !c.stack.spawn(c.renew) {
			c.renewal.Store(false)
		}
	}
	return t
}

func (c *interfaceCache) renew() {
	defer c.renewal.Store(false)
	now := c.stack.o.now()
	t, err := readInterfaces(now)
	if err != nil {
		old := *c.table.Load() // kept; asked again after another interval
		old.read = now
		t = &old
		c.stack.log.Warn("the system does not tell its interface addresses, going on with the last known", zap.Error(fmt.Errorf("interfaces: %w", err)))
	}
	c.table.Store(t)
}

// LocalAddrs returns every address at which a listener is reached, without
// repetition: bound addresses, those of all interfaces for wildcard listeners,
// and advertised IP literals. The interface addresses are at most some 10 s
// old while somebody asks.
func (s *Stack) LocalAddrs() []netip.AddrPort {
	t := s.interfaces.fresh()
	var all []netip.AddrPort
	seen := map[netip.AddrPort]bool{}
	add := func(addr netip.Addr, port uint16) {
		if a := netip.AddrPortFrom(addr, port); !seen[a] {
			seen[a] = true
			all = append(all, a)
		}
	}
	for _, l := range s.listeners {
		if l.wildcard() {
			for _, addr := range t.order {
				if l.serves(addr) {
					add(addr, l.addr.Port())
				}
			}
		} else {
			add(l.addr.Addr(), l.addr.Port())
		}
		if l.advert.addr.IsValid() {
			add(l.advert.addr, l.advertPort())
		}
	}
	return all
}

// IsLocal reports whether addr and port name one of our listeners of any
// transport, or an advertised IP literal; port 0 stands for any port. It is
// cheap enough for every message: it takes no lock and allocates nothing.
func (s *Stack) IsLocal(addr netip.Addr, port uint16) bool {
	addr = addr.Unmap().WithZone("")
	if !addr.IsValid() {
		return false
	}
	own := s.interfaces.fresh().has(addr)
	for _, l := range s.listeners {
		if port == 0 || port == l.addr.Port() {
			if l.addr.Addr().WithZone("") == addr || own && l.wildcard() && l.serves(addr) {
				return true
			}
		}
		if l.advert.addr == addr && (port == 0 || port == l.advertPort()) {
			return true
		}
	}
	return false
}
