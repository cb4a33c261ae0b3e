package config

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// parseHost returns a host in one spelling: an IP address without brackets, or a
// DNS name in lower case without its last dot.
func parseHost(s string) (string, error) {
	bare := s
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		bare = s[1 : len(s)-1]
	}
	if a, err := netip.ParseAddr(bare); err == nil {
		if a.Zone() != "" {
			return "", fmt.Errorf("%s has a zone; SIP has no place for one", quote(s))
		}
		return a.Unmap().String(), nil
	}
	name := strings.ToLower(strings.TrimSuffix(s, "."))
	if !isDomainName(name) {
		return "", fmt.Errorf("%s is neither an IP address nor a DNS name", quote(s))
	}
	return name, nil
}

// isDomainName reports whether s is a DNS name in lower case. A name of digits
// alone is a mistyped address.
func isDomainName(s string) bool {
	if len(s) == 0 || len(s) > 253 {
		return false
	}
	labels := strings.Split(s, ".")
	for _, label := range labels {
		if len(label) == 0 || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range label {
			if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' {
				return false
			}
		}
	}
	return strings.ContainsFunc(labels[len(labels)-1], func(r rune) bool { return r >= 'a' && r <= 'z' })
}

// splitHostPort splits HOST[:PORT]; port is 0 where none is given.
func splitHostPort(s string) (host string, port uint16, err error) {
	h, p := s, ""
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") && strings.Count(s, ":") == 1 || strings.Contains(s, "]:") {
		h, p = s[:i], s[i+1:]
		if p == "" {
			return "", 0, fmt.Errorf("%s ends in a colon without a port", quote(s))
		}
	} else if strings.Count(s, ":") > 1 && !strings.HasPrefix(s, "[") {
		return "", 0, fmt.Errorf("%s: write an IPv6 address in brackets: [%s]", quote(s), quote(s))
	}
	if host, err = parseHost(h); err != nil {
		return "", 0, err
	}
	if p == "" {
		return host, 0, nil
	}
	n, err := strconv.ParseUint(p, 10, 16)
	if err != nil || n == 0 {
		return "", 0, fmt.Errorf("%s: the port must be 1–65535", quote(s))
	}
	return host, uint16(n), nil
}

// parseAdvertise checks HOST[:PORT] and returns it with an IPv6 address in
// brackets.
func parseAdvertise(s string) (string, error) {
	host, port, err := splitHostPort(s)
	if err != nil {
		return "", err
	}
	if a, err := netip.ParseAddr(host); err == nil && a.IsUnspecified() {
		return "", fmt.Errorf("%s is no address that a peer can reach; write the one that it should use", quote(s))
	}
	if port != 0 {
		return net.JoinHostPort(host, strconv.Itoa(int(port))), nil
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]", nil
	}
	return host, nil
}

// parseSource reads an address, or a network in CIDR form.
func parseSource(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%s is neither an address nor a network: 10.0.0.10, 10.0.0.0/24, 2001:db8::/64", quote(s))
	}
	if p.Addr().Is4In6() {
		return netip.Prefix{}, fmt.Errorf("%s: write the IPv4 network as such", quote(s))
	}
	if p != p.Masked() {
		return netip.Prefix{}, fmt.Errorf("%s has bits beyond its length; write %s, or the address alone", quote(s), p.Masked())
	}
	return p, nil
}
