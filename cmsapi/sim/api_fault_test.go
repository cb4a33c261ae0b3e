package sim

import (
	"context"
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAPIFaults(t *testing.T) {
	g := start(t, Options{})
	b := g.Bridge("cluster1")
	c := newClient(t, b)
	for mode, check := range map[string]func(res *http.Response, body string, err error){
		"401": func(res *http.Response, _ string, _ error) {
			require.Equal(t, 401, res.StatusCode)
			require.NotEmpty(t, res.Header.Get("WWW-Authenticate"))
		},
		"500": func(res *http.Response, _ string, _ error) { require.Equal(t, 500, res.StatusCode) },
		"503=9": func(res *http.Response, _ string, _ error) {
			require.Equal(t, 503, res.StatusCode)
			require.Equal(t, "9", res.Header.Get("Retry-After"))
		},
		"html": func(res *http.Response, body string, _ error) {
			require.Equal(t, 200, res.StatusCode)
			require.Contains(t, body, "Sign in")
			require.Error(t, xml.Unmarshal([]byte(body), new(struct{})))
		},
		"half": func(res *http.Response, body string, err error) {
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			require.Equal(t, 200, res.StatusCode)
			require.NotEmpty(t, body)
		},
		"corrupt": func(res *http.Response, body string, err error) {
			require.NoError(t, err)
			require.Equal(t, 200, res.StatusCode)
			require.Error(t, xml.Unmarshal([]byte(body), new(struct{})))
		},
		"close": func(_ *http.Response, _ string, err error) { require.Error(t, err) },
	} {
		m, err := ParseAPIMode(mode)
		require.NoError(t, err)
		require.Equal(t, mode, m.String())
		b.SetAPIMode(m)
		require.Equal(t, m, b.APIMode())
		check(c.try("GET", "system/load", nil))
	}

	b.SetAPIMode(APIMode{})
	b.SetAPIMode(APIMode{Kind: APIError}, "calls", "/system/Load/")
	for path, want := range map[string]int{"calls": 500, "calls/x": 500, "system/load": 500, "callLegs": 200, "system/status": 200} {
		status, _, _ := c.do("GET", path, nil)
		require.Equal(t, want, status, path)
	}
	b.SetAPIMode(APIMode{})
	require.Contains(t, c.get("system/load"), "<load>")

	b.SetAPIMode(APIMode{Kind: APISlow, Delay: 60 * time.Millisecond})
	begin := time.Now()
	c.get("system/load")
	require.GreaterOrEqual(t, time.Since(begin), 60*time.Millisecond)

	b.SetAPIMode(APIMode{Kind: APIHang})
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, "GET", b.APIURL()+"/api/v1/system/load", nil)
	require.NoError(t, err)
	before := len(b.APIRequests())
	done := async(func() error {
		res, err := c.http.Do(req)
		if err == nil {
			_ = res.Body.Close()
		}
		return err
	})
	until(t, g, "asked", func() bool { return len(b.APIRequests()) == before+1 })
	require.True(t, b.APIRequests()[before].End.IsZero())
	cancel()
	require.ErrorIs(t, hears(t, done), context.Canceled)
	until(t, g, "over", func() bool { return !b.APIRequests()[before].End.IsZero() })
	require.Zero(t, b.APIRequests()[before].Status)
}

func TestAPIHuge(t *testing.T) {
	g := start(t, Options{})
	b := g.Bridge("cluster1")
	b.SetAPIMode(APIMode{Kind: APIHuge})
	c := newClient(t, b)
	req, err := http.NewRequest("GET", b.APIURL()+"/api/v1/system/load", nil)
	require.NoError(t, err)
	res, err := c.http.Do(req)
	require.NoError(t, err)
	n, err := io.Copy(io.Discard, res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.GreaterOrEqual(t, n, int64(hugeDocument))
}

func TestAPIQuirks(t *testing.T) {
	g := start(t, Options{})
	b := g.Bridge("cluster1")
	c := newClient(t, b)
	b.SetQuirks(Quirks{Shuffle: true, Pad: true, British: true, TotalOff: 5})
	type cluster struct {
		Name  string `xml:"uniqueName"`
		Limit string `xml:"loadLimit"`
		BP    string `xml:"newConferenceLoadLimitBasisPoints"`
	}
	texts := make(map[string]bool)
	for range 20 {
		text := c.get("system/configuration/cluster")
		texts[text] = true
		var v cluster
		require.NoError(t, xml.Unmarshal([]byte(text), &v))
		require.Equal(t, "5000", strings.TrimSpace(v.BP))
		require.NotEqual(t, "5000", v.BP)
	}
	require.Greater(t, len(texts), 1)
	require.Contains(t, c.get("coSpaces"), `<coSpaces total="6">`)
	_, body, _ := c.do("GET", "nonsense", nil)
	require.Contains(t, body, "unrecognisedObject")
	b.SetLoadText(" lots ")
	require.Contains(t, c.get("system/load"), " lots ")
	b.SetLoadText("-1")
	b.SetQuirks(Quirks{})
	require.Equal(t, "<load><mediaProcessingLoad>-1</mediaProcessingLoad></load>", c.get("system/load"))
	require.Zero(t, b.Level())
}

func TestAPIRequestsAreCounted(t *testing.T) {
	at := time.Unix(1000, 0)
	ms := func(n int) time.Time { return at.Add(time.Duration(n) * time.Millisecond) }
	requests := []APIRequest{
		{Begin: ms(0), End: ms(10), Path: "system/load"},
		{Begin: ms(5), End: ms(20), Path: "calls/x"},
		{Begin: ms(20), End: ms(30), Path: "calls"},
		{Begin: ms(999), End: ms(1100), Path: "calls"},
		{Begin: ms(1000), Path: "callLegs"},
		{Begin: ms(1050), Path: "system/load"},
	}
	require.Equal(t, 4, PeakWithin(time.Second, requests, ""), "what began a second after the first does not count with it")
	require.Equal(t, 3, PeakWithin(time.Second, requests, "calls"))
	require.Equal(t, 1, PeakWithin(time.Second, requests, "system/load"))
	require.Equal(t, 3, PeakInFlight(requests, ""))
	require.Equal(t, 1, PeakInFlight(requests, "calls"))
	require.Zero(t, PeakInFlight(nil, ""))
}
