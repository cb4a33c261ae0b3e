package sim

import (
	"net/http"
	"strconv"
	"time"
)

// softwareVersion is what we say we are.
const softwareVersion = "3.8"

// systemLoad is GET /system/load.
func (c *apiCall) systemLoad() answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return ok(el("load", val("mediaProcessingLoad", c.load.told(time.Now()))))
}

// systemStatus is GET /system/status.
func (c *apiCall) systemStatus() answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	return ok(el("status",
		val("hostId", c.id),
		val("softwareVersion", softwareVersion),
		val("uptimeSeconds", int(now.Sub(c.started).Seconds())),
		val("cdrTime", now.UTC().Format(time.RFC3339)),
		val("activated", true),
		val("clusterEnabled", len(c.group.bridges) > 1),
		val("callLegsActive", c.active()),
		val("callLegsMaxActive", c.mostLegs),
		val("callLegsCompleted", c.completed),
		val("audioBitRateOutgoing", 0),
		val("audioBitRateIncoming", 0),
		val("videoBitRateOutgoing", 0),
		val("videoBitRateIncoming", 0),
	))
}

// cluster is GET /system/configuration/cluster.
func (c *apiCall) cluster() answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return ok(el("cluster",
		val("uniqueName", c.opts.Name),
		val("peerLinkBitRate", ""),
		val("participantLimit", optionalText(c.limits.participantLimit)),
		val("loadLimit", optionalText(c.limits.loadLimit)),
		val("newConferenceLoadLimitBasisPoints", c.limits.newBP),
		val("existingConferenceLoadLimitBasisPoints", c.limits.existingBP),
		val("maxPeerVideoStreams", 4),
	))
}

// optionalText is "" for unset.
func optionalText(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

// setCluster is PUT and POST /system/configuration/cluster: what is left out
// stays, what is empty is unset.
func (c *apiCall) setCluster() answer {
	c.mu.Lock()
	l := c.limits
	c.mu.Unlock()
	for name, field := range map[string]**int{"loadLimit": &l.loadLimit, "participantLimit": &l.participantLimit} {
		if !c.form.Has(name) {
			continue
		}
		*field = nil
		if text := c.form.Get(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 0 {
				return invalid(name, "invalid")
			}
			*field = &n
		}
	}
	for name, field := range map[string]*int{
		"newConferenceLoadLimitBasisPoints": &l.newBP, "existingConferenceLoadLimitBasisPoints": &l.existingBP,
	} {
		if !c.form.Has(name) {
			continue
		}
		n, err := strconv.Atoi(c.form.Get(name))
		if err != nil || n < 0 || n > maxBasisPoints {
			return invalid(name, "invalid")
		}
		*field = n
	}
	c.change(func() { c.limits = l })
	return answer{status: http.StatusOK}
}

// database is GET /system/database.
func (c *apiCall) database() answer {
	cluster := el("cluster")
	for i, b := range c.group.bridges {
		cluster.add(el("node").attr("hostname", b.opts.Name).attr("up", true).attr("master", i == 0).attr("syncBehind", 0))
	}
	clustered := "disabled"
	if len(c.group.bridges) > 1 {
		clustered = "enabled"
	}
	return ok(el("database", cluster, val("totalNodes", len(c.group.bridges)), val("nodeInUse", c.group.bridges[0].opts.Name)).attr("clustered", clustered))
}
