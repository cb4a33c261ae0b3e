package config

import (
	"net/netip"
	"time"
)

// Default returns a Config that holds every default and no sites: no call
// control, no routes, no groups. Every default is here, those of list entries in
// setEntryDefaults; a default tag only says what a value cannot.
func Default() Config {
	return Config{
		SIP: SIP{
			Listen: []Listener{defaultListener(UDP), defaultListener(TCP)},
			Timers: Timers{TimerC: 185 * time.Second}, // RFC 3261 wants more than three minutes
		},
		Policy: Policy{
			Mode:    ModeBalance,
			Landing: LandingGroup,
			Reject:  Reject{Exhausted: 488, Gateway: 486, Unavailable: 503},

			PollInterval:     time.Second,
			DirectoryRefresh: time.Minute,
			StaleAfter:       5 * time.Second,
			DownAfter:        15 * time.Second,
			DrainTimeout:     0,
			Blind:            BlindPlace,

			AttemptTimeout:  3 * time.Second,
			Attempts:        3,
			DecisionTimeout: 10 * time.Second,
			SetupTimeout:    20 * time.Second,
			Settle:          3 * time.Second,
			Costs:           Costs{Audio: 50, P480: 500, P720: 1000, P1080: 2000, Unknown: 1000},
			URIQueryWait:    300 * time.Millisecond,
			OptionsWhenFull: 200,
			APIBudget:       10,

			MaxPerConference: 450, // what CMS hosts on one bridge

			Options: Options{Interval: 10 * time.Second},
		},
		Admin: Admin{Listen: "127.0.0.1:9495"},
		Log:   Log{Level: LevelInfo, Format: FormatConsole, Redact: RedactNone},
	}
}

func defaultListener(t Transport) Listener {
	bind := netip.AddrPortFrom(netip.IPv4Unspecified(), 5060)
	return Listener{URI: string(t) + "://" + bind.String(), Transport: t, Bind: bind}
}

// setEntryDefaults fills the defaults of a new entry of a list, given by pointer.
func setEntryDefaults(entry any) {
	switch e := entry.(type) {
	case *CallControl:
		e.Kind = KindOther
	case *Group:
		e.Delivery = DeliveryForward
	case *Route:
		e.RequestURI = RequestURIDomain
	}
}
