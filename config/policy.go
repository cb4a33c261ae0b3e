package config

import "time"

// Policy is the section policy: the numbers and choices of the selection rules.
type Policy struct {
	Mode    string `yaml:"mode" doc:"balance places calls by the rules; observe decides and records, but delivers each call to the bridge that its Request-URI names, else to those of the route's first group in turn" validate:"oneof=balance observe"`
	Landing string `yaml:"landing" doc:"when the Request-URI names a bridge: group lets any bridge of its group take the call; native refuses with 488 if that bridge is full, as CMS does; only sends it there whatever its state, for ad hoc conferences that call control made on it" validate:"oneof=group native only"`
	Reject  Reject `yaml:"reject"`

	PollInterval     time.Duration `yaml:"pollInterval" doc:"time between two readings of a bridge's load and running conferences" validate:"min=100ms,max=60s"`
	DirectoryRefresh time.Duration `yaml:"directoryRefresh" doc:"pause between two passes over the directory of spaces" validate:"min=1s,max=24h"`
	StaleAfter       time.Duration `yaml:"staleAfter" doc:"age from which a reading counts as stale: level 1, and new conferences only if no fresh bridge has room" default:"5s, or three times pollInterval if that is more" validate:"min=200ms,max=10m"`
	DownAfter        time.Duration `yaml:"downAfter" doc:"age of the last reading from which a bridge is down while SIP says nothing either way" default:"15s, or three times staleAfter if that is more" validate:"min=1s,max=1h"`
	DrainTimeout     time.Duration `yaml:"drainTimeout" doc:"on SIGTERM: how long open INVITE transactions may finish" validate:"min=0s,max=1h"`
	Blind            string        `yaml:"blind" doc:"when no bridge was ever read: place by priority with failover, or refuse with 503" validate:"oneof=place refuse"`

	AttemptTimeout  time.Duration `yaml:"attemptTimeout" doc:"how long a bridge may stay silent before the next candidate is tried, connect included" validate:"min=100ms,max=32s"`
	Attempts        int           `yaml:"attempts" doc:"most tries of one call: bridges, and servers of their names" validate:"min=1,max=8"`
	DecisionTimeout time.Duration `yaml:"decisionTimeout" doc:"no further bridge is tried after this time" validate:"min=100ms,max=3m"`
	SetupTimeout    time.Duration `yaml:"setupTimeout" doc:"how long a bridge may answer only 100 before it is given up" validate:"min=1s,max=3m"`
	Settle          time.Duration `yaml:"settle" doc:"time after the answer until a bridge's own load figure includes the call" validate:"min=0s,max=60s"`
	Costs           Costs         `yaml:"costs"`
	URIQueryWait    time.Duration `yaml:"uriQueryWait" doc:"how long a call may wait while a bridge is asked about a URI that the directory does not know; 0s asks none" validate:"min=0s,max=2s"`
	OptionsWhenFull int           `yaml:"optionsWhenFull" doc:"answer to OPTIONS of call control while no bridge has room; with 503 callers of running conferences are turned away too" validate:"oneof=200 503"`
	APIBudget       int           `yaml:"apiBudget" doc:"most API requests to one bridge, per second" validate:"min=1,max=100"`

	MaxPerConference        int `yaml:"maxPerConference" doc:"most local participants of one conference on one bridge; 0: no limit" validate:"min=0,max=100000"`
	MaxJoinRate             int `yaml:"maxJoinRate" doc:"most joins per minute of one conference on one bridge; 0: no limit" validate:"min=0,max=100000"`
	MaxBridgesPerConference int `yaml:"maxBridgesPerConference" doc:"most bridges that one conference may spread over; 0: no limit" validate:"min=0,max=24"`

	Options Options `yaml:"options"`
}

// Values of Policy.Mode, Policy.Landing and Policy.Blind.
const (
	ModeBalance   = "balance"
	ModeObserve   = "observe"
	LandingGroup  = "group"
	LandingNative = "native"
	LandingOnly   = "only"
	BlindPlace    = "place"
	BlindRefuse   = "refuse"
)

// Reject holds the status codes of refusals (rule R7).
type Reject struct {
	Exhausted   int `yaml:"exhausted" doc:"status for a call to a space when every bridge is full" validate:"min=400,max=699"`
	Gateway     int `yaml:"gateway" doc:"status for a gateway call when every bridge is full" validate:"min=400,max=699"`
	Unavailable int `yaml:"unavailable" doc:"status when no bridge is in service" validate:"min=400,max=699"`
}

// Costs holds the expected load of a call in CMS load units, by what its SDP
// offers (rule R10).
type Costs struct {
	Audio   int `yaml:"audio" doc:"load units of an audio call" validate:"min=0,max=1000000"`
	P480    int `yaml:"480p" doc:"load units of a call with 480p30 video" validate:"min=0,max=1000000"`
	P720    int `yaml:"720p" doc:"load units of a call with 720p30 video" validate:"min=0,max=1000000"`
	P1080   int `yaml:"1080p" doc:"load units of a call with 1080p30 video" validate:"min=0,max=1000000"`
	Unknown int `yaml:"unknown" doc:"load units of a call with no SDP in its INVITE" validate:"min=0,max=1000000"`
}

// Options is the section policy.options: SIP OPTIONS probes to every bridge.
// In the file it is {interval: 10s}, or off.
type Options struct {
	// Interval is the time between two probes of one bridge; 0 means off.
	Interval time.Duration `yaml:"interval" doc:"time between two SIP OPTIONS probes of a bridge; options: off sends none" validate:"omitempty,min=1s,max=10m"`
}
