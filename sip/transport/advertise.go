package transport

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// advertised is a parsed Listener.Advertise; its zero value advertises nothing.
type advertised struct {
	host string     // ready for a Via or URI, IPv6 in brackets
	port uint16     // 0: the bound port
	addr netip.Addr // where host is an IP literal
}

// parseAdvertise reads host[:port].
func parseAdvertise(text string) (advertised, error) {
	if text == "" {
		return advertised{}, nil
	}
	var a advertised
	bad := func(why string) (advertised, error) {
		return advertised{}, fmt.Errorf("advertise %q: %s; write host or host:port, for example edge.example.com or [2001:db8::1]:5060", text, why)
	}
	host, port := text, ""
	if addr, err := netip.ParseAddr(text); err == nil && addr.Is6() {
		host = "[" + text + "]" // bare IPv6, whose colons are no port
	} else if i := strings.LastIndexByte(text, ':'); i > strings.LastIndexByte(text, ']') {
		host, port = text[:i], text[i+1:]
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return bad("the port is not a number from 1 to 65535")
		}
		a.port = uint16(n)
	}
	literal := host
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		literal = host[1 : len(host)-1]
		if addr, err := netip.ParseAddr(literal); err != nil || !addr.Is6() {
			return bad("no IPv6 address between the brackets")
		}
	}
	if addr, err := netip.ParseAddr(literal); err == nil {
		if addr.IsUnspecified() {
			return bad("a wildcard address cannot be reached")
		}
		if addr.Zone() != "" {
			return bad("a zone means nothing to a peer")
		}
		a.addr = addr.Unmap()
	} else if !isHostname(host) {
		return bad("not a host name")
	}
	a.host = host
	return a, nil
}

// isHostname reports whether h has the letters of RFC 3261's hostname.
func isHostname(h string) bool {
	if h == "" || len(h) > 253 {
		return false
	}
	for i := range len(h) {
		c := h[i]
		switch {
		case 'a' <= c|0x20 && c|0x20 <= 'z', '0' <= c && c <= '9', c == '-', c == '.':
		default:
			return false
		}
	}
	return h[0] != '-' && h[0] != '.'
}

// viaHost writes an address as a Via or URI wants it.
func viaHost(addr netip.Addr) string {
	if addr.Is6() {
		return "[" + addr.WithZone("").String() + "]"
	}
	return addr.String()
}
