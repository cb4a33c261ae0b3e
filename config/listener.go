package config

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Listener is one entry of sip.listen: a string, or {uri, advertise}.
type Listener struct {
	URI       string `yaml:"uri" doc:"where to listen; port 0 takes a free one" range:"udp://ADDRESS:PORT | tcp://ADDRESS:PORT"`
	Advertise string `yaml:"advertise" doc:"host, or host:port, in Via and Record-Route of this listener" default:"sip.advertise"`

	// Transport is UDP or TCP, and Bind the address, both read from URI.
	Transport Transport      `yaml:"-"`
	Bind      netip.AddrPort `yaml:"-"`
}

// decode reads an entry of sip.listen: a URI, or {uri, advertise}.
func (l *Listener) decode(d *decoder, n ast.Node, path string) {
	at := path
	if _, ok := n.(ast.MapNode); ok {
		d.section(reflect.ValueOf(l).Elem(), n, path)
		at = join(path, "uri")
		if !d.given(at) && !d.broken(at) {
			d.missing(at, "add the address to listen on, as uri: udp://0.0.0.0:5060")
		}
	} else if text, ok := d.text(n, path); ok {
		l.URI = text
	}
	if l.URI == "" || d.broken(at) {
		return
	}
	var err error
	if l.Transport, l.Bind, err = parseListen(l.URI); err != nil {
		d.fail(at, "%v", err)
	}
}

// parseListen reads udp://ADDRESS:PORT.
func parseListen(s string) (Transport, netip.AddrPort, error) {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return "", netip.AddrPort{}, fmt.Errorf("%s is no address to listen on; write udp://ADDRESS:PORT or tcp://ADDRESS:PORT", quote(s))
	}
	transport, err := parseTransport(scheme)
	if err != nil {
		return "", netip.AddrPort{}, err
	}
	bind, err := netip.ParseAddrPort(rest)
	if err != nil {
		return "", netip.AddrPort{}, fmt.Errorf("%s: write an IP address of this host, or 0.0.0.0 or [::] for all, and a port: %s://0.0.0.0:5060", quote(s), transport)
	}
	if bind.Addr().Zone() != "" || bind.Addr().IsMulticast() {
		return "", netip.AddrPort{}, fmt.Errorf("%s is no address that a SIP peer can send to", quote(s))
	}
	return transport, netip.AddrPortFrom(bind.Addr().Unmap(), bind.Port()), nil
}

// decode reads policy.options: {interval: 10s}, or off.
func (o *Options) decode(d *decoder, n ast.Node, path string) {
	if _, ok := n.(ast.MapNode); ok {
		d.section(reflect.ValueOf(o).Elem(), n, path)
		if d.given(join(path, "interval")) && o.Interval == 0 && !d.broken(path) {
			d.fail(join(path, "interval"), "0 is no interval; write options: off to send no probes")
		}
		return
	}
	text, ok := d.text(n, path)
	if !ok {
		return
	}
	if text != "off" {
		d.fail(path, "%s is neither off nor {interval: 10s}", quote(text))
		return
	}
	o.Interval = 0
}

// parseAdminListen reads the address of the API: HOST:PORT, loopback only while
// the API has neither TLS nor tokens.
func parseAdminListen(s string) (string, error) {
	host, port, ok := cutLast(s, ":")
	if !ok || port == "" {
		return "", fmt.Errorf("%s has no port; write 127.0.0.1:9495", quote(s))
	}
	if strings.EqualFold(host, "localhost") {
		host = "127.0.0.1"
	}
	a, err := netip.ParseAddrPort(host + ":" + port)
	if err != nil {
		return "", fmt.Errorf("%s is no address and port; write 127.0.0.1:9495", quote(s))
	}
	if !a.Addr().Unmap().IsLoopback() {
		return "", errors.New(notAvailable("an address other than loopback") + ", because it needs TLS and a token; write 127.0.0.1:" + port)
	}
	return a.String(), nil
}

// cutLast cuts s around the last separator.
func cutLast(s, separator string) (before, after string, ok bool) {
	i := strings.LastIndex(s, separator)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(separator):], true
}
