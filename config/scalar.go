package config

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// text returns a single value as it is written, whatever YAML takes it for (a
// name may be 101), with ${NAME} expanded.
func (d *decoder) text(n ast.Node, path string) (string, bool) {
	var raw string
	switch n := n.(type) {
	case *ast.StringNode:
		raw = n.Value
	case *ast.LiteralNode:
		raw = n.Value.Value
	case ast.ScalarNode:
		raw = n.GetToken().Value
	default:
		d.fail(path, "must be one value, not a list or keys")
		return "", false
	}
	value, used, missing, malformed := expand(raw, d.environment)
	p := d.places[path]
	p.fromEnv = used
	d.places[path] = p
	switch {
	case len(missing) > 0:
		d.fail(path, "the environment variable %s is not set", strings.Join(missing, ", "))
	case malformed:
		d.fail(path, "has ${ that names no variable; write ${NAME}, or $${ for the characters themselves")
	default:
		return value, true
	}
	return "", false
}

// start returns the token where the text of n begins.
func start(n ast.Node) *token.Token {
	switch n := n.(type) {
	case *ast.MappingNode:
		if n.IsFlowStyle || len(n.Values) == 0 {
			return n.Start
		}
		return start(n.Values[0].Key)
	case *ast.MappingValueNode:
		return start(n.Key)
	case *ast.LiteralNode:
		return n.Start
	case nil:
		return nil
	}
	return n.GetToken()
}

// scalars decode types that are one value in the file.
var scalars = map[reflect.Type]func(reflect.Value, string) error{
	reflect.TypeFor[time.Duration](): func(v reflect.Value, s string) error { return set(v, s, parseDuration) },
	reflect.TypeFor[netip.Prefix]():  func(v reflect.Value, s string) error { return set(v, s, parseSource) },
	reflect.TypeFor[SIPURI]():        func(v reflect.Value, s string) error { return set(v, s, parseSIPURI) },
	reflect.TypeFor[Secret]():        func(v reflect.Value, s string) error { return set(v, s, parseSecret) },
}

// scalarKinds decode the plain kinds of Go.
var scalarKinds = map[reflect.Kind]func(reflect.Value, string) error{
	reflect.String: func(v reflect.Value, s string) error { return set(v, s, parseText) },
	reflect.Int:    func(v reflect.Value, s string) error { return set(v, s, parseInt) },
	reflect.Bool:   func(v reflect.Value, s string) error { return set(v, s, parseBool) },
}

func set[T any](v reflect.Value, s string, parse func(string) (T, error)) error {
	t, err := parse(s)
	if err == nil {
		v.Set(reflect.ValueOf(t).Convert(v.Type()))
	}
	return err
}

// parseText refuses what would break a log line or a header.
func parseText(s string) (string, error) {
	if strings.ContainsFunc(s, unicode.IsControl) {
		return "", errors.New("has a line break or control character; remove it")
	}
	return s, nil
}

func parseSecret(s string) (Secret, error) {
	if strings.ContainsFunc(s, unicode.IsControl) {
		return Secret{}, errors.New("has a line break or control character; remove it")
	}
	return NewSecret(s), nil
}

func parseInt(s string) (int, error) {
	n, err := strconv.ParseInt(s, 10, 32)
	if errors.Is(err, strconv.ErrRange) {
		return 0, fmt.Errorf("%s is too large", quote(s))
	}
	if err != nil {
		return 0, fmt.Errorf("%s is no whole number", quote(s))
	}
	return int(n), nil
}

func parseBool(s string) (bool, error) {
	if s != "true" && s != "false" {
		return false, fmt.Errorf("%s is neither true nor false", quote(s))
	}
	return s == "true", nil
}

func parseDuration(s string) (time.Duration, error) {
	if n, err := strconv.Atoi(s); err == nil && n != 0 {
		return 0, fmt.Errorf("%s has no unit; write %ds for seconds, %dms for milliseconds", quote(s), n, n)
	}
	t, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("%s is no time; write a number and its unit: 500ms, 10s, 5m, 1h", quote(s))
	}
	return t, nil
}

// formatDuration prints a time as people write it: 1m, not 1m0s, and 185s.
func formatDuration(t time.Duration) string {
	if t >= time.Minute && t%time.Minute != 0 && t%time.Second == 0 {
		return fmt.Sprintf("%ds", t/time.Second)
	}
	s := t.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// quote shows a value of the file in a message: bounded, with nothing that a
// terminal would obey and no credentials of a URI.
func quote(s string) string {
	s = maskUserInfo(unmark(s))
	if r := []rune(s); len(r) > 160 {
		s = string(r[:160]) + "…"
	}
	for _, r := range s {
		if !unicode.IsPrint(r) || unicode.IsSpace(r) {
			return strconv.Quote(s)
		}
	}
	if s == "" {
		return `""`
	}
	return s
}
