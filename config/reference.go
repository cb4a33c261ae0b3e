package config

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// FieldDoc documents one field of the file.
type FieldDoc struct {
	Key     string // path, as policy.pollInterval or groups[].callBridges[].sip
	Meaning string // what it does and its unit
	Default string // "" when the field must be given
	Range   string // values that are accepted; "" for any
	Reload  string // what a change of it needs: "restart"
}

// Reference returns the documentation of every field, in the order of the
// contract: the tags of the structs, and the values of Default.
func Reference() []FieldDoc {
	c := Default()
	return referenceOf(reflect.ValueOf(c), "", nil)
}

// ReferenceMarkdown returns Reference as a Markdown table.
func ReferenceMarkdown() string {
	var b strings.Builder
	b.WriteString("| key | meaning | default | values | a change needs |\n|---|---|---|---|---|\n")
	cell := strings.NewReplacer("|", `\|`, "\n", " ")
	for _, f := range Reference() {
		standard := f.Default
		if standard == "" {
			standard = "must be given"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", f.Key, cell.Replace(f.Meaning), cell.Replace(standard), cell.Replace(f.Range), f.Reload)
	}
	return b.String()
}

// referenceOf appends the fields of a section and of the sections in it.
func referenceOf(section reflect.Value, path string, docs []FieldDoc) []FieldDoc {
	for _, f := range fieldsOf(section.Type()) {
		v, key := section.Field(f.index), join(path, f.key)
		if meaning := f.tag.Get("doc"); meaning != "" {
			docs = append(docs, FieldDoc{
				Key: key, Meaning: meaning, Default: f.defaultText(v), Range: f.rangeText(), Reload: f.reload(),
			})
		}
		switch {
		case f.isValue():
		case f.typ.Kind() == reflect.Struct:
			docs = referenceOf(v, key, docs)
		case f.typ.Kind() == reflect.Slice:
			entry := reflect.New(f.typ.Elem())
			setEntryDefaults(entry.Interface())
			if entry.Elem().Kind() == reflect.Struct && scalars[f.typ.Elem()] == nil {
				docs = referenceOf(entry.Elem(), key+"[]", docs)
			}
		}
	}
	return docs
}

// isValue reports whether the field is one value in the file.
func (f field) isValue() bool {
	_, ok := scalars[f.typ]
	return ok
}

// defaultText prints what the field is when the file does not give it; "" when
// it must.
func (f field) defaultText(v reflect.Value) string {
	if text := f.tag.Get("default"); text != "" {
		return text
	}
	switch x := v.Interface().(type) {
	case time.Duration:
		return formatDuration(x)
	case []Listener:
		var uris []string
		for _, l := range x {
			uris = append(uris, l.URI)
		}
		return strings.Join(uris, ", ")
	}
	switch {
	case strings.Contains(f.tag.Get("validate"), "required"), v.Kind() == reflect.Slice, v.IsZero() && v.Kind() == reflect.String:
		return ""
	case v.Kind() == reflect.Struct:
		return "{}"
	}
	return fmt.Sprint(v.Interface())
}

// reload says what a change of the field needs. Until a running edge can take
// over a new file, that is a restart for all of them.
func (f field) reload() string {
	if text := f.tag.Get("reload"); text != "" {
		return text
	}
	return "restart"
}
