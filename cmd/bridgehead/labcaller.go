package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// callTimeout bounds the set-up and the end of one call.
const callTimeout = 5 * time.Second

// labOffer is what every caller of the lab offers: audio, and H.264 video of
// level 3.1 with at most 3600 macroblocks, which is 720p30.
const labOffer = `v=0
o=lab 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 20000 RTP/AVP 9
a=rtpmap:9 G722/8000
m=video 20002 RTP/AVP 97
a=rtpmap:97 H264/90000
a=fmtp:97 profile-level-id=42801F;max-fs=3600
`

// caller is the lab's own call control: one user agent on one UDP port of this
// machine, with as many calls as are asked for.
type caller struct {
	edge    string // where calls are sent, host:port
	ua      *sipgo.UserAgent
	client  *sipgo.Client
	dialogs *sipgo.DialogClientCache
	conn    *net.UDPConn
	served  sync.WaitGroup
}

// newCaller opens the port and answers what comes: BYE as the calls need it,
// and calls of the bridges with 480, since nobody is at home.
func newCaller() (*caller, error) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("the lab's caller has no port: %w", err)
	}
	c := &caller{conn: conn}
	if err := c.open(); err != nil {
		c.close()
		return nil, fmt.Errorf("the lab's caller: %w", err)
	}
	return c, nil
}

func (c *caller) open() error {
	quiet := slog.New(slog.DiscardHandler)
	var err error
	c.ua, err = sipgo.NewUA(sipgo.WithUserAgent("bridgehead-lab"), sipgo.WithUserAgentHostname(callerDomain),
		sipgo.WithUserAgentTransportLayerOptions(sip.WithTransportLayerLogger(quiet)),
		sipgo.WithUserAgentTransactionLayerOptions(sip.WithTransactionLayerLogger(quiet)))
	if err != nil {
		return err
	}
	server, err := sipgo.NewServer(c.ua, sipgo.WithServerLogger(quiet))
	if err != nil {
		return err
	}
	at := c.addr()
	c.client, err = sipgo.NewClient(c.ua, sipgo.WithClientLogger(quiet),
		sipgo.WithClientAddr(at.String()), sipgo.WithClientConnectionAddr(at.String()))
	if err != nil {
		return err
	}
	c.dialogs = sipgo.NewDialogClientCache(c.client, sip.ContactHeader{Address: c.contact()})
	server.OnBye(func(req *sip.Request, tx sip.ServerTransaction) {
		if err := c.dialogs.ReadBye(req, tx); err != nil {
			tx.Respond(sip.NewResponseFromRequest(req, 481, "Call/Transaction Does Not Exist", nil)) //nolint:errcheck // the peer asks again
		}
	})
	server.OnInvite(func(req *sip.Request, tx sip.ServerTransaction) {
		tx.Respond(sip.NewResponseFromRequest(req, 480, "Nobody Is At Home In The Lab", nil)) //nolint:errcheck // the peer asks again
	})
	c.served.Go(func() { server.ServeUDP(c.conn) }) //nolint:errcheck // it ends when the port is closed
	// sipgo sends from the port only once it has begun to read from it.
	for end := time.Now().Add(time.Second); ; time.Sleep(time.Millisecond) {
		if conn, err := c.ua.TransportLayer().GetConnection("udp", at.String()); err == nil && conn != nil {
			return nil
		}
		if time.Now().After(end) {
			return errors.New("its port does not begin to listen")
		}
	}
}

// callerDomain is where the lab's callers are at home.
const callerDomain = "example.com"

// addr is where the caller can be reached.
func (c *caller) addr() netip.AddrPort { return c.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

func (c *caller) contact() sip.Uri {
	at := c.addr()
	return sip.Uri{Scheme: "sip", User: "lab", Host: at.Addr().String(), Port: int(at.Port())}
}

// close forgets every call and gives the port back.
func (c *caller) close() {
	if c.ua != nil {
		c.ua.Close() //nolint:errcheck // it says that the port is closed twice
	}
	c.conn.Close() //nolint:errcheck // the same
	c.served.Wait()
}

// leg is one call of the lab.
type leg struct {
	name    string // of the caller, such as caller3
	session *sipgo.DialogClientSession
	callID  string
	status  int // final answer to the INVITE
	reason  string
}

func (l *leg) answered() bool { return l.status >= 200 && l.status <= 299 }

// call dials a user of the lab's domain and waits for the final answer. An
// error says that there was none; a refusal is a status.
func (c *caller) call(ctx context.Context, name, user string) (*leg, error) {
	ctx, cancel := impatient(ctx)
	defer cancel()
	req := sip.NewRequest(sip.INVITE, sip.Uri{Scheme: "sip", User: user, Host: labDomain})
	from := &sip.FromHeader{Address: sip.Uri{Scheme: "sip", User: name, Host: callerDomain}, Params: sip.NewParams()}
	from.Params.Add("tag", sip.GenerateTagN(16))
	req.AppendHeader(from)
	req.AppendHeader(&sip.ContactHeader{Address: c.contact()})
	req.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	req.SetBody([]byte(strings.ReplaceAll(labOffer, "\n", "\r\n")))
	req.SetTransport("UDP")
	req.SetDestination(c.edge)
	s, err := c.dialogs.WriteInvite(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("%s cannot call %s: %w", name, user, err)
	}
	l := &leg{name: name, session: s, callID: req.CallID().Value()}
	if err := s.WaitAnswer(ctx, sipgo.AnswerOptions{}); err != nil {
		s.Close() //nolint:errcheck // always nil
		var refused *sipgo.ErrDialogResponse
		if !errors.As(err, &refused) {
			return nil, fmt.Errorf("%s got no answer from %s: %w", name, user, err)
		}
		l.status, l.reason = refused.Res.StatusCode, refused.Res.Reason
		return l, nil
	}
	l.status, l.reason = s.InviteResponse.StatusCode, s.InviteResponse.Reason
	return l, s.Ack(ctx)
}

// impatient is ctx with callTimeout, for sipgo's WaitAnswer: whatever ends it
// gives the call up on the spot, without the half minute that a CANCEL may take.
func impatient(ctx context.Context) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	giveUp := func() { cancel(sipgo.WaitAnswerForceCancelErr) }
	late := time.AfterFunc(callTimeout, giveUp)
	ended := context.AfterFunc(ctx, giveUp)
	return out, func() { late.Stop(); ended(); giveUp() }
}

// hangUp ends an answered call.
func (c *caller) hangUp(ctx context.Context, l *leg) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if err := l.session.Bye(ctx); err != nil {
		return fmt.Errorf("%s cannot hang up: %w", l.name, err)
	}
	return nil
}
