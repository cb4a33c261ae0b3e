package main

import (
	_ "embed"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"bridgehead/cmsapi/sim"
	"bridgehead/config"
)

// edgeFile is the configuration of the lab's edge; labFile fills it in.
//
//go:embed lab/edge.yaml
var edgeFile string

// callScenario is a call for sipp.
//
//go:embed lab/call.xml
var callScenario []byte

// labFile is what the lab's configuration says.
type labFile struct {
	SIP, Admin, Caller   netip.AddrPort
	Sources              string
	CallerDomain, Domain string
	Bridges              []*sim.Bridge
	PollInterval, Settle time.Duration
	LogLevel             string
}

// write puts the configuration and what belongs to it into dir and reads it
// back as serve would. The file stays there, for explain and check.
func (f labFile) write(dir string) (path string, c *config.Config, err error) {
	f.Domain, f.CallerDomain = labDomain, callerDomain
	f.PollInterval, f.Settle = labPoll, labSettle
	t, err := template.New("edge").Parse(edgeFile)
	if err != nil {
		return "", nil, err
	}
	var text strings.Builder
	if err := t.Execute(&text, f); err != nil {
		return "", nil, err
	}
	path = filepath.Join(dir, "bridgehead.yaml")
	for name, content := range map[string]string{
		path:                           text.String(),
		filepath.Join(dir, "password"): f.Bridges[0].Password() + "\n",
		filepath.Join(dir, "call.xml"): string(callScenario),
	} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			return "", nil, err
		}
	}
	c, err = config.Load(path)
	return path, c, err
}

// portTries bounds the search for a free port.
const portTries = 20

// freePort returns want if nobody listens there, over UDP or TCP, else the same
// address with a port that is free for both. Port 0 asks for any.
func freePort(want netip.AddrPort) (netip.AddrPort, error) {
	try := want
	for range portTries {
		if try.Port() == 0 {
			l, err := net.Listen("tcp", try.String())
			if err != nil {
				return want, fmt.Errorf("%s is no address of this machine to listen on: %w", want.Addr(), err)
			}
			try = l.Addr().(*net.TCPAddr).AddrPort()
			l.Close() //nolint:errcheck // nothing came
		}
		if isFree(try) {
			return try, nil
		}
		try = netip.AddrPortFrom(want.Addr(), 0)
	}
	return want, errors.New("no port is free for UDP and TCP alike")
}

func isFree(at netip.AddrPort) bool {
	u, err := net.ListenPacket("udp", at.String())
	if err != nil {
		return false
	}
	u.Close() //nolint:errcheck // nothing came
	l, err := net.Listen("tcp", at.String())
	if err != nil {
		return false
	}
	l.Close() //nolint:errcheck // nothing came
	return true
}
