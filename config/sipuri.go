package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Transport is a SIP transport by its name in URIs (RFC 3261 section 19.1.1).
type Transport string

// The transports of this version.
const (
	UDP Transport = "udp"
	TCP Transport = "tcp"
)

// parseTransport knows the transports of this version by name.
func parseTransport(name string) (Transport, error) {
	switch strings.ToLower(name) {
	case "udp":
		return UDP, nil
	case "tcp":
		return TCP, nil
	case "tls":
		return "", errors.New(notAvailable("tls") + "; use udp or tcp")
	}
	return "", fmt.Errorf("%s is no transport; use udp or tcp", quote(name))
}

// SIPURI is the SIP address of a peer: sip:HOST[:PORT][;transport=udp|tcp].
// It is comparable; two that mean the same address are equal but for Explicit.
// What DNS says in place of what the URI leaves out is RFC 3263's matter.
type SIPURI struct {
	// Host is an IP address without brackets, or a lower-case DNS name.
	Host string
	// Port is 5060 where the URI has none.
	Port uint16
	// Transport is UDP where the URI names none (RFC 3263 section 4.1).
	Transport Transport
	// Explicit tells that the URI names its transport, which then is the only
	// one to use.
	Explicit bool
	// Bare tells that the URI has a name without a port: SRV records of the name
	// say where it is, and Port is for one that has none (RFC 3263 section 4.2).
	Bare bool
}

// Addr returns the address and port when Host is an IP address.
func (u SIPURI) Addr() (netip.AddrPort, bool) {
	a, err := netip.ParseAddr(u.Host)
	return netip.AddrPortFrom(a, u.Port), err == nil
}

// HostPort returns HOST:PORT, an IPv6 address in brackets.
func (u SIPURI) HostPort() string {
	return net.JoinHostPort(u.Host, strconv.Itoa(int(u.Port)))
}

// String returns the URI with its port, and its transport if that was given.
func (u SIPURI) String() string {
	if u.Host == "" {
		return ""
	}
	s := "sip:" + u.HostPort()
	if u.Bare {
		s = "sip:" + u.Host
	}
	if u.Explicit {
		s += ";transport=" + string(u.Transport)
	}
	return s
}

// MarshalText returns String; it serves JSON and YAML.
func (u SIPURI) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// parseSIPURI reads the address of a peer. It takes no user part and no
// parameter but transport, because they would have no effect.
func parseSIPURI(s string) (SIPURI, error) {
	scheme, rest, _ := strings.Cut(s, ":")
	switch strings.ToLower(scheme) {
	case "sip":
	case "sips":
		return SIPURI{}, errors.New(notAvailable("sips:") + "; use sip: with transport=udp or transport=tcp")
	default:
		return SIPURI{}, fmt.Errorf("%s is no SIP URI; write sip:HOST:PORT;transport=tcp", quote(s))
	}
	u := SIPURI{Port: 5060, Transport: UDP}
	rest, params, _ := strings.Cut(rest, ";")
	if strings.Contains(rest, "@") {
		return SIPURI{}, fmt.Errorf("%s has a user part; write the host alone", quote(s))
	}
	if strings.Contains(s, "?") {
		return SIPURI{}, fmt.Errorf("%s has headers; write the host alone", quote(s))
	}
	host, port, err := splitHostPort(rest)
	if err != nil {
		return SIPURI{}, err
	}
	a, err := netip.ParseAddr(host)
	if err == nil && (a.IsUnspecified() || a.IsMulticast()) {
		return SIPURI{}, fmt.Errorf("%s is no address of a peer", quote(s))
	}
	u.Bare = err != nil && port == 0
	u.Host = host
	if port != 0 {
		u.Port = port
	}
	for params != "" {
		var p string
		p, params, _ = strings.Cut(params, ";")
		name, value, _ := strings.Cut(p, "=")
		if !strings.EqualFold(name, "transport") {
			return SIPURI{}, fmt.Errorf("%s: the parameter %s has no effect here; remove it", quote(s), quote(name))
		}
		if u.Explicit {
			return SIPURI{}, fmt.Errorf("%s names its transport twice", quote(s))
		}
		if u.Transport, err = parseTransport(value); err != nil {
			return SIPURI{}, err
		}
		u.Explicit = true
	}
	return u, nil
}
