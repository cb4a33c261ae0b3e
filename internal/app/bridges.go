package app

import (
	"go.uber.org/zap"

	"bridgehead/cmsapi"
	"bridgehead/config"
	"bridgehead/lb"
	"bridgehead/sip"
)

// clientOf makes the API client of one bridge. It asks nothing yet.
func clientOf(b *config.CallBridge) (*cmsapi.Client, error) {
	return cmsapi.NewClient(cmsapi.ClientOptions{
		Name: b.Name, API: b.API, Username: b.Username, Password: b.Password,
		Roots: b.TLS.Roots, Fingerprint: b.TLS.SHA256,
	})
}

// cmsHalf is the part that asks the bridges: a poller each, and a directory
// of spaces per group.
type cmsHalf struct {
	pollers     []*cmsapi.Poller // by lb.BridgeID
	directories []*cmsapi.Directory
}

func newCMSHalf(c *config.Config, to cmsapi.Reporter, log *zap.Logger) (*cmsHalf, error) {
	h := &cmsHalf{}
	total := 0
	for _, g := range c.Groups {
		total += len(g.CallBridges)
	}
	for _, g := range c.Groups {
		first := len(h.pollers)
		for i := range g.CallBridges {
			b := &g.CallBridges[i]
			client, err := clientOf(b)
			if err != nil {
				return nil, err
			}
			p, err := cmsapi.NewPoller(cmsapi.PollerOptions{
				Client: client, Bridge: lb.BridgeID(len(h.pollers)), Reporter: to,
				Interval: c.Policy.PollInterval, Budget: c.Policy.APIBudget,
				MaxPerConference: c.Policy.MaxPerConference,
				Stagger:          float64(len(h.pollers)) / float64(total),
				LoadLimitKnown:   b.LoadLimit != nil,
				Logger:           log,
			})
			if err != nil {
				return nil, err
			}
			h.pollers = append(h.pollers, p)
		}
		d, err := cmsapi.NewDirectory(cmsapi.DirectoryOptions{
			Group: g.Name, Pollers: h.pollers[first:], Refresh: c.Policy.DirectoryRefresh, Logger: log,
		})
		if err != nil {
			return nil, err
		}
		h.directories = append(h.directories, d)
	}
	return h, nil
}

// start runs the pollers and directories.
func (h *cmsHalf) start(b *background) {
	for _, p := range h.pollers {
		b.start("poller", p.Run)
	}
	for _, d := range h.directories {
		b.start("directory", d.Run)
	}
}

// Classify says what a dialled URI is: the first group that is sure decides,
// else the first that knows anything. It is what the front door asks on the
// call path.
func (h *cmsHalf) Classify(domain, user string) (sip.Target, bool) {
	var best cmsapi.Target
	for _, d := range h.directories {
		t, sure := d.Classify(domain, user)
		if sure && t.Kind != cmsapi.TargetUnknown {
			return targetOf(t), true
		}
		if best.Kind == cmsapi.TargetUnknown {
			best = t
		}
	}
	return targetOf(best), false
}

// Query asks one group's bridges about a URI: the first that can be asked,
// since a group that stands alone knows its own spaces only.
func (h *cmsHalf) Query(domain, user string, done func(sip.Target)) bool {
	for _, d := range h.directories {
		if d.Query(domain, user, func(t cmsapi.Target) { done(targetOf(t)) }) {
			return true
		}
	}
	return false
}

// targetOf translates what the CMS half found.
func targetOf(t cmsapi.Target) sip.Target {
	kinds := [...]sip.TargetKind{
		cmsapi.TargetUnknown:   sip.TargetUnknown,
		cmsapi.TargetSpace:     sip.TargetSpace,
		cmsapi.TargetIVR:       sip.TargetIVR,
		cmsapi.TargetUser:      sip.TargetUser,
		cmsapi.TargetForwarded: sip.TargetForwarded,
		cmsapi.TargetLync:      sip.TargetLync,
	}
	return sip.Target{Kind: kinds[t.Kind], Space: t.Space}
}
