package cmsapi

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const password = "Tr0ub4dor-and-3"

// base64Credentials is "api:" + password as Basic authentication sends it.
const base64Credentials = "YXBpOlRyMHViNGRvci1hbmQtMw=="

type plain string

func (p plain) Reveal() string { return string(p) }

// hush fails the test if text holds a credential.
func hush(t testing.TB, text string) {
	t.Helper()
	require.NotContains(t, text, password)
	require.NotContains(t, text, base64Credentials)
}

// serve starts a server with h for the time of the test.
func serve(t testing.TB, h http.HandlerFunc) *httptest.Server {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// clientFor returns a client of the bridge "cluster1" at url.
func clientFor(t testing.TB, url string, change ...func(*ClientOptions)) *Client {
	t.Helper()
	o := ClientOptions{Name: "cluster1", API: url, Username: "api", Password: plain(password), Timeout: 5 * time.Second}
	for _, f := range change {
		f(&o)
	}
	hush(t, fmt.Sprintf("%s %d", o.API, o.Timeout))
	c, err := NewClient(o)
	require.NoError(t, err)
	t.Cleanup(c.CloseIdle)
	return c
}

// fails asks c for the load and returns the error, which must name the bridge,
// the path and a remedy, and no credential.
func fails(t testing.TB, c *Client) *Error {
	t.Helper()
	_, err := c.Load(t.Context())
	require.Error(t, err)
	var e *Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, e.Kind, KindOf(fmt.Errorf("wrapped: %w", err)))
	require.True(t, strings.HasPrefix(err.Error(), "cluster1: GET /api/v1/system/load: "), err.Error())
	require.Contains(t, err.Error(), "("+e.Kind.String()+"): "+e.Kind.remedy())
	require.NotEmpty(t, e.Kind.remedy())
	hush(t, err.Error())
	hush(t, fmt.Sprintf("%+v", *e))
	return e
}

func TestRequest(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		user, pass, ok := r.BasicAuth()
		if !ok || user != "api" || pass != password {
			w.Header().Set("WWW-Authenticate", `Basic realm="acano"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Connection", "close")
		w.Header().Set("Content-Type", "text/xml")
		switch r.Method + " " + r.RequestURI {
		case "GET /api/v1/system/load":
			fmt.Fprint(w, "<load><mediaProcessingLoad>12</mediaProcessingLoad></load>")
		case "GET /api/v1/calls?limit=50&offset=8":
			fmt.Fprint(w, `<calls total="8"/>`)
		case "GET /api/v1/calls/..%2Fsystem%3Fx":
			fmt.Fprint(w, "<call><numParticipantsLocal>1</numParticipantsLocal></call>")
		default:
			t.Errorf("asked %s %s", r.Method, r.RequestURI)
		}
	})
	for _, api := range []string{s.URL, s.URL + "/", s.URL + "/api/v1", s.URL + "/api/v1/"} {
		c := clientFor(t, api)
		require.True(t, c.Insecure())
		require.Equal(t, s.URL+"/api/v1", c.URL())
		for range 3 { // the server closes each connection
			load, err := c.Load(t.Context())
			require.NoError(t, err)
			require.Equal(t, 12, load)
		}
		_, err := c.calls(t.Context(), 8)
		require.NoError(t, err)
		d, err := c.call(t.Context(), "../system?x")
		require.NoError(t, err)
		require.Equal(t, 1, d.local)
	}
	e := fails(t, clientFor(t, s.URL, func(o *ClientOptions) { o.Username = "nobody" }))
	require.Equal(t, Auth, e.Kind)
	require.Equal(t, http.StatusUnauthorized, e.Status)
}

func TestAddressesThatAreNone(t *testing.T) {
	for _, api := range []string{
		"", "10.0.1.11:445", "ftp://10.0.1.11", "https://", "https://:445", "https://api:" + password + "@10.0.1.11",
		"https://10.0.1.11/?x=1", "https://10.0.1.11/#x", "https://%zz:" + password + "@10.0.1.11",
	} {
		_, err := NewClient(ClientOptions{Name: "cluster1", API: api})
		require.ErrorContains(t, err, "cluster1: api: ", api)
		hush(t, err.Error())
	}
	_, err := NewClient(ClientOptions{Name: "cluster1", API: "https://10.0.1.11", Fingerprint: []byte("short")})
	require.ErrorContains(t, err, "fingerprint")
}

func TestAnswersThatAreNone(t *testing.T) {
	write := func(status int, body string, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	failure := func(reason string) string { return "<failureDetails><" + reason + "/></failureDetails>" }
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		kind   Kind
		says   string
	}{
		"401":                 {write(401, ""), Auth, "answered 401 (auth)"},
		"403":                 {write(403, ""), Auth, "answered 403 (auth)"},
		"404":                 {write(404, ""), Gone, "answered 404 (gone)"},
		"400 and gone":        {write(400, failure("callDoesNotExist")), Gone, "reason callDoesNotExist"},
		"400 and unknown":     {write(400, failure("unrecognisedObject")), Gone, "unrecognisedObject"},
		"400, American":       {write(400, failure("unrecognizedObject")), Gone, "unrecognizedObject"},
		"400":                 {write(400, failure("parameterError")), Refused, "answered 400, reason parameterError (refused)"},
		"429":                 {write(429, ""), Busy, "answered 429 (busy)"},
		"500":                 {write(500, "<html>oops</html>"), Refused, "answered 500 (refused)"},
		"500, no database":    {write(500, failure("databaseNotReady")), Busy, "databaseNotReady"},
		"503":                 {write(503, "", "Retry-After", "7"), Busy, "answered 503 (busy)"},
		"204":                 {write(204, ""), Refused, "answered 204"},
		"HTML":                {write(200, "<html><body>Web Admin</body></html>"), Malformed, "HTML instead of XML (malformed)"},
		"nothing":             {write(200, ""), Malformed, "an empty answer"},
		"half a document":     {write(200, "<load><mediaProcessingLoad>12"), Malformed, "half a document"},
		"less than announced": {write(200, "<load>", "Content-Length", "500"), Malformed, "half an answer"},
		"nonsense":            {write(200, "<load><mediaProcessingLoad>-3</mediaProcessingLoad></load>"), Malformed, "outside"},
		"echo in a reason":    {write(400, failure(strings.ReplaceAll(password, "-", ""))), Refused, "400"},
		"echo in the root":    {write(200, "<"+password+"/>"), Malformed, "<secret>"},
		"echo in a value":     {write(200, "<load><mediaProcessingLoad>"+base64Credentials+"</mediaProcessingLoad></load>"), Malformed, "<secret>"},
		"echo in a redirect":  {write(302, "", "Location", "https://"+password+".example.com/"), Refused, "<secret>"},
		"nowhere":             {write(302, ""), Refused, "redirect to nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int32
			s := serve(t, func(w http.ResponseWriter, r *http.Request) { asked.Add(1); c.answer(w, r) })
			e := fails(t, clientFor(t, s.URL))
			require.Equal(t, c.kind, e.Kind, e.Error())
			require.Contains(t, e.Error(), c.says)
			require.EqualValues(t, 1, asked.Load(), "an answer is an answer, and not asked for again")
			if name == "503" {
				require.Equal(t, 7*time.Second, e.RetryAfter)
			}
		})
	}
}

// TestEndlessBodies reads answers that are too large or never end: the client
// stops by itself, long before its timeout.
func TestEndlessBodies(t *testing.T) {
	const huge = 100 << 20
	blank := strings.Repeat(" ", 64<<10)
	for name, announced := range map[string]bool{"100 MB announced": true, "endless": false} {
		t.Run(name, func(t *testing.T) {
			var sent atomic.Int64
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if announced {
					w.Header().Set("Content-Length", fmt.Sprint(huge))
				}
				for sent.Load() < huge {
					n, err := io.WriteString(w, blank)
					if sent.Add(int64(n)); err != nil {
						return
					}
				}
			})
			e := fails(t, clientFor(t, s.URL))
			require.Equal(t, Malformed, e.Kind)
			require.Contains(t, e.Error(), "larger than 4194304 bytes")
			s.CloseClientConnections()
			require.Less(t, sent.Load(), int64(huge))
		})
	}
}

func TestSilence(t *testing.T) {
	release := make(chan struct{})
	for name, h := range map[string]http.HandlerFunc{
		"before the answer": func(http.ResponseWriter, *http.Request) { <-release },
		"inside the answer": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "<load>")
			w.(http.Flusher).Flush()
			<-release
		},
	} {
		s := serve(t, h)
		e := fails(t, clientFor(t, s.URL, func(o *ClientOptions) { o.Timeout = 50 * time.Millisecond }))
		require.Equal(t, Timeout, e.Kind, name)
	}
	close(release)
}

func TestNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	e := fails(t, clientFor(t, "http://"+l.Addr().String()))
	require.Equal(t, Unreachable, e.Kind)
	require.Contains(t, e.Error(), "connection refused")
}

// talk starts a server that accepts connections and hands them to say.
func talk(t *testing.T, say func(net.Conn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			say(c)
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

func TestNotHTTP(t *testing.T) {
	addr := talk(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 4096))
		fmt.Fprint(c, "220 mail.example.com ESMTP "+password+"\r\n")
	})
	e := fails(t, clientFor(t, "http://"+addr))
	require.Equal(t, Malformed, e.Kind)
	require.Contains(t, e.Error(), "not HTTP")
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "5": 5 * time.Second, " 5 ": 5 * time.Second, "-5": 0, "soon": 0, "99999999999999": 0,
		"Mon, 02 Mar 2026 10:00:30 GMT": 30 * time.Second, "Mon, 02 Mar 2026 09:00:00 GMT": 0,
	} {
		require.Equal(t, want, retryAfter(header, now), header)
	}
}

func TestCancelledRequest(t *testing.T) {
	entered := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) { close(entered); <-r.Context().Done() })
	go func() { <-entered; cancel() }()
	_, err := clientFor(t, s.URL).Load(ctx)
	require.ErrorIs(t, err, context.Canceled)
}
