package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/cmsapi/sim"
)

// leaks are the forms in which a secret could show itself.
func leaks(user, password, key string) map[string]string {
	return map[string]string{
		"the password":               password,
		"the password in hex":        hex.EncodeToString([]byte(password)),
		"the password in base64":     strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(password)), "="),
		"the credentials in base64":  base64.StdEncoding.EncodeToString([]byte(user + ":" + password)),
		"the route key":              key,
		"the route key in hex":       hex.EncodeToString([]byte(key)),
		"the route key in base64":    strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(key)), "="),
		"the URI with credentials":   user + ":" + password,
		"the route key, upper case":  strings.ToUpper(key),
		"half of the route key":      key[:len(key)/2],
		"the password, in quoted Go": strings.Trim(fmt.Sprintf("%q", password), `"`),
	}
}

// TestSecretsAreNeverPrinted searches everything that an edge and its commands
// say for the password and the route key: log at debug, the whole API, metrics,
// SIP answers, every command, in good times and in bad ones.
func TestSecretsAreNeverPrinted(t *testing.T) {
	t.Parallel()
	for _, own := range []bool{true, false} {
		t.Run(map[bool]string{true: "configured key", false: "key in stateDir"}[own], func(t *testing.T) {
			t.Parallel()
			const password, key = "hunter2-api#password", "hunter2-route-key-of-this-site"
			lines := []string{"policy: {pollInterval: 100ms, apiBudget: 60}", "log: {format: json, level: debug}"}
			s := newSite(t, sim.BridgeOptions{LoadLimit: 5000, Password: password}, lines...)
			dir := filepath.Dir(s.config)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "password"), []byte(password+"\n"), 0o600))
			secret := key
			if own {
				text, err := os.ReadFile(s.config)
				require.NoError(t, err)
				text = []byte(strings.Replace(string(text), "sip: {", "sip: {routeKeys: ["+key+"], ", 1))
				require.NoError(t, os.WriteFile(s.config, text, 0o600))
			}
			p, server := startEdge(t, s)
			if !own {
				b, err := os.ReadFile(filepath.Join(dir, "state", "route.key"))
				require.NoError(t, err)
				secret = strings.TrimSpace(string(b))
			}

			said := map[string]string{"SIP": invite(t, p, "alice")}
			for _, mode := range []sim.APIMode{{Kind: sim.APIOK}, {Kind: sim.APIUnauthorized}, {Kind: sim.APIHTML}, {Kind: sim.APIClose}} {
				s.Bridge("cluster2").SetAPIMode(mode)
				if mode.Kind != sim.APIOK {
					require.Eventually(t, func() bool {
						return strings.Contains(execute(t, "bridge", "show", "cluster2", "--server", server).stdout, "failed")
					}, testPatience, 20*time.Millisecond)
				}
				listen(t, said, s, server, mode.String())
			}
			require.NoError(t, os.WriteFile(s.config, []byte("groups: [{name: x, callBridges: [{password: "+password+", passwort: "+password+"}]}]\nsip: {routeKeys: ["+key[:12]+"]}\n"), 0o600))
			require.NoError(t, p.cmd.Process.Signal(syscall.SIGHUP))
			p.stdout.await(t, "the file has errors", p.done)
			said["check of a broken file"] = fmt.Sprintf("%+v", execute(t, "check", "-c", s.config))
			require.Equal(t, exitGood, p.end(t, syscall.SIGTERM))
			said["the log"], said["standard error"] = p.stdout.String(), p.stderr.String()
			require.Contains(t, said["the log"], `"level":"debug"`)

			for what, text := range said {
				require.NotEmpty(t, what)
				for form, secret := range leaks("admin", password, secret) {
					require.NotContains(t, text, secret, "%s shows %s", what, form)
				}
				require.NotContains(t, text, "hunter2", what)
			}
		})
	}
}

// listen adds what the API and the commands say.
func listen(t *testing.T, said map[string]string, s *site, server, when string) {
	t.Helper()
	client := &http.Client{Timeout: testPatience, Transport: &http.Transport{DisableKeepAlives: true}}
	fetch := func(method, path, body string) []byte {
		req, err := http.NewRequestWithContext(t.Context(), method, "http://"+server+path, strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/json")
		res, err := client.Do(req)
		require.NoError(t, err)
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NotEqual(t, http.StatusNotFound, res.StatusCode, path)
		said[when+": "+method+" "+path] = fmt.Sprint(res.Header) + string(b)
		return b
	}
	var doc struct {
		Paths map[string]map[string]any
	}
	require.NoError(t, json.Unmarshal(fetch(http.MethodGet, "/api/v1/openapi.json", ""), &doc))
	fill := strings.NewReplacer("{id}", "1", "{name}", "cluster1")
	for path, methods := range doc.Paths {
		for method := range methods {
			query := ""
			if strings.HasSuffix(path, "/explain") && method == "get" {
				query = "?to=room@meet.example.com"
			}
			body := map[string]string{"put": `{"state":"ready"}`, "post": `{"to":"room@meet.example.com"}`}[method]
			fetch(strings.ToUpper(method), fill.Replace(path)+query, body)
		}
	}
	require.Contains(t, doc.Paths, "/metrics")
	for _, args := range [][]string{
		{"status"}, {"bridge", "list"}, {"bridge", "show", "cluster2"}, {"bridge", "ready", "cluster1"}, {"conference", "list"},
		{"check", "--online", "-c", s.config}, {"explain", "--to", "room@meet.example.com"}, {"version"},
	} {
		forms := []string{"table", "json", "csv"}
		if args[0] == "explain" {
			forms = []string{"text", "json", "cmslog"}
		}
		for _, form := range forms {
			full := slices.Clone(args)
			if args[0] != "version" {
				full = append(full, "-o", form)
			}
			if args[0] != "check" && args[0] != "version" {
				full = append(full, "--server", server)
			}
			said[when+": "+strings.Join(full, " ")] = fmt.Sprintf("%+v", execute(t, full...))
		}
	}
	said[when+": explain -c"] = fmt.Sprintf("%+v", execute(t, "explain", "--to", "room@meet.example.com", "-c", s.config))
}

// invite calls the edge once and returns all that it answers, up to a success.
func invite(t *testing.T, p *program, caller string) string {
	t.Helper()
	var to string
	for line := range strings.SplitSeq(p.stdout.String(), "\n") {
		var entry struct{ Msg, Transport, Address string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "listening" && entry.Transport == "udp" {
			to = entry.Address
		}
	}
	conn, err := net.Dial("udp", to)
	require.NoError(t, err)
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "INVITE sip:room@meet.example.com SIP/2.0\r\nVia: SIP/2.0/UDP %[1]s;branch=z9hG4bKsecret\r\nMax-Forwards: 70\r\n"+
		"From: <sip:%[2]s@example.com>;tag=1\r\nTo: <sip:room@meet.example.com>\r\nCall-ID: secrets@test\r\nCSeq: 1 INVITE\r\n"+
		"Contact: <sip:%[2]s@%[1]s>\r\nContent-Length: 0\r\n\r\n", conn.LocalAddr(), caller)
	require.NoError(t, err)
	var all strings.Builder
	buf := make([]byte, 65536)
	for {
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(testPatience)))
		n, err := conn.Read(buf)
		require.NoError(t, err, all.String())
		all.Write(buf[:n])
		if n > 12 && string(buf[:9]) == "SIP/2.0 2" {
			return all.String()
		}
	}
}

// TestRedactedLog keeps a caller's number out of the log, at any level, and
// leaves it to the operators at the admin API.
func TestRedactedLog(t *testing.T) {
	t.Parallel()
	const number = "+442071234567"
	for mode, seen := range map[string]bool{"none": true, "numbers": false} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, sim.BridgeOptions{LoadLimit: 5000}, "policy: {pollInterval: 100ms, apiBudget: 60}", "log: {format: json, level: debug, redact: "+mode+"}")
			p, server := startEdge(t, s)
			invite(t, p, number)
			p.stdout.await(t, `"msg":"call"`, p.done)
			said := make(map[string]string)
			listen(t, said, s, server, "now")
			require.Contains(t, said["now: GET /api/v1/decisions"], number)
			require.Equal(t, exitGood, p.end(t, syscall.SIGTERM))
			require.Equal(t, seen, strings.Contains(p.stdout.String(), number[1:]))
			require.Equal(t, !seen, strings.Contains(p.stdout.String(), "+xxxxxxxxxx67"))
		})
	}
}
