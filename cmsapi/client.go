package cmsapi

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Secret is a password that shows itself only when asked by name, so that no
// printed options can leak it.
type Secret interface {
	// Reveal returns the password.
	Reveal() string
}

// ClientOptions say how to reach the API of one bridge.
type ClientOptions struct {
	// Name is the bridge's name, for errors. Required.
	Name string
	// API is the Web Admin address: https://host[:port] or http://host[:port].
	// A trailing /api/v1 is allowed. Required.
	API string
	// Username and Password log in by HTTP Basic authentication.
	Username string
	Password Secret
	// Roots are the authorities that may sign the bridge's certificate; nil
	// trusts the system's.
	Roots *x509.CertPool
	// Fingerprint is the SHA-256 sum (32 bytes) of the bridge's own
	// certificate; with it, and no Roots, no authority is asked. Empty pins
	// nothing.
	Fingerprint []byte
	// Timeout bounds one request, body included, whatever the context allows;
	// default 10 s.
	Timeout time.Duration
	// MaxBody is the largest answer read, in bytes; default 4 MiB.
	MaxBody int64
	// Transport carries the requests in place of real connections; nil means
	// TCP and TLS. Roots and Fingerprint do not apply to it.
	Transport http.RoundTripper
}

const (
	apiPrefix      = "/api/v1"
	defaultTimeout = 10 * time.Second
	defaultMaxBody = 4 << 20
)

// Client asks the API of one bridge. Its methods block until the answer, their
// context or the client's timeout; they return an *Error. It is safe for
// concurrent use.
type Client struct {
	name     string
	base     string
	username string
	reveal   func() string // not the password itself, so that no dump shows it
	timeout  time.Duration
	maxBody  int64
	http     *retryablehttp.Client
}

// NewClient checks o and returns a client. It asks the bridge nothing.
func NewClient(o ClientOptions) (*Client, error) {
	base, err := parseAPI(o.API)
	if err != nil {
		return nil, fmt.Errorf("%s: api: %w", o.Name, err)
	}
	rt := o.Transport
	if rt == nil {
		t, err := tlsConfig(o.Roots, o.Fingerprint)
		if err != nil {
			return nil, fmt.Errorf("%s: tls: %w", o.Name, err)
		}
		rt = newTransport(t)
	}
	reveal := func() string { return "" }
	if o.Password != nil {
		reveal = o.Password.Reveal
	}
	return &Client{
		name:     o.Name,
		base:     base.String(),
		username: o.Username,
		reveal:   reveal,
		timeout:  cmp.Or(o.Timeout, defaultTimeout),
		maxBody:  cmp.Or(o.MaxBody, defaultMaxBody),
		http:     newRetrying(rt),
	}, nil
}

// parseAPI reads the address of a Web Admin. Its errors never repeat the
// address, which somebody may have written with a password in it.
func parseAPI(api string) (*url.URL, error) {
	u, err := url.Parse(api)
	switch {
	case err != nil:
		return nil, errors.New("is no URL; write https://host:port")
	case u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "":
		return nil, errors.New("is no Web Admin address; write https://host:port")
	case u.User != nil:
		return nil, errors.New("holds a user; write username and password beside it")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("holds a query; write https://host:port alone")
	}
	u.Path = strings.TrimSuffix(strings.TrimRight(u.Path, "/"), apiPrefix) + apiPrefix
	u.RawPath = ""
	return u, nil
}

// Name returns the bridge's name.
func (c *Client) Name() string { return c.name }

// URL returns the address of the API, which never holds a credential.
func (c *Client) URL() string { return c.base }

// Insecure reports whether the password and every answer travel in clear.
func (c *Client) Insecure() bool { return strings.HasPrefix(c.base, "http:") }

// CloseIdle closes connections that no request uses. A client needs no other
// end.
func (c *Client) CloseIdle() { c.http.HTTPClient.CloseIdleConnections() }

// fetch asks c for path and decodes what comes.
func fetch[T any](ctx context.Context, c *Client, path string, query url.Values, decode func([]byte) (T, error)) (T, error) {
	b, err := c.get(ctx, path, query)
	if err != nil {
		var none T
		return none, err
	}
	v, err := decode(b)
	if err != nil {
		return v, c.failed(apiPrefix+path, err)
	}
	return v, nil
}

// get asks for path (escaped, below the API's prefix) and returns the cleaned body of a
// successful answer.
func (c *Client) get(ctx context.Context, path string, query url.Values) ([]byte, error) {
	address := path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return c.send(ctx, http.MethodGet, path, address, nil)
}

// post sends form to path, for questions that CMS takes that way.
func (c *Client) post(ctx context.Context, path string, form url.Values) ([]byte, error) {
	return c.send(ctx, http.MethodPost, path, path, []byte(form.Encode()))
}

// send does one request to address, which is path with its query, and returns
// the cleaned body of a successful answer.
func (c *Client) send(ctx context.Context, method, path, address string, form []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(traced(ctx), c.timeout)
	defer cancel()
	var content any // nil itself where there is no form: a nil slice would be a body
	if form != nil {
		content = form
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, method, c.base+address, content)
	if err != nil {
		return nil, c.failed(apiPrefix+path, err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("Accept", "text/xml, application/xml")
	req.Header.Set("User-Agent", "bridgehead")
	req.SetBasicAuth(c.username, c.reveal())
	resp, err := c.http.Do(req)
	if err != nil {
		if resp != nil {
			resp.Body.Close()
		}
		return nil, c.failed(apiPrefix+path, err)
	}
	defer resp.Body.Close()
	body, err := readBody(resp, c.maxBody)
	if resp.StatusCode != http.StatusOK {
		return nil, c.refused(apiPrefix+path, resp, body)
	}
	if err != nil {
		return nil, c.failed(apiPrefix+path, err)
	}
	return body, nil
}
