package sim

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"
)

// database is what the bridges of a group share: spaces, users, IVRs and the
// dial plan. Its mutex is a leaf.
type database struct {
	mu         sync.Mutex
	spaces     []*Space
	byID       map[string]*Space
	byURI      map[string]*Space // tenant, NUL, folded user part
	correlator map[string]string // space → callCorrelator
	users      []user
	ivrs       []ivr
	inbound    []inboundRule
	forwarding []forwardingRule
	anyDomain  bool
}

// user, ivr, inboundRule and forwardingRule are objects with their GUID.
type (
	user        struct{ id, jid string }
	ivr         struct{ id, uri string }
	inboundRule struct {
		id string
		InboundRule
	}
	forwardingRule struct {
		id string
		ForwardingRule
	}
)

// newDatabase fills a database from the options.
func newDatabase(o Options) (*database, error) {
	d := &database{
		byID: make(map[string]*Space), byURI: make(map[string]*Space), correlator: make(map[string]string),
		anyDomain: len(o.Domains) == 0 && len(o.InboundRules) == 0,
	}
	rules := slices.Clone(o.InboundRules)
	for _, domain := range o.Domains {
		rules = append(rules, InboundRule{Domain: domain, ToUsers: true, ToSpaces: true, ToIVRs: true})
	}
	slices.SortStableFunc(rules, func(a, b InboundRule) int { return b.Priority - a.Priority })
	for _, r := range rules {
		d.inbound = append(d.inbound, inboundRule{uuid.NewString(), r})
	}
	forwards := slices.Clone(o.ForwardingRules)
	slices.SortStableFunc(forwards, func(a, b ForwardingRule) int { return b.Priority - a.Priority })
	for _, r := range forwards {
		d.forwarding = append(d.forwarding, forwardingRule{uuid.NewString(), r})
	}
	for _, u := range o.Users {
		d.users = append(d.users, user{uuid.NewString(), u})
	}
	for _, u := range o.IVRs {
		d.ivrs = append(d.ivrs, ivr{uuid.NewString(), u})
	}
	for _, s := range o.Spaces {
		if _, err := d.add(s); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// fold brings a user part to the form that lookups use.
func fold(userPart string) string {
	userPart, _, _ = strings.Cut(userPart, ";")
	if plain, err := url.PathUnescape(userPart); err == nil {
		userPart = plain
	}
	return strings.ToLower(userPart)
}

// uris are all user parts of a space.
func (s *Space) uris() []string {
	all := []string{s.URI, s.SecondaryURI}
	for _, m := range s.AccessMethods {
		all = append(all, m.URI)
	}
	return slices.DeleteFunc(all, func(u string) bool { return u == "" })
}

// add creates a space.
func (d *database) add(s Space) (Space, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s.ID == "" {
		s.ID = uuid.NewString()
	}
	if s.Name == "" {
		s.Name = s.URI
	}
	s.AccessMethods = slices.Clone(s.AccessMethods)
	for i := range s.AccessMethods {
		if s.AccessMethods[i].ID == "" {
			s.AccessMethods[i].ID = uuid.NewString()
		}
	}
	if d.byID[strings.ToLower(s.ID)] != nil {
		return s, fmt.Errorf("sim: there is a space %s already", s.ID)
	}
	for _, u := range s.uris() {
		if other := d.byURI[s.Tenant+"\x00"+fold(u)]; other != nil {
			return s, fmt.Errorf("sim: space %q: the URI %q belongs to space %s", s.Name, u, other.ID)
		}
	}
	kept := s
	d.spaces = append(d.spaces, &kept)
	d.byID[strings.ToLower(s.ID)] = &kept
	for _, u := range s.uris() {
		d.byURI[s.Tenant+"\x00"+fold(u)] = &kept
	}
	return s, nil
}

// remove deletes a space and gives its place in the list.
func (d *database) remove(id string) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.byID[strings.ToLower(id)]
	if s == nil {
		return 0, fmt.Errorf("sim: there is no space %s", id)
	}
	delete(d.byID, strings.ToLower(id))
	for _, u := range s.uris() {
		delete(d.byURI, s.Tenant+"\x00"+fold(u))
	}
	at := slices.Index(d.spaces, s)
	d.spaces = slices.Delete(d.spaces, at, at+1)
	return at, nil
}

// update replaces a space where it stands in the list.
func (d *database) update(s Space) error {
	old, ok := d.space(s.ID)
	if !ok {
		return fmt.Errorf("sim: there is no space %s", s.ID)
	}
	at, err := d.remove(s.ID)
	if err != nil {
		return err
	}
	if _, err := d.add(s); err != nil {
		_, _ = d.add(old)
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	last := d.spaces[len(d.spaces)-1]
	d.spaces = slices.Insert(d.spaces[:len(d.spaces)-1], min(at, len(d.spaces)-1), last)
	return nil
}

// space is the space of that GUID.
func (d *database) space(id string) (Space, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.byID[strings.ToLower(id)]; s != nil {
		return *s, true
	}
	return Space{}, false
}

// page copies those spaces that keep accepts (nil accepts all) from offset on,
// at most n, and tells how many there are in all.
func (d *database) page(keep func(*Space) bool, offset, n int) ([]Space, int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	matching := d.spaces
	if keep != nil {
		matching = slices.Collect(func(yield func(*Space) bool) {
			for _, s := range d.spaces {
				if keep(s) && !yield(s) {
					return
				}
			}
		})
	}
	total := len(matching)
	matching = matching[min(offset, total):]
	matching = matching[:min(n, len(matching))]
	out := make([]Space, len(matching))
	for i, s := range matching {
		out[i] = *s
	}
	return out, total
}

// correlatorOf is the callCorrelator of a space, the same on every bridge.
func (d *database) correlatorOf(space string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	id, ok := d.correlator[space]
	if !ok {
		id = uuid.NewString()
		d.correlator[space] = id
	}
	return id
}
