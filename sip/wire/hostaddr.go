package wire

import (
	"bytes"
	"net/netip"
)

// HostAddr reads a host as it stands in a URI or a Via value: an IPv4 address, or an IPv6 address with or
// without brackets, never with a zone. IPv4-mapped addresses come out as IPv4. It does not allocate,
// which is why it is not left to netip.ParseAddr.
func HostAddr(host []byte) (netip.Addr, bool) {
	if n := len(host); n > 2 && host[0] == '[' && host[n-1] == ']' {
		host = host[1 : n-1]
	} else if bytes.IndexByte(host, ':') < 0 {
		var v4 [4]byte
		if !readIPv4(host, &v4) {
			return netip.Addr{}, false
		}
		return netip.AddrFrom4(v4), true
	}
	v6, ok := readIPv6(host)
	if !ok {
		return netip.Addr{}, false
	}
	return netip.AddrFrom16(v6).Unmap(), true
}

// readIPv4 reads four decimal figures of 0 to 255. Leading zeros are refused: some read them as octal.
func readIPv4(b []byte, out *[4]byte) bool {
	for i := range out {
		figure, rest, dot := bytes.Cut(b, dotByte)
		n, ok := decimal(figure, 256)
		if !ok || n > 255 || len(figure) > 1 && figure[0] == '0' || dot != (i < 3) {
			return false
		}
		out[i] = byte(n)
		b = rest
	}
	return true
}

// readIPv6 reads the groups on both sides of a "::", which stands for at least one group of zeros.
func readIPv6(b []byte) (ip [16]byte, ok bool) {
	gap := bytes.Index(b, []byte("::"))
	if gap < 0 {
		n, ok := readGroups(b, &ip, true)
		return ip, ok && n == len(ip)
	}
	var tail [16]byte
	head, ok := readGroups(b[:gap], &ip, false)
	if !ok {
		return ip, false
	}
	n, ok := readGroups(b[gap+2:], &tail, true)
	if !ok || head+n > len(ip)-2 {
		return ip, false
	}
	copy(ip[len(ip)-n:], tail[:n])
	return ip, true
}

// readGroups reads hexadecimal groups between colons and returns how many bytes they make; the last may be an IPv4 address.
func readGroups(b []byte, out *[16]byte, dotted bool) (n int, ok bool) {
	for more := len(b) > 0; more; {
		var group []byte
		group, b, more = bytes.Cut(b, []byte(":"))
		if dotted && !more && n <= 12 && bytes.IndexByte(group, '.') > 0 {
			var v4 [4]byte
			ok := readIPv4(group, &v4)
			return n + copy(out[n:], v4[:]), ok
		}
		value, ok := hexadecimal(group)
		if !ok || n == len(out) {
			return n, false
		}
		out[n], out[n+1] = byte(value>>8), byte(value)
		n += 2
	}
	return n, true
}

func hexadecimal(b []byte) (n uint16, ok bool) {
	if len(b) == 0 || len(b) > 4 {
		return 0, false
	}
	for _, c := range b {
		d, ok := hexDigit(c)
		if !ok {
			return 0, false
		}
		n = n<<4 | uint16(d)
	}
	return n, true
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case isDigit(c):
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}
