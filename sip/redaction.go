package sip

import "strings"

// keptDigits is how much of a number stays readable in a redacted log: enough
// to tell two callers apart, too little to call one.
const keptDigits = 2

// redactFrom is the shortest run of digits that is taken for a number.
const redactFrom = 4

// shown is a text of a message as it goes into the log: numbers masked where
// the operator wants that.
func (p *Proxy) shown(s string) string {
	if !p.set.Policy.Redact {
		return s
	}
	return redact(s)
}

// shownKey is a conference key in the log: a URI is masked, a space id is not
// anybody's number and stays, so that lines can be matched.
func (p *Proxy) shownKey(key string) string {
	if !strings.Contains(key, "@") {
		return key
	}
	return p.shown(key)
}

// redact masks every run of four or more digits but its last two. Addresses
// stay: no part of an IPv4 address is that long, and ports are told by where
// they stand.
func redact(s string) string {
	var out []byte
	for i := 0; i < len(s); {
		n := i
		for n < len(s) && '0' <= s[n] && s[n] <= '9' {
			n++
		}
		switch {
		case n == i:
			if out != nil {
				out = append(out, s[i])
			}
			i++
			continue
		case n-i >= redactFrom && !isPort(s, i, n):
			if out == nil {
				out = append(make([]byte, 0, len(s)), s[:i]...)
			}
			for range n - i - keptDigits {
				out = append(out, 'x')
			}
			out = append(out, s[n-keptDigits:n]...)
		case out != nil:
			out = append(out, s[i:n]...)
		}
		i = n
	}
	if out == nil {
		return s
	}
	return string(out)
}

// isPort tells the port of a URI: digits between a colon and the URI's end.
func isPort(s string, from, to int) bool {
	return from > 0 && s[from-1] == ':' && (to == len(s) || strings.IndexByte(">;? ", s[to]) >= 0)
}
