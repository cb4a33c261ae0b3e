package sim

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestControl(t *testing.T) {
	g := start(t, Options{Control: "127.0.0.1:0"}, "cluster1", "cluster2")
	b := g.Bridge("cluster1")
	http1 := &http.Client{Transport: &http.Transport{}, Timeout: patience}
	t.Cleanup(http1.CloseIdleConnections)
	do := func(method, path, body string) (int, string) {
		t.Helper()
		req, err := http.NewRequest(method, g.ControlURL()+path, strings.NewReader(body))
		require.NoError(t, err)
		res, err := http1.Do(req)
		require.NoError(t, err)
		defer func() { _ = res.Body.Close() }()
		text, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return res.StatusCode, string(text)
	}
	good := func(method, path, body string) string {
		t.Helper()
		status, text := do(method, path, body)
		require.Less(t, status, 300, text)
		return text
	}

	good("PUT", "bridges/cluster1/load", "700")
	require.Equal(t, 700, b.Load())
	good("PUT", "bridges/cluster1/load", "clear\n")
	require.Zero(t, b.Load())
	good("PUT", "bridges/Cluster1/limits", `{"LoadLimit": 5000}`)
	require.Equal(t, Limits{LoadLimit: 5000, NewBP: 5000, ExistingBP: 8000}, b.Limits())
	good("PUT", "bridges/cluster1/sip", "slow=10ms")
	require.Equal(t, SIPMode{Kind: SIPSlow, Delay: 10 * time.Millisecond}, b.SIPMode())
	good("PUT", "bridges/cluster1/sip", "ringforever")
	good("PUT", "bridges/cluster1/api?path=calls", "500")
	require.Equal(t, APIMode{}, b.APIMode())
	require.Equal(t, 500, func() int { status, _, _ := newClient(t, b).do("GET", "calls", nil); return status }())
	good("PUT", "bridges/cluster1/api", "hang")
	require.Equal(t, APIMode{Kind: APIHang}, b.APIMode())

	var states []bridgeState
	require.NoError(t, json.Unmarshal([]byte(good("GET", "bridges", "")), &states))
	require.Len(t, states, 2)
	require.Equal(t, "hang", states[0].APIMode)
	require.Equal(t, "ringforever", states[0].SIPMode)
	var state bridgeState
	require.NoError(t, json.Unmarshal([]byte(good("GET", "bridges/cluster2", "")), &state))
	require.Equal(t, g.Bridge("cluster2").SIPAddr(), state.SIP)

	p := newPeer(t, "UDP", b)
	c := p.newCall(roomURI(b))
	c.send("INVITE")
	p.expect(180)
	good("POST", "calls/"+c.id+"/answer", "")
	c.toTag = p.expect(200).tag("to")
	c.ack()
	until(t, g, "connected", func() bool { return b.Calls()[0].State == StateConnected })
	reinvite := async(func() error { good("POST", "calls/"+c.id+"/reinvite", ""); return nil })
	p.reply(p.expect("INVITE"), 200)
	p.expect("ACK")
	require.NoError(t, hears(t, reinvite))
	update := async(func() error { good("POST", "calls/"+c.id+"/update", ""); return nil })
	p.reply(p.expect("UPDATE"), 200)
	require.NoError(t, hears(t, update))
	var calls []Call
	require.NoError(t, json.Unmarshal([]byte(good("GET", "calls?active=true", "")), &calls))
	require.Len(t, calls, 1)
	require.Equal(t, c.id, calls[0].CallID)
	hangup := async(func() error { good("DELETE", "calls/"+calls[0].Leg, ""); return nil })
	p.reply(p.expect("BYE"), 200)
	require.NoError(t, hears(t, hangup))
	require.Equal(t, "[]\n", good("GET", "calls?active=true", ""))
	require.Contains(t, good("GET", "calls/"+c.id, ""), `"State": "ended"`)

	p = newPeer(t, "UDP", g.Bridge("cluster2"))
	dial := async(func() error {
		good("POST", "bridges/cluster2/dial", `{"To": "sip:bob@example.com", "Proxy": "sip:`+p.local+`"}`)
		return nil
	})
	p.reply(p.expect("INVITE"), 200)
	p.expect("ACK")
	require.NoError(t, hears(t, dial))

	good("PUT", "bridges/cluster2/stop", "all")
	require.Nil(t, g.Bridge("cluster2").sip)
	good("PUT", "bridges/cluster2/start", "sip")
	good("PUT", "bridges/cluster2/start", "api")
	good("PUT", "bridges/cluster2/stop", "sip")
	good("PUT", "bridges/cluster2/start", "all")

	for _, bad := range [][3]string{
		{"PUT", "bridges/cluster1/load", "much"},
		{"PUT", "bridges/cluster1/sip", "odd"},
		{"PUT", "bridges/cluster1/api", "odd"},
		{"PUT", "bridges/cluster1/limits", "odd"},
		{"PUT", "bridges/cluster1/stop", "odd"},
		{"PUT", "bridges/cluster1/start", "odd"},
		{"POST", "bridges/cluster1/dial", "odd"},
		{"POST", "bridges/cluster1/dial", `{"To": "mailto:x"}`},
		{"PUT", "bridges/nobody/load", "1"},
		{"GET", "bridges/nobody", ""},
		{"GET", "calls/nobody", ""},
		{"DELETE", "calls/" + c.id, ""},
		{"PATCH", "calls", ""},
	} {
		status, text := do(bad[0], bad[1], bad[2])
		require.GreaterOrEqual(t, status, 400, "%v: %s", bad, text)
	}
}

func TestModesReadWhatTheyWrite(t *testing.T) {
	for _, s := range []string{"ok", "busy", "decline", "reject=480", "unavailable=5", "silent", "slow=1.5s", "trying", "ringforever", "answeroncancel"} {
		m, err := ParseSIPMode(" " + s + " ")
		require.NoError(t, err)
		require.Equal(t, s, m.String())
	}
	for _, s := range []string{"ok", "401", "500", "503=5", "html", "half", "huge", "hang", "slow=2s", "corrupt", "close"} {
		m, err := ParseAPIMode(s)
		require.NoError(t, err)
		require.Equal(t, s, m.String())
	}
	for _, s := range []string{"BUSY!", "busy=1", "reject", "reject=200", "unavailable=soon", "slow", "slow=-1s", "ok=1"} {
		_, err := ParseSIPMode(s)
		require.Error(t, err, s)
	}
	for _, s := range []string{"404", "401=1", "503=x", "slow=x"} {
		_, err := ParseAPIMode(s)
		require.Error(t, err, s)
	}
}
