package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/emiago/sipgo"
	msg "github.com/emiago/sipgo/sip"

	"bridgehead/cmsapi"
	"bridgehead/config"
	"bridgehead/internal/dns"
	"bridgehead/sip"
	"bridgehead/sip/wire"
)

// Severity orders findings as exit codes do.
type Severity int

// The severities of a Finding.
const (
	Good Severity = iota
	Warning
	Critical
)

// String is ok, warning or critical.
func (s Severity) String() string {
	return [...]string{"ok", "warning", "critical"}[s]
}

// Finding is one result of a check, in an operator's words.
type Finding struct {
	Severity Severity
	Subject  string // what was looked at
	Text     string // what is so, and what to do
}

// checkTimeout bounds each question of an online check.
const checkTimeout = 4 * time.Second

// CheckOnline asks the world outside about a configuration: names, the API
// login of each bridge, SIP OPTIONS to each bridge, and what CMS has set for each
// group. It blocks, for a few seconds for each bridge that is silent.
func CheckOnline(ctx context.Context, c *config.Config) []Finding {
	var out []Finding
	for _, x := range c.CallControl {
		for _, u := range x.URIs {
			_, findings := checkName(ctx, "call control "+x.Name, u)
			out = append(out, findings...)
		}
	}
	for i := range c.Groups {
		g := &c.Groups[i]
		// uniqueName of CMS → bridge of the file. Two clusters may use one name.
		answersAs := make(map[string]string)
		var teller *cmsapi.Client
		for j := range g.CallBridges {
			b := &g.CallBridges[j]
			at, findings := checkName(ctx, "bridge "+b.Name, b.SIP)
			out = append(out, findings...)
			client, findings := checkAPI(ctx, b, answersAs)
			out = append(out, findings...)
			if len(at) > 0 {
				out = append(out, checkSIP(ctx, b, at[0]))
			}
			if teller == nil {
				teller = client
			}
		}
		if teller != nil {
			out = append(out, checkGroup(ctx, g, teller)...)
			teller.CloseIdle()
		}
	}
	return out
}

// checkName finds the servers of a URI (RFC 3263); an address needs no finding.
func checkName(ctx context.Context, subject string, u config.SIPURI) ([]wire.Hop, []Finding) {
	if at, ok := u.Addr(); ok {
		return []wire.Hop{{Transport: transportOf(u.Transport), Remote: at}}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	at, err := sip.Locate(ctx, dns.New(), destinationOf(u))
	if err != nil {
		return nil, []Finding{{Critical, subject, fmt.Sprintf("the SIP host %s does not resolve (%v): check its name and DNS", u.Host, err)}}
	}
	var servers []string
	for _, hop := range at {
		servers = append(servers, hop.Transport.Param()+" "+hop.Remote.String())
	}
	return at, []Finding{{Good, subject, fmt.Sprintf("%s is %s", u.Host, strings.Join(servers, ", then "))}}
}

// checkAPI logs in and reads what selection needs. It returns a client that can
// ask more, nil if the API does not answer.
func checkAPI(ctx context.Context, b *config.CallBridge, answersAs map[string]string) (*cmsapi.Client, []Finding) {
	subject := "bridge " + b.Name + " API"
	client, err := clientOf(b)
	if err != nil {
		return nil, []Finding{{Critical, subject, err.Error()}}
	}
	defer client.CloseIdle()
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	load, err := client.Load(ctx)
	if err != nil {
		return nil, []Finding{{Critical, subject, err.Error()}}
	}
	limits, err := client.Cluster(ctx)
	if err != nil {
		return nil, []Finding{{Critical, subject, err.Error()}}
	}
	text := fmt.Sprintf("login works, load %d", load)
	var out []Finding
	switch {
	case b.LoadLimit != nil && *b.LoadLimit > 0:
		text += fmt.Sprintf(" of %d (loadLimit of the configuration)", *b.LoadLimit)
	case limits.LoadLimit != nil && *limits.LoadLimit > 0:
		text += fmt.Sprintf(" of %d", *limits.LoadLimit)
	default:
		out = append(out, Finding{Warning, subject, "no loadLimit is set on the bridge: it never counts as full; set loadLimit at system/configuration/cluster"})
	}
	if other, twice := answersAs[limits.UniqueName]; twice && limits.UniqueName != "" {
		out = append(out, Finding{Critical, subject, fmt.Sprintf("the same server answers as for %s (%s): its load would count twice; give each bridge its own api", other, limits.UniqueName)})
	} else if answersAs[limits.UniqueName] = b.Name; limits.UniqueName != "" && limits.UniqueName != b.Name {
		out = append(out, Finding{Warning, subject, fmt.Sprintf("the bridge calls itself %s: use that name, so that logs agree", limits.UniqueName)})
	}
	return client, append([]Finding{{Good, subject, text}}, out...)
}

// checkSIP sends OPTIONS; any answer proves that the SIP side is alive.
func checkSIP(ctx context.Context, b *config.CallBridge, at wire.Hop) Finding {
	subject := "bridge " + b.Name + " SIP"
	status, err := options(ctx, b.SIP, at)
	if err != nil {
		return Finding{Critical, subject, fmt.Sprintf("no answer to OPTIONS at %s, %v (%v): check address, transport and firewall", b.SIP, at.Remote, err)}
	}
	if status == 503 {
		return Finding{Warning, subject, fmt.Sprintf("%s answers OPTIONS with 503: it wants no calls now", b.SIP)}
	}
	return Finding{Good, subject, fmt.Sprintf("%s answers OPTIONS with %d", b.SIP, status)}
}

// options asks once as a user agent of its own, beside a running edge.
func options(ctx context.Context, to config.SIPURI, at wire.Hop) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	local, err := localFor(at.Remote)
	if err != nil {
		return 0, err
	}
	quiet := slog.New(slog.DiscardHandler) // its remarks about sockets say nothing to an operator
	ua, err := sipgo.NewUA(sipgo.WithUserAgent("bridgehead"),
		sipgo.WithUserAgentTransportLayerOptions(msg.WithTransportLayerLogger(quiet)),
		sipgo.WithUserAgentTransactionLayerOptions(msg.WithTransactionLayerLogger(quiet)))
	if err != nil {
		return 0, err
	}
	defer ua.Close()
	client, err := sipgo.NewClient(ua, sipgo.WithClientHostname(local), sipgo.WithClientLogger(quiet))
	if err != nil {
		return 0, err
	}
	req := msg.NewRequest(msg.OPTIONS, msg.Uri{Scheme: "sip", Host: to.Host, Port: int(to.Port)})
	req.SetTransport(at.Transport.String())
	req.SetDestination(at.Remote.String())
	res, err := client.Do(ctx, req)
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return 0, fmt.Errorf("silence for %v", checkTimeout)
		}
		return 0, err
	}
	return res.StatusCode, nil
}

// localFor is the address of this machine that a peer is reached from.
func localFor(to netip.AddrPort) (string, error) {
	conn, err := net.Dial("udp", to.String())
	if err != nil {
		return "", err
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).IP.String(), nil
}
