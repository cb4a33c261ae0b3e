package admin

import "bridgehead/lb"

// Source is asked for what the API shows. Its methods are called from many
// goroutines at once, must not block on the network, and return values that
// nobody changes afterwards.
type Source interface {
	// Bridges returns every bridge as it stands now, in configuration order.
	Bridges() []Bridge
	// Decisions returns at most limit decisions, newest first.
	Decisions(limit int) []Decision
	// Ready reports whether the edge can do its work: every bridge was polled
	// once, whatever the result, and some route can take calls. If not, reasons
	// says what is amiss, a line each.
	Ready() (ready bool, reasons []string)
}

// Bridge is one Call Bridge as GET /api/v1/bridges shows it.
type Bridge struct {
	lb.BridgeView
	SIPAddress string `json:"sipAddress" doc:"where calls for it go"`
	API        string `json:"api" doc:"its Web Admin address"`
}

// Decision is one recorded decision as GET /api/v1/decisions shows it.
type Decision struct {
	lb.DecisionView
	Status int     `json:"status" doc:"final SIP status sent to the caller, 0 while there is none"`
	Took   float64 `json:"took" doc:"seconds from the INVITE to that answer"`
}
