package cmsapi

// Classify says what user at domain means by the dial plan of this group, as far
// as it is known: domain in lower case, user the %-decoded user part in lower
// case without parameters. sure is false where nothing says what it is, or not
// yet: then a [Directory.Query] may tell. It never blocks and is safe for
// concurrent use.
func (d *Directory) Classify(domain, user string) (t Target, sure bool) {
	if id, ok := d.Lookup(user); ok {
		return Target{Kind: TargetSpace, Space: id}, true
	}
	return Target{}, false
}

// Query asks a bridge of the group what user at domain means (uriUsageQuery),
// through the budget. If it returns true, done is called exactly once, from
// another goroutine, with what the answer makes of it; done must not block.
// False means that nothing is asked, since the answer is known to be none, no
// bridge can be asked, or too many others wait: the caller places the call under
// its own URI. It never blocks and is safe for concurrent use.
func (d *Directory) Query(domain, user string, done func(Target)) bool { return false }
