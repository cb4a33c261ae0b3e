package sim

import (
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

// subtypeDistribution marks the links between bridges of one conference.
const subtypeDistribution = "distributionLink"

// distributionID is the GUID of a distribution leg: the same while the
// conference lasts.
func distributionID(correlator, from, to string) string {
	return uuid.NewSHA1(uuid.Nil, []byte(correlator+from+to)).String()
}

// legNodes are a bridge's call legs, of one call or ("") of all, whole or as
// a list shows them.
func (c *apiCall) legNodes(call string, whole bool) []*node {
	type conf struct{ id, correlator, name string }
	var confs []conf
	c.mu.Lock()
	for _, k := range c.sortedConferences() {
		if call == "" || strings.EqualFold(k.ID, call) {
			confs = append(confs, conf{k.ID, k.Correlator, k.Name})
		}
	}
	c.mu.Unlock()
	var links []*node
	for _, k := range confs {
		for _, s := range c.sites(k.correlator) {
			n := el("callLeg", val("name", s.bridge.opts.Name), val("remoteParty", s.bridge.opts.Name), val("call", k.id)).
				attr("id", distributionID(k.correlator, c.id, s.bridge.id))
			if whole {
				n.add(val("type", "acano"), val("subType", subtypeDistribution), el("status", val("state", "connected")))
			}
			links = append(links, n)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []*node
	for _, l := range c.sortedLegs() {
		if call != "" && (l.conf == nil || !strings.EqualFold(l.conf.ID, call)) {
			continue
		}
		all = append(all, l.node(whole))
	}
	return append(all, links...)
}

// node is one call leg. The caller holds mu.
func (l *leg) node(whole bool) *node {
	n := el("callLeg", val("name", l.peer()), val("remoteParty", l.peer())).attr("id", l.Leg)
	if l.conf != nil {
		n.add(val("call", l.conf.ID), maybe("tenant", l.b.tenantOf(l.conf.Space)))
	}
	if !whole {
		return n
	}
	seconds := 0
	if !l.Answered.IsZero() {
		seconds = int(time.Since(l.Answered).Seconds())
	}
	return n.add(
		val("originalRemoteParty", l.peer()), val("localAddress", bare(l.RequestURI)), val("type", "sip"),
		val("direction", string(l.Direction)), val("canMove", false), el("configuration"),
		el("status",
			val("state", l.apiState()), val("durationSeconds", seconds), val("direction", string(l.Direction)),
			val("sipCallId", l.CallID), val("groupId", l.Leg), val("encryptedMedia", false), val("unencryptedMedia", true),
		),
	)
}

// apiState is the state of a participant. The caller holds mu.
func (l *leg) apiState() string {
	if l.State == StateRinging {
		return "ringing"
	}
	return "connected"
}

// callLegs is GET /callLegs.
func (c *apiCall) callLegs() answer { return c.pageOf("callLegs", c.legNodes("", false)) }

// callCallLegs is GET /calls/<id>/callLegs.
func (c *apiCall) callCallLegs() answer {
	if !c.hasConference() {
		return missing("callDoesNotExist")
	}
	return c.pageOf("callLegs", c.legNodes(c.path[1], false))
}

// hasConference tells if the path names a running one.
func (c *apiCall) hasConference() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conference(c.path[1]) != nil
}

// callLeg is GET /callLegs/<id>.
func (c *apiCall) callLeg() answer {
	for _, n := range c.legNodes("", true) {
		if strings.EqualFold(n.attrs[1], c.path[1]) {
			return ok(n)
		}
	}
	return missing("callLegDoesNotExist")
}

// endLeg is DELETE /callLegs/<id> and /participants/<id>. The BYE goes out in
// the background.
func (c *apiCall) endLeg() answer {
	defer c.group.notify()
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.leg(c.path[1])
	if l == nil || !strings.EqualFold(l.Leg, c.path[1]) {
		return missing(strings.TrimSuffix(c.path[0], "s") + "DoesNotExist")
	}
	c.drop(l, "local teardown")
	return answer{status: http.StatusOK}
}

// participantNodes are the participants of one call or ("") of all calls of
// this bridge: those on other bridges too, marked with the bridge's GUID.
func (c *apiCall) participantNodes(call string) []*node {
	here := make(map[string]string) // correlator → call on this bridge
	c.mu.Lock()
	for _, conf := range c.conferences {
		if call == "" || strings.EqualFold(conf.ID, call) {
			here[conf.Correlator] = conf.ID
		}
	}
	c.mu.Unlock()
	var all []*node
	for _, b := range c.group.bridges {
		b.mu.Lock()
		for _, l := range b.sortedLegs() {
			if l.conf == nil || here[l.conf.Correlator] == "" {
				continue
			}
			n := el("participant",
				val("name", l.peer()), val("call", here[l.conf.Correlator]), maybe("tenant", b.tenantOf(l.conf.Space)),
				val("uri", l.peer()), val("originalUri", l.peer()), val("numCallLegs", 1), val("isActivator", true), val("canMove", false),
				el("status", val("state", l.apiState())),
			).attr("id", l.Leg)
			if b != c.Bridge {
				n.add(val("callBridge", b.id))
			}
			all = append(all, n)
		}
		b.mu.Unlock()
	}
	return all
}

// participants is GET /participants.
func (c *apiCall) participants() answer { return c.pageOf("participants", c.participantNodes("")) }

// callParticipants is GET /calls/<id>/participants.
func (c *apiCall) callParticipants() answer {
	if !c.hasConference() {
		return missing("callDoesNotExist")
	}
	return c.pageOf("participants", c.participantNodes(c.path[1]))
}

// participant is GET /participants/<id>.
func (c *apiCall) participant() answer {
	for _, n := range c.participantNodes("") {
		if strings.EqualFold(n.attrs[1], c.path[1]) {
			return ok(n)
		}
	}
	return missing("participantDoesNotExist")
}
