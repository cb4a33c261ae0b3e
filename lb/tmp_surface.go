package lb

import "time"

const maxUnits = 1_000_000_000

type order struct{}

// Orders are the orders of bridges that go before the hash (R3): the
// operator's pins, then what was learned from CMS event logs. Immutable.
type Orders struct{}

// NewOrders looks every name up; a name that no group has is an error. Pins win over learned orders.
func NewOrders(t *Topology, pins, learned []Pin) (*Orders, error) { return nil, nil }

// Reach says how far a bridge can be reached and trusted (R11).
type Reach uint8

// Table is an immutable snapshot of what the bridges last said.
type Table struct{}

// Topology returns the topology that the table is about.
func (t *Table) Topology() *Topology { return nil }

// String draws the table for people.
func (t *Table) String() string { return "" }

// Diff says in lines for people what changed since old.
func (t *Table) Diff(old *Table) []string { return nil }

// Warnings lists what is wrong with the settings of bridges, in an operator's words.
func (t *Table) Warnings() []string { return nil }

// BridgeView is one bridge at one time, for JSON and people.
type BridgeView struct {
	Name string `json:"name"`
}

// Result is how the call of a recorded decision went.
type Result struct {
	// Status is the final SIP status sent to the caller, 0 if none was.
	Status int
	// Took is the time from the INVITE to that answer.
	Took time.Duration
}

// Recorder keeps the last decisions (R13).
type Recorder struct{}

// NewRecorder keeps the last n decisions (rounded up to a power of two, at least 64).
func NewRecorder(n int) *Recorder { return nil }

// Record copies d with its result and returns the record's id: 1, 2, 3 … It never allocates.
func (r *Recorder) Record(d *Decision, res Result) uint64 { return 0 }

// Record is one recorded decision.
type Record struct {
	Decision
	Result Result
}

// Get copies the record with that id to dst; false when it is gone or never was.
func (r *Recorder) Get(id uint64, dst *Record) bool { return false }

// Snapshot returns up to n records, newest first.
func (r *Recorder) Snapshot(n int) []Record { return nil }

// AppendLog appends the decision as CMS event-log lines, each ended by a newline (R13).
func (d *Decision) AppendLog(dst []byte, t *Table) []byte { return dst }

// AppendExplanation appends the decision for people, a reason per candidate.
func (d *Decision) AppendExplanation(dst []byte, t *Table) []byte { return dst }

// AppendRefusal appends one line that says why nobody took the call, fit for a Warning header's quoted text.
func (d *Decision) AppendRefusal(dst []byte, t *Table) []byte { return dst }

// View returns the decision as JSON and people show it.
func (d *Decision) View(t *Table) DecisionView { return DecisionView{} }

// DecisionView is a Decision with names, for JSON.
type DecisionView struct {
	ID uint64 `json:"id"`
}
