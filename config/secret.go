package config

import "fmt"

// redacted is what every printed form of a Secret says.
const redacted = "<secret>"

// Secret is a password or key. It prints as <secret> in every form: fmt with any
// verb, JSON, YAML, text, zap. The value is behind a pointer so that a dump of a
// struct that holds one by an unexported field shows an address at most. Only
// Reveal gives it out. The zero value is the empty secret.
type Secret struct{ value *string }

// NewSecret wraps value.
func NewSecret(value string) Secret { return Secret{value: &value} }

// Reveal returns the secret itself, for the one place that must send or hash it.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Empty reports whether there is no secret.
func (s Secret) Empty() bool { return s.Reveal() == "" }

// String returns "<secret>".
func (s Secret) String() string { return redacted }

// GoString returns "<secret>".
func (s Secret) GoString() string { return redacted }

// Format writes "<secret>" whatever the verb, also those that would otherwise
// print the value with a complaint about its type.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalText returns "<secret>"; it serves JSON, YAML and zap as well.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
