package sip

// optionsReply answers an OPTIONS that was meant for this hop (RFC 3261
// section 11). Call control takes a trunk out of service on 503, so that is
// said only where it should go elsewhere: while we shut down. A full group is
// no reason: callers of running conferences would lose the trunk too.
func (p *Proxy) optionsReply() *reply {
	if p.draining.Load() {
		return &reply{status: 503, retryAfter: retryAfter, warning: "this hop is shutting down"}
	}
	return &reply{status: 200, extra: []byte(allowLine + "Accept: application/sdp\r\n")}
}
