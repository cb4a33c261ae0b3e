package sip

import (
	"bridgehead/sip/wire"
)

// validate reads the Request-URI and is RFC 3261 section 16.3. Step 1,
// reasonable syntax, is package wire's; step 6, authentication, is the list of
// trusted sources. Require is not a proxy's to judge.
func (c *responseContext) validate(m *wire.Message) (wire.URI, *reply) {
	uri, err := wire.ParseURI(m.Text(m.RequestURI))
	if err != nil {
		return uri, badRequest(err)
	}
	// Step 2. sips needs TLS on every hop, which no listener of this version
	// has, so it is as unknown to us as any foreign scheme.
	if !uri.IsSIP() || uri.Secure() {
		return uri, &reply{status: 416, warning: "this hop takes sip: URIs only"}
	}
	// Step 3. An OPTIONS that may go no further is answered as if it was ours.
	if m.MaxForwards == 0 {
		if m.Method == wire.OPTIONS {
			return uri, c.proxy.optionsReply()
		}
		return uri, &reply{status: 483, warning: "Max-Forwards ran out here: look for a routing loop"}
	}
	// Step 4, and what RFC 5393 adds to it.
	if c.mark = c.proxy.loopMark(m, c.peer); looped(m, c.mark) {
		c.proxy.counts.loops.Add(1)
		return uri, &reply{status: 482, warning: "this request has been here before and has not changed: look for a routing loop"}
	}
	var r *reply
	if c.breadth, r = maxBreadth(m); r != nil {
		return uri, r
	}
	// Step 5. We support no option tag as a proxy, so each is unsupported.
	if m.Has(wire.ProxyRequire) {
		return uri, &reply{status: 420, extra: unsupported(m)}
	}
	return uri, nil
}

// unsupported is the Unsupported header for a request with Proxy-Require.
func unsupported(m *wire.Message) []byte {
	line := []byte("Unsupported: ")
	n := len(line)
	for v := range m.Values(wire.ProxyRequire) {
		if len(line) > n {
			line = append(line, ", "...)
		}
		line = append(line, m.Text(v.Span)...)
	}
	return append(line, "\r\n"...)
}
