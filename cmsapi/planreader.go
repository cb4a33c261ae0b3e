package cmsapi

import (
	"context"
	"slices"
	"time"
)

// maxRules bounds the rules of one kind, and the IVRs.
const maxRules = 5000

// planReader gathers the dial plan from its lists, and from single objects where
// these leave something out.
type planReader struct {
	publish func(*plan)

	inbound    []inboundRule
	forwarding []forwardingRule
	ivrs       []listedIVR

	// What the pass under way has seen.
	newInbound    []inboundRule
	newForwarding []forwardingRule
	newIVRs       []listedIVR
	singles       []single
}

// single is an object that is to be read by itself.
type single struct {
	id  string
	ivr bool
}

func collect[T any](into *[]T, items []T, id func(T) string) (fresh int) {
	for _, item := range items {
		known := slices.ContainsFunc(*into, func(old T) bool { return id(old) == id(item) })
		if id(item) != "" && !known && len(*into) < maxRules {
			*into = append(*into, item)
			fresh++
		}
	}
	return fresh
}

// settled returns what a finished pass makes of a list: what it saw, and what it
// may have missed, once. A list that was read is never nil.
func settled[T any](old, seen []T, certain bool, id func(T) string, keep func(*T) (again bool)) []T {
	if !certain {
		for _, o := range old {
			missing := !slices.ContainsFunc(seen, func(s T) bool { return id(s) == id(o) })
			if missing && keep(&o) {
				seen = append(seen, o)
			}
		}
	}
	return append([]T{}, seen...)
}

func inboundID(r inboundRule) string       { return r.id }
func forwardingID(r forwardingRule) string { return r.id }
func ivrID(v listedIVR) string             { return v.id }

// keepOnce marks an object that a list did not show, and refuses the second time.
func keepOnce(kept *bool) (again bool) {
	again = !*kept
	*kept = true
	return again
}

func (r *planReader) endInbound(certain bool) {
	old := r.inbound
	for i := range r.newInbound {
		n := &r.newInbound[i]
		if n.flagged || n.id == "" {
			continue
		}
		if j := slices.IndexFunc(old, func(o inboundRule) bool { return o.id == n.id }); j >= 0 && old[j].flagged {
			o := old[j]
			n.spaces, n.ivrs, n.users, n.lync, n.flagged = o.spaces, o.ivrs, o.users, o.lync, true
		}
		r.single(single{id: n.id})
	}
	r.inbound = settled(old, r.newInbound, certain, inboundID, func(o *inboundRule) bool { return keepOnce(&o.kept) })
	r.arrange()
}

func (r *planReader) endForwarding(certain bool) {
	r.forwarding = settled(r.forwarding, r.newForwarding, certain, forwardingID, func(o *forwardingRule) bool { return keepOnce(&o.kept) })
	r.arrange()
}

func (r *planReader) endIVRs(certain bool) {
	old := r.ivrs
	for i := range r.newIVRs {
		n := &r.newIVRs[i]
		if n.known {
			continue
		}
		if j := slices.IndexFunc(old, func(o listedIVR) bool { return o.id == n.id && o.known }); j >= 0 {
			n.tenant, n.known = old[j].tenant, true
			continue
		}
		r.single(single{id: n.id, ivr: true})
	}
	r.ivrs = settled(old, r.newIVRs, certain, ivrID, func(o *listedIVR) bool { return keepOnce(&o.kept) })
	r.arrange()
}

func (r *planReader) arrange() { r.publish(newPlan(r.inbound, r.forwarding, r.ivrs)) }

// single has an object read by itself.
func (r *planReader) single(s single) {
	if !slices.Contains(r.singles, s) {
		r.singles = append(r.singles, s)
	}
}

// step reads the next single object. One that cannot be read is left as the list
// has it.
func (r *planReader) step(ctx context.Context, d *Directory) error {
	next := r.singles[0]
	if next.ivr {
		v, err := consult(ctx, d, AskDialPlan, func(ctx context.Context, c *Client) (listedIVR, error) { return c.ivr(ctx, next.id) })
		if err != nil && KindOf(err) != Gone {
			return err
		}
		if i := slices.IndexFunc(r.ivrs, func(o listedIVR) bool { return o.id == next.id }); err == nil && i >= 0 {
			r.ivrs[i].tenant, r.ivrs[i].known = v.tenant, true
		}
	} else {
		v, err := consult(ctx, d, AskDialPlan, func(ctx context.Context, c *Client) (inboundRule, error) { return c.inboundRule(ctx, next.id) })
		if err != nil && KindOf(err) != Gone {
			return err
		}
		if i := slices.IndexFunc(r.inbound, func(o inboundRule) bool { return o.id == next.id }); err == nil && i >= 0 && v.flagged {
			o := &r.inbound[i]
			o.spaces, o.ivrs, o.users, o.lync, o.flagged = v.spaces, v.ivrs, v.users, v.lync, true
			if o.tenant == "" {
				o.tenant = v.tenant
			}
		}
	}
	r.singles = r.singles[1:]
	r.arrange()
	return nil
}

// due reports whether a single object waits.
func (r *planReader) due(time.Time) (bool, time.Duration) { return len(r.singles) > 0, forever }
