package config

import "time"

// Config is one whole configuration file, with defaults filled in, paths made
// absolute and secrets read. Load and Parse return only valid ones. It is plain
// data: safe for concurrent readers, and nobody changes it.
//
// The tags of its fields are their documentation: doc (meaning and unit),
// default (where Default cannot say it), range (where the validate tag cannot
// say it) and reload (what a change needs, if not a restart). See Reference.
type Config struct {
	StateDir    string        `yaml:"stateDir" doc:"folder for what must outlive a restart: the route key, the states of bridges, the loadLimits last read" default:"$STATE_DIRECTORY, else state beside the file"`
	SIP         SIP           `yaml:"sip"`
	CallControl []CallControl `yaml:"callControl" validate:"dive"`
	Routes      []Route       `yaml:"routes" validate:"dive"`
	Groups      []Group       `yaml:"groups" validate:"dive"`
	Priorities  []Priority    `yaml:"priorities" validate:"dive"`
	Policy      Policy        `yaml:"policy"`
	Admin       Admin         `yaml:"admin"`
	Log         Log           `yaml:"log"`

	warnings []Problem
}

// SIP is the section sip: where the edge listens and what it says of itself.
type SIP struct {
	Listen    []Listener `yaml:"listen" doc:"addresses to listen on: a URI, or {uri, advertise}" range:"udp://ADDRESS:PORT | tcp://ADDRESS:PORT"`
	Advertise string     `yaml:"advertise" doc:"host, or host:port, in Via and Record-Route of every listener that has none of its own" default:"the bound address; on a wildcard listener the address that the packet leaves from"`
	RouteKeys []Secret   `yaml:"routeKeys" doc:"keys of the token in Record-Route: the first signs, all verify; the same on every edge of a site" default:"one made once in stateDir" range:"at least 16 characters each"`
	Timers    Timers     `yaml:"timers"`
	Limits    struct{}   `yaml:"limits" doc:"per-source limits; must be empty in this version" range:"{}"`
}

// Timers is the section sip.timers.
type Timers struct {
	// TimerC is RFC 3261 section 16.6 step 11: how long an INVITE may stay
	// without a final response after its last provisional one.
	TimerC time.Duration `yaml:"timerC" doc:"how long an INVITE may ring after its last provisional response (RFC 3261 16.6 step 11)" validate:"gt=3m,max=1h"`
}

// Admin is the section admin: the HTTP API for operators.
type Admin struct {
	Listen string `yaml:"listen" doc:"address of the HTTP API; loopback only in this version" range:"127.0.0.1:PORT | [::1]:PORT | localhost:PORT"`
}

// Log is the section log.
type Log struct {
	Level  string `yaml:"level" doc:"least severity that is written; debug adds lines for every message" validate:"oneof=debug info warn error"`
	Format string `yaml:"format" doc:"console for people, json for machines" validate:"oneof=console json"`
	Redact string `yaml:"redact" doc:"numbers: of digits that stand four or more together in what callers sent, only the last two are written; decisions at the admin API stay whole" validate:"oneof=none numbers"`
}

// Values of Log.Level, Log.Format and Log.Redact.
const (
	LevelDebug    = "debug"
	LevelInfo     = "info"
	LevelWarn     = "warn"
	LevelError    = "error"
	FormatConsole = "console"
	FormatJSON    = "json"
	RedactNone    = "none"
	RedactNumbers = "numbers"
)

// Warnings returns what Load accepted but an operator should know: a literal
// password, an API without TLS. In order of their place in the file.
func (c *Config) Warnings() []Problem { return c.warnings }
