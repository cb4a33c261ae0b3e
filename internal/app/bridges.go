package app

import (
	"go.uber.org/zap"

	"bridgehead/cmsapi"
	"bridgehead/config"
	"bridgehead/lb"
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
	pollers     []*cmsapi.Poller    // by lb.BridgeID
	directories []*cmsapi.Directory // by lb.GroupID
	domains     map[string][]directory
	all         []directory
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
		h.all = append(h.all, d)
	}
	h.domains = directoriesOf(c, h.all)
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
