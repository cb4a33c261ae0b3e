package wire

import "net/netip"

// PopVia removes the top Via value: its whole line, or one value of a comma-joined line.
func (e *Edits) PopVia(m *Message) {}

// PushVia puts line, a full Via field with its CRLF, before the first Via line.
func (e *Edits) PushVia(m *Message, line []byte) {}

// StampVia writes into the top Via where the request really came from (RFC 3261 section 18.2.1, RFC 3581).
func (e *Edits) StampVia(m *Message, src netip.AddrPort) {}

// MaxForwards writes n as Max-Forwards, in place of the figure or as a new field.
func (e *Edits) MaxForwards(m *Message, n int) {}

// PushRecordRoute puts line, a full Record-Route field with its CRLF, above existing ones, else after the Via block.
func (e *Edits) PushRecordRoute(m *Message, line []byte) {}

// PopRoute removes one Route value, and its line with the last one.
func (e *Edits) PopRoute(m *Message, v Value) {}
