package sim

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Line is one line of a bridge's event log.
type Line struct {
	// Bridge is the name of the bridge whose log it is.
	Bridge string
	// At is the time of the event.
	At time.Time
	// Text is the message, with no time and no level.
	Text string
}

// String gives the line as the Web Admin event log shows it.
func (l Line) String() string {
	return l.At.Format("2006-01-02 15:04:05.000") + "  Info  " + l.Text
}

// LogTo returns a function for Options.Log that writes each line to w, the
// bridge's name in front, one Write per line. Write errors are ignored, since
// a log that nobody reads must not stop a lab.
func LogTo(w io.Writer) func(Line) {
	var mu sync.Mutex
	return func(l Line) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = fmt.Fprintf(w, "%-10s %s\n", l.Bridge, l)
	}
}
