package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-playground/validator/v10"
)

// validate checks every field by itself, by its validate tag.
func (d *document) validate(c *Config) {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(f reflect.StructField) string { return f.Tag.Get("yaml") })
	if err := v.RegisterValidation("name", func(l validator.FieldLevel) bool { return isName(l.Field().String()) }); err != nil {
		panic(err) // only a wrong tag name or a nil function: a fault of this package
	}
	err := v.Struct(c)
	var wrong validator.ValidationErrors
	if !errors.As(err, &wrong) {
		return
	}
	for _, e := range wrong {
		_, path, _ := strings.Cut(e.Namespace(), ".")
		if !d.broken(path) {
			d.invalid(path, e)
		}
	}
}

// invalid turns a failed rule into words: what is wrong and what is accepted.
func (d *document) invalid(path string, e validator.FieldError) {
	f, _ := fieldAt(reflect.TypeFor[Config](), path)
	if instead, ok := laterValues[pattern(path)][fmt.Sprint(e.Value())]; ok {
		d.fail(path, "%s%s", notAvailable(fmt.Sprint(e.Value())), instead)
		return
	}
	switch {
	case !d.given(path):
		d.missing(path, "add it ("+f.tag.Get("doc")+")")
	case e.Kind() == reflect.Slice && e.Tag() == "min", e.Tag() == "required":
		d.fail(path, "is empty; give it (%s)", f.tag.Get("doc"))
	case e.Kind() == reflect.Slice:
		d.fail(path, "has more than %s entries", e.Param())
	case e.Tag() == "name":
		d.fail(path, "%s: a name has 1–64 characters, no quotes, no line breaks and no blanks around it", quote(fmt.Sprint(e.Value())))
	case e.Tag() == "oneof":
		known := strings.Fields(e.Param())
		hint := "write " + strings.Join(known, ", ")
		if near := nearest(fmt.Sprint(e.Value()), known); near != "" {
			hint = "did you mean " + near + "?"
		}
		d.fail(path, "%s is not known; %s", quote(fmt.Sprint(e.Value())), hint)
	default:
		value := fmt.Sprint(e.Value())
		if t, ok := e.Value().(time.Duration); ok {
			value = formatDuration(t)
		}
		d.fail(path, "%s is out of range; write %s", value, f.rangeText())
	}
}

// isName reports whether s can name a system: it goes into log lines between
// quotes.
func isName(s string) bool {
	return s != "" && utf8.RuneCountInString(s) <= 64 && strings.TrimSpace(s) == s &&
		!strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == '\'' || r == '"' })
}

// fieldAt finds the field of a path, entries of lists by the field of their list.
func fieldAt(t reflect.Type, path string) (field, bool) {
	key, rest, more := strings.Cut(strings.ReplaceAll(pattern(path), "[]", ""), ".")
	f, ok := fieldByKey(t, key)
	if !ok || !more {
		return f, ok
	}
	inner := f.typ
	if inner.Kind() == reflect.Slice {
		inner = inner.Elem()
	}
	return fieldAt(inner, rest)
}

// rangeText says which values a field accepts, from its range tag, else from its
// validate tag; "" for any.
func (f field) rangeText() string {
	if text := f.tag.Get("range"); text != "" {
		return text
	}
	var low, high, above string
	for rule := range strings.SplitSeq(f.tag.Get("validate"), ",") {
		name, param, _ := strings.Cut(rule, "=")
		switch name {
		case "oneof":
			return strings.ReplaceAll(param, " ", " | ")
		case "min":
			low = param
		case "max":
			high = param
		case "gt":
			above = param
		}
	}
	kind := f.typ.Kind()
	switch {
	case kind == reflect.Slice && high != "":
		return low + "–" + high + " entries"
	case kind == reflect.Slice && low == "1":
		return "at least one"
	case kind == reflect.Bool:
		return "true | false"
	case above != "":
		return "above " + above + ", at most " + high
	case low != "" && high != "":
		return low + "–" + high
	case low != "":
		return low + " or more"
	}
	return ""
}
