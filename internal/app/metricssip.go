package app

import (
	"strconv"

	"bridgehead/sip/transport"
)

// sipFamilies tell of SIP messages and sockets.
type sipFamilies struct {
	messages, bytes, connections, opened, dropped, keepAlives, panics  *family
	strangers, malformed, noToken, lostACK, unreachable, timerC, loops *family
	transactions, begun, retransmitted, failed, refused, memory        *family
	ownReplies, late, requests, responses, queries, parked             *family
	large, backToUDP, foreignVia                                       *family
}

func newSIPFamilies(m *metrics) sipFamilies {
	return sipFamilies{
		messages:      m.counter("sip_messages_total", "SIP messages on the wire, retransmissions included.", "transport", "direction"),
		bytes:         m.counter("sip_message_bytes_total", "Bytes of these messages.", "transport", "direction"),
		connections:   m.gauge("sip_connections", "TCP connections that are open or being dialled."),
		opened:        m.counter("sip_connections_total", "TCP connections accepted, dialled, and dialled without success.", "result"),
		dropped:       m.counter("sip_dropped_total", "Messages and connections that were not handled or not sent.", "reason"),
		keepAlives:    m.counter("sip_keepalives_total", "CRLF pings and other keep-alives taken."),
		panics:        m.counter("panics_total", "Faults of the program that one message met and that were survived; please report them."),
		transactions:  m.gauge("sip_transactions", "Transactions in use, those that only absorb retransmissions included."),
		begun:         m.counter("sip_transactions_total", "Transactions opened, by a request that came in or by the edge itself.", "origin"),
		retransmitted: m.counter("sip_retransmissions_total", "Requests that came in again, and messages that the edge sent again.", "direction"),
		failed:        m.counter("sip_transactions_failed_total", "Transactions that ended by timer B, F or H, or because a message could not be sent.", "reason"),
		refused:       m.counter("sip_transactions_refused_total", "Requests refused or dropped because the table of transactions was full."),
		memory:        m.gauge("sip_transaction_buffer_bytes", "Memory held for messages of open transactions."),
		strangers:     m.counter("sip_strangers_total", "Messages from sources that are neither call control nor bridge."),
		requests:      m.counter("sip_requests_total", "Requests that came in, retransmissions included, by who sent them.", "side", "transport", "method"),
		responses:     m.counter("sip_responses_total", "Responses that came in, retransmissions included, by who sent them; codes that are not told apart count as their class.", "side", "method", "code"),
		queries:       m.counter("sip_parked_for_uri_total", "Calls that waited while a bridge was asked what their URI is."),
		parked:        m.gauge("sip_parked", "Requests that wait for a name, or for what their URI is."),
		malformed:     m.counter("sip_malformed_total", "Messages that could not be parsed."),
		ownReplies:    m.counter("sip_own_replies_total", "Requests that the edge answered itself: refusals, OPTIONS."),
		noToken:       m.counter("sip_dialog_without_token_total", "Requests inside a dialog that were routed without a valid token in Route."),
		lostACK:       m.counter("sip_lost_ack_total", "ACKs that could not be routed."),
		late:          m.counter("sip_late_success_total", "2xx of an INVITE that came after another final response had gone up."),
		unreachable:   m.counter("sip_unreachable_total", "Next hops that no listener reaches."),
		large:         m.counter("sip_large_requests_total", "Requests too large for a datagram on their path that were to go over UDP: moved to tcp, or left with udp.", "transport"),
		backToUDP:     m.counter("sip_back_to_udp_total", "Large requests that were sent over UDP after no TCP connection had come about."),
		foreignVia:    m.counter("sip_foreign_responses_total", "Responses that were dropped because their topmost Via is not ours."),
		loops:         m.counter("sip_loops_total", "Requests that came back to this edge and were answered 482: unchanged (via), or as new calls of one Session-ID (session).", "by"),
		timerC:        m.counter("sip_timer_c_total", "INVITEs that rang for longer than timer C."),
	}
}

func (f *sipFamilies) collect(a *App) {
	s := a.proxy.Stats()
	f.strangers.add(float64(s.Strangers))
	f.malformed.add(float64(s.Malformed))
	f.ownReplies.add(float64(s.Replies))
	f.noToken.add(float64(s.NoToken))
	f.lostACK.add(float64(s.LostACK))
	f.late.add(float64(s.Late2xx))
	f.unreachable.add(float64(s.Unreachable))
	f.timerC.add(float64(s.TimerC))
	f.loops.add(float64(s.Loops), "via")
	f.loops.add(float64(s.SessionLoops), "session")
	f.large.add(float64(s.LargeTCP), "tcp")
	f.large.add(float64(s.LargeUDP), "udp")
	f.backToUDP.add(float64(s.BackToUDP))
	f.foreignVia.add(float64(s.ForeignVia))

	f.queries.add(float64(s.Queries))
	f.parked.add(float64(s.Parked))
	came := a.proxy.Traffic()
	for _, r := range came.Requests {
		f.requests.add(float64(r.Count), r.Side.String(), r.Transport.Param(), r.Method)
	}
	for _, r := range came.Responses {
		code := strconv.Itoa(r.Code)
		if r.Code == 0 {
			code = strconv.Itoa(r.Class) + "xx"
		}
		f.responses.add(float64(r.Count), r.Side.String(), r.Method, code)
	}

	x := a.proxy.Transactions()
	f.transactions.add(float64(x.Open))
	f.begun.add(float64(x.Requests), "received")
	f.begun.add(float64(x.Originated), "own")
	f.retransmitted.add(float64(x.Retransmitted), "received")
	f.retransmitted.add(float64(x.Resent), "sent")
	f.failed.add(float64(x.TimedOut), "no_answer")
	f.failed.add(float64(x.Unacknowledged), "no_ack")
	f.failed.add(float64(x.Undelivered), "undelivered")
	f.refused.add(float64(x.Refused))
	f.memory.add(float64(x.BufferBytes))

	var t transport.Stats
	if a.stack != nil {
		t = a.stack.Stats()
	}
	for _, x := range []struct {
		name    string
		traffic transport.Traffic
	}{{"udp", t.UDP}, {"tcp", t.TCP}} {
		f.messages.add(float64(x.traffic.Received), x.name, "received")
		f.messages.add(float64(x.traffic.Sent), x.name, "sent")
		f.bytes.add(float64(x.traffic.ReceivedBytes), x.name, "received")
		f.bytes.add(float64(x.traffic.SentBytes), x.name, "sent")
	}
	f.connections.add(float64(t.Connections))
	f.opened.add(float64(t.Accepted), "accepted")
	f.opened.add(float64(t.Dialled), "dialled")
	f.opened.add(float64(t.DialFailed), "failed")
	for r := range transport.DropReasons {
		f.dropped.add(float64(t.Dropped[r]), r.String())
	}
	f.keepAlives.add(float64(t.KeepAlives))
	f.panics.add(float64(t.Panics + x.Panics))
}
