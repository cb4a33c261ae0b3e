package sip

import (
	"sync/atomic"

	"bridgehead/sip/wire"
)

// Side is who a message came from.
type Side uint8

// The sides of an edge.
const (
	SideControl Side = iota // call control
	SideBridge              // a Call Bridge
	sides
)

// String is the side in the form of a metric label.
func (s Side) String() string {
	if s == SideBridge {
		return "bridge"
	}
	return "call_control"
}

// Sides are all sides, for metrics that show every label from the start.
func Sides() []Side { return []Side{SideControl, SideBridge} }

// methods is the number of methods that are told apart; the first is any other.
const methods = int(wire.PUBLISH) + 1

// codes are the status codes that are counted by themselves; others count as
// their class.
var codes = [...]int{
	100, 180, 181, 182, 183, 200, 202, 300, 301, 302, 305,
	400, 401, 403, 404, 405, 407, 408, 415, 416, 420, 422, 480, 481, 482, 483, 484, 486, 487, 488, 491,
	500, 501, 502, 503, 504, 505, 513, 600, 603, 604, 606,
}

// answered groups the methods that responses are counted by.
var answered = [...]wire.Method{wire.INVITE, wire.BYE, wire.CANCEL, wire.OPTIONS, wire.MethodOther}

// answeredPlace is the place of a method in answered.
func answeredPlace(m wire.Method) int {
	switch m {
	case wire.INVITE:
		return 0
	case wire.BYE:
		return 1
	case wire.CANCEL:
		return 2
	case wire.OPTIONS:
		return 3
	}
	return 4
}

// transports is the number of transports that are told apart.
const transports = int(wire.TLS) + 1

// trafficShards keeps the counters of different readers apart.
const trafficShards = 8

// traffic counts what comes in. Counting is one atomic addition: no lock, no
// allocation.
type traffic struct {
	shards [trafficShards]trafficShard
	place  [700]uint8 // place of a code's counter
}

type trafficShard struct {
	requests  [sides][transports][methods]atomic.Uint64
	responses [sides][len(answered)][len(codes) + 7]atomic.Uint64 // codes, then classes by their first digit
	_         [64]byte                                            // the next shard is on another cache line
}

func newTraffic() *traffic {
	t := &traffic{}
	for code := range t.place {
		t.place[code] = uint8(len(codes) + code/100)
	}
	for i, code := range codes {
		t.place[code] = uint8(i)
	}
	return t
}

// count takes one parsed message.
func (t *traffic) count(m *wire.Message, from wire.Hop, who origin) {
	side := SideControl
	if who == fromBridge {
		side = SideBridge
	}
	s := &t.shards[from.Remote.Port()%trafficShards]
	if m.IsRequest() {
		s.requests[side][from.Transport][m.Method].Add(1)
	} else {
		s.responses[side][answeredPlace(m.Method)][t.place[m.Status%len(t.place)]].Add(1)
	}
}

// Traffic is how many messages came in since New, retransmissions included.
type Traffic struct {
	Requests  []RequestCount
	Responses []ResponseCount
}

// RequestCount is how many requests of one method came from one side.
type RequestCount struct {
	Side      Side
	Transport wire.Transport
	Method    string // "other" for methods that are not told apart
	Count     uint64
}

// ResponseCount is how many responses came from one side with one code, or of
// one class that has no counter of its own.
type ResponseCount struct {
	Side   Side
	Method string // of the request: INVITE, BYE, CANCEL, OPTIONS or "other"
	Code   int    // 0 for the rest of a class
	Class  int    // 1 to 6
	Count  uint64
}

// Traffic returns the counters, each of them, also those that are 0. It is
// safe for concurrent use and takes no lock.
func (p *Proxy) Traffic() Traffic {
	var out Traffic
	for _, side := range Sides() {
		out.Requests = p.traffic.appendRequests(out.Requests, side)
		out.Responses = p.traffic.appendResponses(out.Responses, side)
	}
	return out
}

func (t *traffic) appendRequests(out []RequestCount, side Side) []RequestCount {
	for _, transport := range []wire.Transport{wire.UDP, wire.TCP} {
		for m := range methods {
			c := RequestCount{Side: side, Transport: transport, Method: methodLabel(wire.Method(m))}
			for i := range t.shards {
				c.Count += t.shards[i].requests[side][transport][m].Load()
			}
			out = append(out, c)
		}
	}
	return out
}

func (t *traffic) appendResponses(out []ResponseCount, side Side) []ResponseCount {
	for a, method := range answered {
		for n := range len(codes) + 7 {
			c := ResponseCount{Side: side, Method: methodLabel(method)}
			if n < len(codes) {
				c.Code, c.Class = codes[n], codes[n]/100
			} else if c.Class = n - len(codes); c.Class == 0 {
				continue
			}
			for i := range t.shards {
				c.Count += t.shards[i].responses[side][a][n].Load()
			}
			out = append(out, c)
		}
	}
	return out
}

func methodLabel(m wire.Method) string {
	if m == wire.MethodOther {
		return "other"
	}
	return m.String()
}
