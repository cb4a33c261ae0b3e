package sim

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
)

// knobs are what can be done to a bridge: turn gets the request and its body.
var knobs = []struct {
	method, name string
	turn         func(r *http.Request, b *Bridge, body string) (any, error)
}{
	{"PUT", "load", func(_ *http.Request, b *Bridge, body string) (any, error) {
		if body == "clear" {
			b.ClearLoad()
			return b.state(), nil
		}
		n, err := strconv.Atoi(body)
		if err != nil {
			return nil, errors.New("the body is load units, or clear")
		}
		b.SetLoad(n)
		return b.state(), nil
	}},
	{"PUT", "limits", func(_ *http.Request, b *Bridge, body string) (any, error) {
		l := b.Limits()
		if err := json.Unmarshal([]byte(body), &l); err != nil {
			return nil, err
		}
		b.SetLimits(l)
		return b.state(), nil
	}},
	{"PUT", "sip", func(_ *http.Request, b *Bridge, body string) (any, error) {
		m, err := ParseSIPMode(body)
		if err != nil {
			return nil, err
		}
		b.SetSIPMode(m)
		return b.state(), nil
	}},
	{"PUT", "api", func(r *http.Request, b *Bridge, body string) (any, error) {
		m, err := ParseAPIMode(body)
		if err != nil {
			return nil, err
		}
		if path := r.URL.Query().Get("path"); path != "" {
			b.SetAPIMode(m, path)
		} else {
			b.SetAPIMode(m)
		}
		return b.state(), nil
	}},
	{"PUT", "stop", func(_ *http.Request, b *Bridge, body string) (any, error) {
		parts, err := parseParts(body)
		if err != nil {
			return nil, err
		}
		err = b.Stop(parts)
		return b.state(), err
	}},
	{"PUT", "start", func(_ *http.Request, b *Bridge, body string) (any, error) {
		parts, err := parseParts(body)
		if err != nil {
			return nil, err
		}
		err = b.Start(parts)
		return b.state(), err
	}},
	{"POST", "dial", func(r *http.Request, b *Bridge, body string) (any, error) {
		var o DialOptions
		if err := json.Unmarshal([]byte(body), &o); err != nil {
			return nil, err
		}
		return b.Dial(r.Context(), o)
	}},
}

// parseParts reads "sip", "api" or "all".
func parseParts(s string) (Part, error) {
	switch s {
	case "sip":
		return PartSIP, nil
	case "api":
		return PartAPI, nil
	case "all":
		return PartSIP | PartAPI, nil
	}
	return 0, errors.New("the body is sip, api or all")
}
