package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"

	"bridgehead/lb"
)

// journal prints what happens in the lab, in the order in which it happens:
// decisions from the call path and texts from whoever tells the story. Each
// note is one Write. Safe for concurrent use.
type journal struct {
	out     io.Writer
	notes   chan note
	dropped atomic.Uint64
	ended   sync.WaitGroup

	calls int // numbered by the printing goroutine
}

// note is one thing to print: a decision, or a text.
type note struct {
	decision lb.Decision
	table    *lb.Table // nil for a text
	text     string
}

// journalNotes bounds what waits to be printed.
const journalNotes = 256

func newJournal(out io.Writer) *journal {
	j := &journal{out: out, notes: make(chan note, journalNotes)}
	j.ended.Go(j.print)
	return j
}

// decided takes a decision from the call path: it copies, and never waits.
func (j *journal) decided(d *lb.Decision, t *lb.Table) {
	select {
	case j.notes <- note{decision: *d, table: t}:
	default:
		j.dropped.Add(1)
	}
}

// say prints a line after everything that happened before. It waits while the
// reader of the output is slow.
func (j *journal) say(format string, args ...any) {
	j.notes <- note{text: fmt.Sprintf(format, args...) + "\n"}
}

// close prints what is left. Nothing may be said or decided afterwards.
func (j *journal) close() {
	close(j.notes)
	j.ended.Wait()
}

func (j *journal) print() {
	var buf []byte
	for n := range j.notes {
		buf = buf[:0]
		if lost := j.dropped.Swap(0); lost > 0 {
			buf = fmt.Appendf(buf, "(%d decisions were not printed: the output is read too slowly)\n", lost)
		}
		if n.table == nil {
			buf = append(buf, n.text...)
		} else {
			buf = j.appendDecision(buf, &n.decision, n.table)
		}
		j.out.Write(buf) //nolint:errcheck // there is nowhere else to tell it
	}
}

// appendDecision appends a decision as CMS writes it to its event log: the call
// as it comes in, the answers to the replace query, and the server that is used
// or why none is.
func (j *journal) appendDecision(dst []byte, d *lb.Decision, t *lb.Table) []byte {
	j.calls++
	dst = fmt.Appendf(dst, "call %d: incoming SIP call from %q to local URI %q\n", j.calls, addressOf(d.From.String()), d.To.String())
	dst = d.AppendLog(dst, t)
	if d.Outcome != lb.Chosen {
		dst = fmt.Appendf(dst, "call %d: ending; ", j.calls)
		dst = append(d.AppendRefusal(dst, t), '\n')
	}
	return dst
}

// addressOf is the URI of a From header's value.
func addressOf(from string) string {
	if _, rest, ok := strings.Cut(from, "<"); ok {
		from, _, _ = strings.Cut(rest, ">")
		return from
	}
	from, _, _ = strings.Cut(from, ";")
	return from
}
