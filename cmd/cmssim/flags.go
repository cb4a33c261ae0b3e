package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"bridgehead/cmsapi/sim"
)

// passwordVariable holds the API password where the command line must not.
const passwordVariable = "CMSSIM_PASSWORD"

// flags are the command line.
type flags struct {
	group             string
	bridges           int
	address           string
	oneAddress        bool
	sipPort, apiPort  int
	transport         string
	tls               bool
	username          string
	loadLimits        []int
	newBP, existingBP int
	participantLimit  int
	pageCap           int
	domains           []string
	spaces            []string
	manySpaces        int
	users, ivrs       []string
	loadLag, ring     time.Duration
	ringing           bool
	proxy             string
	control           string
	quiet             bool
}

// register declares them with their defaults.
func (f *flags) register(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVar(&f.group, "group", "lab", "`NAME` of the Call Bridge group")
	s.IntVarP(&f.bridges, "bridges", "n", 3, "how many bridges: cluster1, cluster2 …")
	s.StringVar(&f.address, "address", "127.0.1.11", "`ADDRESS` of the first bridge; the next ones count up, so that an edge can tell them apart")
	s.BoolVar(&f.oneAddress, "one-address", false, "all bridges on one address; the ports count up instead")
	s.IntVar(&f.sipPort, "sip-port", 5060, "`PORT` for SIP, UDP and TCP; 0: any")
	s.IntVar(&f.apiPort, "api-port", 8445, "`PORT` of the REST API; 0: any")
	s.StringVar(&f.transport, "transport", "tcp", "SIP transport in the printed configuration: udp or tcp")
	s.BoolVar(&f.tls, "tls", true, "REST API over HTTPS, with certificates made at the start")
	s.StringVar(&f.username, "username", "admin", "API user; the password is $"+passwordVariable+", or \"secret\"")
	s.IntSliceVar(&f.loadLimits, "load-limit", []int{96000}, "loadLimit in `UNITS`, one for all bridges or one for each; 0: unset")
	s.IntVar(&f.newBP, "new-bp", 5000, "newConferenceLoadLimitBasisPoints")
	s.IntVar(&f.existingBP, "existing-bp", 8000, "existingConferenceLoadLimitBasisPoints")
	s.IntVar(&f.participantLimit, "participant-limit", 0, "participantLimit; 0: unset")
	s.IntVar(&f.pageCap, "page-cap", 20, "most objects in one answer of the API")
	s.StringSliceVar(&f.domains, "domain", []string{"meet.example.com"}, "SIP `DOMAIN` of the group; may be repeated")
	s.StringSliceVar(&f.spaces, "space", []string{"boardroom"}, "`USER` part of a space; may be repeated")
	s.IntVar(&f.manySpaces, "spaces", 10, "further spaces: team1, team2 …")
	s.StringSliceVar(&f.users, "user", nil, "`USER` or USER@DOMAIN that gets gateway calls; may be repeated")
	s.StringSliceVar(&f.ivrs, "ivr", nil, "`USER` part of an IVR; may be repeated")
	s.DurationVar(&f.loadLag, "load-lag", 2*time.Second, "how long the load trails the calls")
	s.DurationVar(&f.ring, "ring", 0, "time between INVITE and 200")
	s.BoolVar(&f.ringing, "ringing", true, "send 180 before the 200")
	s.StringVar(&f.proxy, "outbound-proxy", "", "SIP `URI` through which the bridges call out")
	s.StringVar(&f.control, "control", "127.0.0.1:9480", "loopback `ADDRESS:PORT` of the control endpoint; empty: none")
	s.BoolVarP(&f.quiet, "quiet", "q", false, "no event log")
}

// password is the API password, and whether it is the well-known one.
func password() (word string, known bool) {
	if p := os.Getenv(passwordVariable); p != "" {
		return p, false
	}
	return "secret", true
}

// options are the group that the flags describe.
func (f *flags) options() (sim.Options, error) {
	o := sim.Options{
		Name: f.group, Domains: f.domains, Users: f.users, IVRs: f.ivrs, Control: f.control,
		LoadLag: f.loadLag, Ring: f.ring, SendRinging: f.ringing,
	}
	addr, err := netip.ParseAddr(f.address)
	switch {
	case err != nil:
		return o, fmt.Errorf("--address %q is no IP address", f.address)
	case f.bridges < 1 || f.bridges > 250:
		return o, fmt.Errorf("--bridges is %d, out of 1..250", f.bridges)
	case len(f.loadLimits) != 1 && len(f.loadLimits) != f.bridges:
		return o, fmt.Errorf("--load-limit names %d figures for %d bridges; give one, or one each", len(f.loadLimits), f.bridges)
	case f.transport != "udp" && f.transport != "tcp":
		return o, fmt.Errorf("--transport is %q; it is udp or tcp", f.transport)
	case f.sipPort < 0 || f.apiPort < 0 || f.sipPort+f.bridges > 65535 || f.apiPort+f.bridges > 65535:
		return o, errors.New("--sip-port and --api-port are 0..65535")
	case f.newBP < 1 || f.newBP > 10000 || f.existingBP < 1 || f.existingBP > 10000:
		return o, errors.New("--new-bp and --existing-bp are 1..10000")
	case f.loadLag < 0 || f.ring < 0 || f.manySpaces < 0 || f.pageCap < 1:
		return o, errors.New("--load-lag, --ring and --spaces are not negative, --page-cap is at least 1")
	}
	word, _ := password()
	sipPort, apiPort := f.sipPort, f.apiPort
	for i := range f.bridges {
		host := addr.String()
		o.Bridges = append(o.Bridges, sim.BridgeOptions{
			Name: fmt.Sprintf("cluster%d", i+1), TLS: f.tls, Username: f.username, Password: word,
			SIPAddr: net.JoinHostPort(host, strconv.Itoa(sipPort)), APIAddr: net.JoinHostPort(host, strconv.Itoa(apiPort)),
			LoadLimit: f.loadLimits[i%len(f.loadLimits)], NewBP: f.newBP, ExistingBP: f.existingBP,
			ParticipantLimit: f.participantLimit, PageCap: f.pageCap, OutboundProxy: f.proxy,
		})
		if !f.oneAddress {
			addr = addr.Next()
			continue
		}
		if sipPort != 0 {
			sipPort++
		}
		if apiPort != 0 {
			apiPort++
		}
	}
	for _, s := range f.spaces {
		o.Spaces = append(o.Spaces, sim.Space{URI: s})
	}
	for i := range f.manySpaces {
		o.Spaces = append(o.Spaces, sim.Space{URI: fmt.Sprintf("team%d", i+1)})
	}
	return o, nil
}
