package config

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestReferenceIsComplete wants every key of the file documented once.
func TestReferenceIsComplete(t *testing.T) {
	docs := map[string]FieldDoc{}
	for _, f := range Reference() {
		require.NotContains(t, docs, f.Key, "documented twice")
		require.NotEmpty(t, f.Meaning, f.Key)
		require.Equal(t, "restart", f.Reload, f.Key)
		docs[f.Key] = f
	}
	var walk func(typ reflect.Type, path string)
	walk = func(typ reflect.Type, path string) {
		for _, f := range fieldsOf(typ) {
			key := join(path, f.key)
			inner := f.typ
			if inner.Kind() == reflect.Slice {
				key, inner = key+"[]", inner.Elem()
			}
			if inner.Kind() == reflect.Struct && scalars[inner] == nil && inner.NumField() > 0 {
				walk(inner, key)
				continue
			}
			require.Contains(t, docs, strings.TrimSuffix(key, "[]"), "no doc tag")
		}
	}
	walk(reflect.TypeFor[Config](), "")
}

// TestReferenceShowsDefaults compares the table with what a file gets that gives
// nothing.
func TestReferenceShowsDefaults(t *testing.T) {
	want := map[string]FieldDoc{
		"policy.pollInterval":          {Default: "1s", Range: "100ms–60s"},
		"policy.reject.exhausted":      {Default: "488", Range: "400–699"},
		"policy.landing":               {Default: "group", Range: "group | native | only"},
		"callControl[].landing":        {Default: "policy.landing", Range: "group | native | only"},
		"callControl[].reject.gateway": {Default: "policy.reject.gateway", Range: "400–699"},
		"policy.optionsWhenFull":       {Default: "200", Range: "200 | 503"},
		"policy.uriQueryWait":          {Default: "300ms", Range: "0s–2s"},
		"log.redact":                   {Default: "none", Range: "none | numbers"},
		"policy.costs.1080p":           {Default: "2000", Range: "0–1000000"},
		"sip.timers.timerC":            {Default: "185s", Range: "above 3m, at most 1h"},
		"sip.listen":                   {Default: "udp://0.0.0.0:5060, tcp://0.0.0.0:5060", Range: "udp://ADDRESS:PORT | tcp://ADDRESS:PORT"},
		"admin.listen":                 {Default: "127.0.0.1:9495", Range: "127.0.0.1:PORT | [::1]:PORT | localhost:PORT"},
		"groups[].delivery":            {Default: "forward", Range: "forward"},
		"groups[].callBridges":         {Default: "", Range: "1–24 entries"},
		"groups[].callBridges[].sip":   {Default: "", Range: "sip:HOST[:PORT][;transport=udp|tcp]"},
		"routes[].requestURI":          {Default: "domain", Range: "domain | bridge | keep"},
		"callControl[].kind":           {Default: "other", Range: "cucm | expressway | lync | other"},
		"policy.options.interval":      {Default: "10s", Range: "1s–10m"},
		"routes[].default":             {Default: "false", Range: "true | false"},
	}
	for _, f := range Reference() {
		if w, ok := want[f.Key]; ok {
			require.Equal(t, w, FieldDoc{Default: f.Default, Range: f.Range}, f.Key)
			delete(want, f.Key)
		}
	}
	require.Empty(t, want)
}

func TestReferenceMarkdown(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(ReferenceMarkdown(), "\n"), "\n")
	require.Len(t, lines, len(Reference())+2)
	for _, line := range lines {
		require.Equal(t, 6, strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"), line)
	}
}

// TestDefaultIsValid shows that no default breaks a rule that the file must keep.
func TestDefaultIsValid(t *testing.T) {
	c := site(t, "")
	require.Equal(t, 3, len(c.Routes)+len(c.Groups)+len(c.CallControl))
	for _, d := range []struct {
		t    time.Duration
		want string
	}{
		{0, "0s"}, {time.Minute, "1m"}, {time.Hour, "1h"}, {90 * time.Second, "90s"}, {185 * time.Second, "185s"},
		{1500 * time.Millisecond, "1.5s"}, {90 * time.Minute, "1h30m"}, {25 * time.Hour, "25h"}, {10 * time.Minute, "10m"},
	} {
		require.Equal(t, d.want, formatDuration(d.t))
	}
}
