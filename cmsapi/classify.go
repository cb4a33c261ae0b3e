package cmsapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// failed words err, which kept path from giving a usable document.
func (c *Client) failed(path string, err error) *Error {
	e := &Error{Bridge: c.name, Path: path, cause: err}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // drops the URL, which e names already
	}
	e.Kind, e.Detail = classify(err)
	e.Detail = c.scrub(e.Detail)
	return e
}

// classify sorts what the connection, the TLS layer or the reader said.
func classify(err error) (Kind, string) {
	var (
		document *documentError
		pin      *fingerprintError
		alert    tls.AlertError
		network  *net.OpError
		name     *net.DNSError
	)
	switch {
	case errors.As(err, &document):
		return Malformed, document.detail
	case errors.As(err, &pin):
		return Untrusted, pin.Error()
	case untrusted(err):
		detail := err.Error()
		if seen := seenFingerprint(err); seen != "" {
			detail += "; the certificate shown has the fingerprint " + seen
		}
		return Untrusted, detail
	case errors.As(err, &alert):
		return Untrusted, "the bridge ends the TLS handshake: " + alert.Error()
	case errors.Is(err, http.ErrSchemeMismatch):
		return Unreachable, "api says https, but that port speaks plain HTTP"
	case isTimeout(err):
		return Timeout, "no whole answer in time"
	case errors.As(err, &name):
		return Unreachable, "the name " + name.Name + " does not resolve: " + name.Err
	case errors.Is(err, syscall.ECONNREFUSED):
		return Unreachable, "nothing listens there: connection refused"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return Malformed, "half an answer: the connection ended inside it"
	case closedUnderUs(err):
		return Unreachable, "the connection was closed without an answer"
	case errors.As(err, &network):
		return Unreachable, network.Error()
	case strings.Contains(err.Error(), "malformed HTTP"), strings.Contains(err.Error(), "malformed MIME"):
		return Malformed, "the answer is not HTTP"
	default:
		return Unreachable, err.Error()
	}
}

// untrusted reports whether the bridge's certificate did not verify.
func untrusted(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		host         x509.HostnameError
		invalid      x509.CertificateInvalidError
	)
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &invalid)
}

// isTimeout reports whether time ran out, ours or the network's.
func isTimeout(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	t, ok := errors.AsType[net.Error](err)
	return ok && t.Timeout()
}

// refused words an answer that is not success.
func (c *Client) refused(path string, resp *http.Response, body []byte) *Error {
	e := &Error{Bridge: c.name, Path: path, Kind: Refused, Status: resp.StatusCode}
	for _, reason := range decodeFailure(body) {
		e.Reasons = append(e.Reasons, c.scrub(reason))
	}
	switch s := resp.StatusCode; {
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		e.Kind = Auth
	case s == http.StatusTooManyRequests, s == http.StatusServiceUnavailable, slices.Contains(e.Reasons, "databaseNotReady"):
		e.Kind = Busy
		e.RetryAfter = retryAfter(resp.Header.Get("Retry-After"), time.Now())
	case s == http.StatusNotFound, s == http.StatusGone, slices.ContainsFunc(e.Reasons, meansGone):
		e.Kind = Gone
	case s >= 300 && s < 400:
		e.Detail = c.scrub("a redirect to " + redirectTarget(resp))
	}
	return e
}

// meansGone reports whether a failure reason says that the object is not there.
// Both spellings of unrecognizedObject are met in the field.
func meansGone(reason string) bool {
	return strings.HasSuffix(reason, "DoesNotExist") || strings.EqualFold(reason, "unrecognizedObject") ||
		strings.EqualFold(reason, "unrecognisedObject")
}

// redirectTarget is scheme and host of where the answer points, no more: the
// rest may be long, and may repeat what we sent.
func redirectTarget(resp *http.Response) string {
	u, err := resp.Location()
	if err != nil {
		return "nowhere"
	}
	return u.Scheme + "://" + u.Host
}

// retryAfter reads a Retry-After header (RFC 9110 section 10.2.3): seconds or a
// date. Anything else, and the past, is 0.
func retryAfter(header string, now time.Time) time.Duration {
	if n, err := strconv.ParseUint(strings.TrimSpace(header), 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if t, err := http.ParseTime(header); err == nil {
		return max(0, t.Sub(now))
	}
	return 0
}

// scrub takes our credentials out of a text in which a bridge's own words may
// stand: an odd server repeats what it was sent.
func (c *Client) scrub(s string) string {
	password := c.reveal()
	if password == "" {
		return s
	}
	s = strings.ReplaceAll(s, base64.StdEncoding.EncodeToString([]byte(c.username+":"+password)), "<secret>")
	return strings.ReplaceAll(s, password, "<secret>")
}
