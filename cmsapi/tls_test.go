package cmsapi

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// serveTLS starts a server with httptest's certificate, valid for 127.0.0.1 and
// example.com.
func serveTLS(t *testing.T) (s *httptest.Server, roots *x509.CertPool, pin []byte) {
	s = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<load><mediaProcessingLoad>5</mediaProcessingLoad></load>")
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	roots = x509.NewCertPool()
	roots.AddCert(s.Certificate())
	sum := sha256.Sum256(s.Certificate().Raw)
	return s, roots, sum[:]
}

func TestTrust(t *testing.T) {
	s, roots, pin := serveTLS(t)
	other := make([]byte, sha256.Size)
	fingerprint := "sha256:" + hex.EncodeToString(pin)
	// The certificate names 127.0.0.1, not 127.0.0.2, where the server is not;
	// localhost is not in it either.
	wrongName := strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	for name, c := range map[string]struct {
		url   string
		roots *x509.CertPool
		pin   []byte
		says  string
	}{
		"authority":                        {s.URL, roots, nil, ""},
		"pin":                              {s.URL, nil, pin, ""},
		"pin, whatever the name":           {wrongName, nil, pin, ""},
		"pin and authority":                {s.URL, roots, pin, ""},
		"the system's authorities":         {s.URL, nil, nil, fingerprint},
		"another authority":                {s.URL, x509.NewCertPool(), nil, fingerprint},
		"another pin":                      {s.URL, nil, other, "not the pinned one, its fingerprint is " + fingerprint},
		"authority, but another pin":       {s.URL, roots, other, "not the pinned one"},
		"pin, but another authority":       {s.URL, x509.NewCertPool(), pin, fingerprint},
		"authority, but for another name":  {wrongName, roots, nil, "localhost"},
		"pin and authority, another name ": {wrongName, roots, pin, "localhost"},
	} {
		t.Run(name, func(t *testing.T) {
			client := clientFor(t, c.url, func(o *ClientOptions) { o.Roots, o.Fingerprint = c.roots, c.pin })
			require.False(t, client.Insecure())
			if c.says == "" {
				_, err := client.Load(t.Context())
				require.NoError(t, err)
				return
			}
			e := fails(t, client)
			require.Equal(t, Untrusted, e.Kind, e.Error())
			require.Contains(t, e.Error(), c.says)
		})
	}
}

func TestSchemesMistaken(t *testing.T) {
	encrypted, _, pin := serveTLS(t)
	e := fails(t, clientFor(t, strings.Replace(encrypted.URL, "https", "http", 1)))
	require.Equal(t, Refused, e.Kind, "a TLS server answers plain HTTP with 400")

	open := serve(t, func(http.ResponseWriter, *http.Request) {})
	e = fails(t, clientFor(t, strings.Replace(open.URL, "http", "https", 1), func(o *ClientOptions) { o.Fingerprint = pin }))
	require.Equal(t, Unreachable, e.Kind)
	require.Contains(t, e.Error(), "speaks plain HTTP")
}
