package sim

import (
	"context"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"
)

// dialTimeout bounds a call that the API asked for.
const dialTimeout = 60 * time.Second

// calls is GET /calls: those of this bridge only.
func (c *apiCall) calls() answer {
	space, tenant := c.query.Get("cospacefilter"), c.query.Get("tenantfilter")
	var all []*node
	c.mu.Lock()
	for _, conf := range c.sortedConferences() {
		t := c.tenantOf(conf.Space)
		if space != "" && !strings.EqualFold(space, conf.Space) || tenant != "" && !strings.EqualFold(tenant, t) {
			continue
		}
		all = append(all, el("call",
			val("name", conf.Name), maybe("coSpace", conf.Space), val("callCorrelator", conf.Correlator), maybe("tenant", t),
		).attr("id", conf.ID))
	}
	c.mu.Unlock()
	return c.pageOf("calls", all)
}

// tenantOf is the tenant of a space, "" for none.
func (b *Bridge) tenantOf(space string) string {
	s, _ := b.group.db.space(space)
	return s.Tenant
}

// conference finds a running one by its GUID. The caller holds mu.
func (b *Bridge) conference(id string) *conference {
	for _, conf := range b.conferences {
		if strings.EqualFold(conf.ID, id) {
			return conf
		}
	}
	return nil
}

// call is GET /calls/<id>.
func (c *apiCall) call() answer {
	c.mu.Lock()
	conf := c.conference(c.path[1])
	correlator := ""
	if conf != nil {
		correlator = conf.Correlator
	}
	c.mu.Unlock()
	others := c.sites(correlator)
	remote := 0
	for _, s := range others {
		remote += s.local
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	conf = c.conference(c.path[1]) // it may have ended meanwhile
	if conf == nil {
		return missing("callDoesNotExist")
	}
	n := el("call",
		val("name", conf.Name), val("callType", conf.Type), maybe("coSpace", conf.Space), val("callCorrelator", conf.Correlator),
		maybe("tenant", c.tenantOf(conf.Space)),
		val("durationSeconds", int(time.Since(conf.started).Seconds())),
		val("numCallLegs", conf.local()+len(others)), val("maxCallLegs", conf.most),
		val("numParticipantsLocal", conf.local()),
	).attr("id", conf.ID)
	if len(others) > 0 {
		n.add(val("numParticipantsRemote", remote), val("numDistributedInstances", len(others)))
	}
	return ok(n.add(
		val("locked", false), val("recording", false), val("streaming", false),
		val("allowAllMuteSelf", true), val("allowAllPresentationContribution", true),
		val("joinAudioMuteOverride", ""), val("activeWhenEmpty", conf.ActiveWhenEmpty), val("endpointRecording", false),
	))
}

// createCall is POST /calls: a conference with nobody in it, active when empty
// unless asked otherwise.
func (c *apiCall) createCall() answer {
	space, found := c.group.db.space(c.form.Get("coSpace"))
	if !found {
		return answer{status: http.StatusBadRequest, body: failure("coSpaceDoesNotExist")}
	}
	id, err := c.AddConference(Conference{Space: space.ID, Name: c.form.Get("name"), ActiveWhenEmpty: c.form.Get("activeWhenEmpty") != "false"})
	if err != nil {
		return invalid("coSpace", "invalid")
	}
	return answer{status: http.StatusOK, location: "calls/" + id}
}

// endCall is DELETE /calls/<id>.
func (c *apiCall) endCall() answer {
	if c.EndConference(c.path[1]) != nil {
		return missing("callDoesNotExist")
	}
	return answer{status: http.StatusOK}
}

// addParticipant is POST /calls/<id>/participants and /callLegs: the bridge
// calls remoteParty. The answer does not wait for the callee.
func (c *apiCall) addParticipant() answer {
	to := c.form.Get("remoteParty")
	if to == "" {
		return invalid("remoteParty", "missing")
	}
	if !strings.HasPrefix(to, "sip:") {
		to = "sip:" + to
	}
	c.mu.Lock()
	conf := c.conference(c.path[1])
	space := ""
	if conf != nil {
		space = conf.Space
	}
	e := c.sip
	c.mu.Unlock()
	if conf == nil {
		return missing("callDoesNotExist")
	}
	if e == nil {
		return answer{status: http.StatusServiceUnavailable}
	}
	ctx, cancel := context.WithTimeout(e.ctx, dialTimeout)
	l, text, hop, err := c.prepare(DialOptions{To: to, Space: space}, cancel)
	if err != nil {
		cancel()
		return invalid("remoteParty", "invalid")
	}
	id := l.Leg
	e.background(func(context.Context) {
		defer cancel()
		if err := c.complete(ctx, l, text, hop); err != nil {
			c.log.Debug("added participant not reached", zap.String("to", to), zap.Error(err))
		}
	})
	return answer{status: http.StatusOK, location: c.path[2] + "/" + id}
}
