package sip

import (
	"bytes"

	"bridgehead/lb"
	"bridgehead/sip/wire"
)

// spliceRequestURI changes the Request-URI of the copy for one target, and of
// it only what section 16 and rule R14 ask for: host and port where the host
// is ours or that of a bridge which was not chosen, a maddr that named us, and
// headers, which may not stand there (16.6 step 2): the next element could take
// one for a Route. A strict router's Request-URI is spliceRoutes' to write, and
// inside a dialog none is changed.
func (c *responseContext) spliceRequestURI(w *work, m *wire.Message, t *target) {
	host := c.to.replace && t.bridge != lb.NoBridge && t.bridge != c.to.keep
	headers := m.ToTag.Empty() && bytes.IndexByte(m.Text(m.RequestURI), '?') >= 0
	if !host && !c.routes.maddr && !headers || c.routes.strict || !c.routes.repaired.Empty() {
		return
	}
	uri, err := wire.ParseURI(m.Text(m.RequestURI))
	if err != nil {
		return
	}
	at := m.RequestURI.Start
	switch {
	case host:
		w.uri = append(w.uri[:0], c.to.domain...)
		if c.to.domain == "" {
			w.uri = append(w.uri, bracketed(c.proxy.bridges[t.bridge].SIP.Host)...)
		}
		s := uri.HostPort()
		w.edits.Replace(wire.Span{Start: at + s.Start, End: at + s.End}, w.uri)
	case c.routes.maddr && uri.Port > 0 && uri.Port != defaultPort:
		w.edits.Delete(wire.Span{Start: at + uri.HostSpan.End, End: at + uri.PortSpan.End})
	}
	if c.routes.maddr {
		w.dropMaddr(&uri, at)
	}
	if headers && uri.Headers != nil {
		w.edits.Delete(wire.Span{Start: m.RequestURI.End - uint32(len(uri.Headers)) - 1, End: m.RequestURI.End})
	}
}

// dropMaddr takes maddr and a transport that is not the default out of a URI
// that stands at an offset (16.4).
func (w *work) dropMaddr(uri *wire.URI, at uint32) {
	at += uri.HostPort().End
	for param := range bytes.SplitSeq(uri.Params, []byte(";")) {
		end := at + 1 + uint32(len(param))
		name, _, _ := bytes.Cut(param, []byte("="))
		if equalFold(name, "maddr") || equalFold(name, "transport") && transportOf(uri) != wire.UDP {
			w.edits.Delete(wire.Span{Start: at, End: end})
		}
		at = end
	}
}
