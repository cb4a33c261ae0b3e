package cmsapi

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"syscall"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

const (
	maxConnections = 8 // more than there are endpoints, so that one that hangs holds up no other
	maxHeader      = 64 << 10
	maxRedirects   = 3
)

// newTransport returns a round tripper with bounds on everything that a bridge
// could draw out. It ignores proxies of the environment: a Web Admin is reached
// directly or not at all. Compression is off, so that a small answer cannot grow.
func newTransport(t *tls.Config) *http.Transport {
	return &http.Transport{
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:        t,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxConnsPerHost:        maxConnections,
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: maxHeader,
		DisableCompression:     true,
	}
}

// newRetrying wraps rt so that a request whose connection the bridge closed
// under it is sent once more, at once: CMS closes connections as it likes. Any
// other failure is left to the next poll. What the library would do by default
// (waits of seconds, Retry-After without bound, retries of POST, loss of the
// last answer) is replaced.
func newRetrying(rt http.RoundTripper) *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient: &http.Client{Transport: rt, CheckRedirect: checkRedirect},
		RetryMax:   1,
		CheckRetry: func(ctx context.Context, _ *http.Response, err error) (bool, error) {
			return err != nil && ctx.Err() == nil && closedUnderUs(err) && ledgerOf(ctx).retry(), nil
		},
		Backoff:      func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return 0 },
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
}

// closedUnderUs reports whether the connection ended after the request was sent
// and before an answer came.
func closedUnderUs(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// checkRedirect follows a redirect inside the same scheme, host and port only:
// anywhere else the credentials would go to somebody whom nobody named.
func checkRedirect(next *http.Request, via []*http.Request) error {
	first := via[0].URL
	same := next.URL.Scheme == first.Scheme && next.URL.Host == first.Host && next.URL.User == nil
	if !same || len(via) > maxRedirects || !ledgerOf(next.Context()).pay() {
		return http.ErrUseLastResponse
	}
	return nil
}

// ledger keeps count of what one call really puts on the wire, since a retry, a
// redirect, or net/http's own second try on a connection that died idle all cost
// the bridge as much as a request that was planned.
type ledger struct {
	spend   func() bool // takes one more request from the budget, false if there is none
	charge  func()      // books one that was made without asking
	paid    int
	sent    int
	retried bool
}

type ledgerKey struct{}

// unmetered serves calls outside a budget.
var unmetered = ledger{spend: func() bool { return true }, charge: func() {}, paid: 1}

// withLedger returns ctx with a ledger on spend and charge, the first request
// paid for.
func withLedger(ctx context.Context, spend func() bool, charge func()) context.Context {
	return context.WithValue(ctx, ledgerKey{}, ledger{spend: spend, charge: charge, paid: 1})
}

// traced returns ctx with a fresh ledger that watches connections being taken.
func traced(ctx context.Context) context.Context {
	l, ok := ctx.Value(ledgerKey{}).(ledger)
	if !ok {
		l = unmetered
	}
	p := &l
	ctx = context.WithValue(ctx, activeKey{}, p)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GetConn: func(string) { p.took() }})
}

type activeKey struct{}

// ledgerOf returns the ledger of the call that ctx belongs to.
func ledgerOf(ctx context.Context) *ledger { return ctx.Value(activeKey{}).(*ledger) }

// pay takes one more request from the budget.
func (l *ledger) pay() bool {
	if !l.spend() {
		return false
	}
	l.paid++
	return true
}

// retry pays for the one retry that a call may have.
func (l *ledger) retry() bool {
	if l.retried || !l.pay() {
		return false
	}
	l.retried = true
	return true
}

// took notes that a request is about to go out.
func (l *ledger) took() {
	if l.sent++; l.sent > l.paid {
		l.paid++
		l.charge()
	}
}
