package cmsapi

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
)

// Error is why a request to a bridge's API gave nothing usable. Its text names
// the bridge and the path, says what happened and what the operator must do,
// and never holds a credential.
type Error struct {
	// Bridge is the bridge's name as the configuration has it.
	Bridge string
	// Method is the HTTP method, "" for GET.
	Method string
	// Path is the path of the URL that was asked, without query.
	Path string
	// Kind sorts the failure.
	Kind Kind
	// Status is the HTTP status, 0 when there was no answer.
	Status int
	// Reasons are the names of the elements of CMS's failureDetails body, for
	// example "callDoesNotExist".
	Reasons []string
	// RetryAfter is how long the bridge asks to be left alone, 0 if it says
	// nothing.
	RetryAfter time.Duration
	// Detail says what happened, for people.
	Detail string

	cause error
}

// Error returns "bridge: method path: what happened (kind): what to do".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Bridge)
	b.WriteString(": ")
	b.WriteString(cmp.Or(e.Method, "GET"))
	b.WriteString(" ")
	b.WriteString(e.Path)
	b.WriteString(": ")
	if e.Status != 0 && e.Kind != Malformed {
		b.WriteString("answered ")
		b.WriteString(strconv.Itoa(e.Status))
		if e.Detail != "" || len(e.Reasons) > 0 {
			b.WriteString(", ")
		}
	}
	b.WriteString(e.Detail)
	if len(e.Reasons) > 0 {
		if e.Detail != "" {
			b.WriteString(", ")
		}
		b.WriteString("reason ")
		b.WriteString(strings.Join(e.Reasons, " "))
	}
	b.WriteString(" (")
	b.WriteString(e.Kind.String())
	b.WriteString("): ")
	b.WriteString(e.Kind.remedy())
	return b.String()
}

// Unwrap returns the transport's or decoder's own error, nil if there is none.
func (e *Error) Unwrap() error { return e.cause }

// KindOf returns the kind of err: None for nil, the Kind of an *Error anywhere
// in its chain, Timeout for an expired context, else Malformed, since all that
// is left is our own judgement of a document.
func KindOf(err error) Kind {
	if err == nil {
		return None
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return Timeout
	}
	return Malformed
}
