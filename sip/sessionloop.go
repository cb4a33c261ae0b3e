package sip

import (
	"sync"

	"github.com/cespare/xxhash/v2"

	"bridgehead/sip/wire"
)

// maxSameSession is how many INVITEs for one Request-URI may be open at once
// that all say to be of one session. A B2BUA that sends our calls back to us
// makes each of them a new call, with a Call-ID and a Max-Forwards of its own,
// so nothing that a proxy looks at ends such a loop; the Session-ID (RFC 7989)
// goes through all of them. A caller who is forked or tries again needs less.
// From is no sign of anything: many callers share a number, or are anonymous.
const maxSameSession = 3

const sessionShards = 16

// openSessions counts the INVITEs that are open, by Session-ID and Request-URI.
// There is an entry for each such INVITE at most, and they are bounded by the
// transaction layer. Safe for concurrent use.
type openSessions [sessionShards]struct {
	mu   sync.Mutex
	open map[uint64]int32
}

// enter counts one more and returns how many there are now.
func (o *openSessions) enter(key uint64) int {
	s := &o[key%sessionShards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = make(map[uint64]int32)
	}
	s.open[key]++
	return int(s.open[key])
}

// leave takes one back.
func (o *openSessions) leave(key uint64) {
	s := &o[key%sessionShards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[key]--; s.open[key] <= 0 {
		delete(s.open, key)
	}
}

// sessionLoop refuses an INVITE of which too many are open already.
func (c *responseContext) sessionLoop(m *wire.Message) *reply {
	if c.method != wire.INVITE || !m.ToTag.Empty() {
		return nil
	}
	id, ok := localUUID(m)
	if !ok {
		return nil
	}
	p := c.proxy
	if c.session = sessionKey(id, m.Text(m.RequestURI)); p.sessions.enter(c.session) <= maxSameSession {
		return nil
	}
	p.counts.sessionLoops.Add(1)
	return &reply{status: 482, warning: "session " + printable(id[:]) + " comes back here as new calls: look for a B2BUA that sends them to us again"}
}

// leaveSession ends what sessionLoop began.
func (c *responseContext) leaveSession() {
	if c.session != 0 {
		c.proxy.sessions.leave(c.session)
		c.session = 0
	}
}

func sessionKey(id [uuidLen]byte, uri []byte) uint64 {
	var h xxhash.Digest
	h.Reset()
	h.Write(id[:])
	h.Write(uri)
	return max(h.Sum64(), 1)
}

// uuidLen is the length of a UUID in Session-ID: hexadecimal digits alone.
const uuidLen = 32

// localUUID is the UUID that the sender of a request goes by (RFC 7989 section
// 5), in lower case; false where there is none, or the nil one, which says that
// nobody knows.
func localUUID(m *wire.Message) (id [uuidLen]byte, ok bool) {
	h, ok := m.Get(wire.SessionID)
	if !ok {
		return id, false
	}
	v := m.Text(h.Value)
	if len(v) < uuidLen || len(v) > uuidLen && v[uuidLen] != ';' && v[uuidLen] != ' ' && v[uuidLen] != '\t' {
		return id, false
	}
	null := true
	for i, ch := range v[:uuidLen] {
		switch {
		case '0' <= ch && ch <= '9', 'a' <= ch && ch <= 'f':
		case 'A' <= ch && ch <= 'F':
			ch += 'a' - 'A'
		default:
			return id, false
		}
		id[i], null = ch, null && ch == '0'
	}
	return id, !null
}
