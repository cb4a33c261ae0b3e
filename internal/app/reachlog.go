package app

import (
	"time"

	"go.uber.org/zap"

	"bridgehead/lb"
)

// reachLog tells in the log when a bridge can be reached no more, or again,
// and when it asked for no calls: one line for each change, none while nothing
// changes. Failures of the API in detail are told by those who poll it.
type reachLog struct {
	log  *zap.Logger
	last map[string]reachSeen // by bridge name
}

// reachSeen is how a bridge stood at the last look.
type reachSeen struct {
	reach, sip string
	held       bool
}

func newReachLog(log *zap.Logger) *reachLog {
	return &reachLog{log: log, last: make(map[string]reachSeen)}
}

// look compares the bridges with the last look. A bridge that was never read
// begins as blind, which is no news.
func (l *reachLog) look(views []lb.BridgeView) {
	for i := range views {
		v := &views[i]
		now := reachSeen{v.Reach, v.SIP, v.HeldFor > 0}
		old, known := l.last[v.Name]
		l.last[v.Name] = now
		if !known {
			old = reachSeen{reach: lb.ReachBlind.String(), sip: now.sip}
		}
		if now.reach != old.reach || now.sip != old.sip {
			say := l.log.Info
			if v.Reach == lb.ReachSuspect.String() || v.Reach == lb.ReachDown.String() || v.Reach == lb.ReachDark.String() {
				say = l.log.Warn
			}
			say("bridge "+v.Name+": reach "+v.Reach, zap.String("was", old.reach),
				zap.String("sip", v.SIP), zap.String("group", v.Group))
		}
		switch {
		case now.held && !old.held:
			l.log.Warn("bridge "+v.Name+" asks for no calls (503 with Retry-After)",
				zap.Duration("for", time.Duration(v.HeldFor*float64(time.Second)).Round(time.Second)), zap.String("group", v.Group))
		case old.held && !now.held:
			l.log.Info("bridge "+v.Name+" may be given calls again", zap.String("group", v.Group))
		}
	}
}
