package main

import (
	"bytes"
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

	// Of the printing goroutine alone.
	calls   int
	numbers map[string]int // of calls, by Call-ID
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
	j := &journal{out: out, notes: make(chan note, journalNotes), numbers: make(map[string]int)}
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
// or why none is. A decision that moved on to its next candidate says why, and
// which server it uses then.
func (j *journal) appendDecision(dst []byte, d *lb.Decision, t *lb.Table) []byte {
	if d.Tries > 1 {
		return j.appendMove(dst, d, t)
	}
	n := j.number(d.CallID.String())
	dst = fmt.Appendf(dst, "call %d: incoming SIP call from %q to local URI %q\n", n, addressOf(d.From.String()), d.To.String())
	dst = d.AppendLog(dst, t)
	if d.Outcome != lb.Chosen {
		dst = fmt.Appendf(dst, "call %d: ending; ", n)
		dst = append(d.AppendRefusal(dst, t), '\n')
	}
	return dst
}

// appendMove appends the last line of the log, the server that is used now.
func (j *journal) appendMove(dst []byte, d *lb.Decision, t *lb.Table) []byte {
	failed := d.Ordered()[d.Tries-2]
	dst = fmt.Appendf(dst, "call %d: %s: %s\n", j.number(d.CallID.String()), t.Topology().Name(failed.Bridge), failed.Reason())
	log := d.AppendLog(nil, t)
	return append(dst, log[bytes.LastIndexByte(log[:len(log)-1], '\n')+1:]...)
}

// numberKept bounds how many calls the journal can name again.
const numberKept = 4096

// number is the number of a call, a new one if it was not seen before.
func (j *journal) number(callID string) int {
	if n, ok := j.numbers[callID]; ok {
		return n
	}
	if len(j.numbers) >= numberKept {
		clear(j.numbers)
	}
	j.calls++
	j.numbers[callID] = j.calls
	return j.calls
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
