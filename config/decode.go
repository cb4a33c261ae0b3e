package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// maxNodes bounds how many values a file may have once its aliases are resolved.
const maxNodes = 100_000

// decoder puts a YAML tree onto the structs of a Config. Unlike the decoder of
// the YAML library it goes on after a mistake, so that all are reported at once,
// and it remembers the place of every field for the checks that follow.
type decoder struct {
	*document
	anchors map[string]ast.Node
	nodes   int
}

// custom is a type that reads itself from a value of the file.
type custom interface {
	decode(d *decoder, n ast.Node, path string)
}

// value decodes n into v, which stands at path. An empty value changes nothing:
// its default stays.
func (d *decoder) value(v reflect.Value, n ast.Node, path string) {
	n = d.resolve(n, path)
	if d.nodes++; n == nil || d.nodes > maxNodes {
		return
	}
	if c, ok := v.Addr().Interface().(custom); ok {
		c.decode(d, n, path)
		return
	}
	if decodeScalar, ok := scalars[v.Type()]; ok {
		if text, ok := d.text(n, path); ok {
			d.scalar(v, text, path, decodeScalar)
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.section(v, n, path)
	case reflect.Slice:
		d.list(v, n, path)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(v.Elem(), n, path)
	default:
		if text, ok := d.text(n, path); ok {
			d.scalar(v, text, path, scalarKinds[v.Kind()])
		}
	}
}

func (d *decoder) scalar(v reflect.Value, text, path string, decode func(reflect.Value, string) error) {
	if err := decode(v, text); err != nil {
		d.fail(path, "%v", err)
	}
}

// section decodes a mapping into a struct, whose yaml tags are its keys.
func (d *decoder) section(v reflect.Value, n ast.Node, path string) {
	m, ok := n.(ast.MapNode)
	if !ok && path == "" {
		d.syntax("the file must be keys and values, as policy: {mode: balance}", start(n))
		d.failed[""] = true
		return
	}
	if !ok {
		d.fail(path, "must be keys and values: {key: value}")
		return
	}
	seen := map[string]bool{}
	d.pairs(m, path, 0, func(keyNode ast.MapKeyNode, value ast.Node, merged bool) {
		key := unmark(keyNode.GetToken().Value)
		if seen[key] {
			if !merged {
				d.report(join(path, key), keyNode.GetToken(), key+" is given twice; keep one of them")
			}
			return
		}
		seen[key] = true
		f, ok := fieldByKey(v.Type(), key)
		if !ok {
			d.unknownKey(v.Type(), keyNode, path, key)
			return
		}
		at := join(path, f.key)
		resolved := d.resolve(value, at)
		if resolved == nil {
			return
		}
		if d.given(at) {
			d.report(at, keyNode.GetToken(), fmt.Sprintf("%s and %s mean the same; keep one of them", f.key, f.alias))
			return
		}
		d.places[at] = place{key: keyNode.GetToken(), value: start(value)}
		if key == f.alias {
			d.one(v.Field(f.index), resolved, at)
			return
		}
		d.value(v.Field(f.index), resolved, at)
	})
}

// pairs yields the keys and values of m, then those that << merges into it.
func (d *decoder) pairs(m ast.MapNode, path string, depth int, yield func(k ast.MapKeyNode, v ast.Node, merged bool)) {
	var merges []ast.Node
	for it := m.MapRange(); it.Next(); {
		if it.Key().IsMergeKey() {
			merges = append(merges, it.Value())
			continue
		}
		yield(it.Key(), it.Value(), depth > 0)
	}
	for _, n := range merges {
		merged, ok := d.resolve(n, path).(ast.MapNode)
		if d.nodes++; !ok || depth > 8 || d.nodes > maxNodes {
			d.report(path, start(n), "<< needs an alias of keys and values")
			return
		}
		d.pairs(merged, path, depth+1, yield)
	}
}

// unknownKey reports a key that the section does not have, or not yet.
func (d *decoder) unknownKey(t reflect.Type, keyNode ast.MapKeyNode, path, key string) {
	at := join(path, key)
	if instead, ok := laterKeys[pattern(at)]; ok {
		d.report(at, keyNode.GetToken(), notAvailable(key)+instead)
		return
	}
	var known []string
	for _, f := range fieldsOf(t) {
		known = append(known, f.key)
	}
	if len(known) == 0 {
		d.report(at, keyNode.GetToken(), notAvailable(quote(key))+"; remove it")
		return
	}
	hint := "known here: " + strings.Join(known, ", ")
	if near := nearest(key, known); near != "" {
		hint = "did you mean " + near + "?"
		d.failed[join(path, near)] = true // no word of near that is missing
	}
	d.report(at, keyNode.GetToken(), fmt.Sprintf("%s is no key of %s; %s", quote(key), sectionName(path), hint))
}

// list decodes a sequence into a slice. An entry that is wrong keeps its place,
// so that paths stay true.
func (d *decoder) list(v reflect.Value, n ast.Node, path string) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.fail(path, "must be a list: [one, two], or lines that begin with -")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, len(seq.Values)))
	for i, entry := range seq.Values {
		d.entry(v, entry, path+"["+strconv.Itoa(i)+"]")
	}
}

// one decodes a single value as a list of one: `uri` for `uris`.
func (d *decoder) one(v reflect.Value, n ast.Node, path string) {
	if _, ok := n.(ast.ScalarNode); !ok {
		d.fail(path, "must be one value; for more use the key in the plural")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, 1))
	d.entry(v, n, path+"[0]")
}

func (d *decoder) entry(list reflect.Value, n ast.Node, path string) {
	if d.nodes++; d.nodes > maxNodes {
		return
	}
	v := reflect.New(list.Type().Elem())
	setEntryDefaults(v.Interface())
	d.places[path] = place{value: start(n)}
	if resolved := d.resolve(n, path); resolved != nil {
		d.value(v.Elem(), resolved, path)
	} else if !d.broken(path) {
		d.fail(path, "has an empty entry; remove it")
	}
	list.Set(reflect.Append(list, v.Elem()))
}

// resolve follows anchors and aliases; nil for an empty value, and for an alias
// of nothing, which is reported.
func (d *decoder) resolve(n ast.Node, path string) ast.Node {
	for range 16 {
		switch x := n.(type) {
		case nil, *ast.NullNode:
			return nil
		case *ast.AnchorNode:
			n = x.Value
		case *ast.AliasNode:
			to, ok := d.anchors[x.Value.GetToken().Value]
			if !ok {
				d.failed[path] = true
				d.report(path, x.GetToken(), "*"+x.Value.GetToken().Value+" names no anchor above it")
				return nil
			}
			n = to
		case *ast.TagNode:
			d.failed[path] = true
			d.report(path, x.GetToken(), "YAML tags have no meaning here; remove "+x.GetToken().Value)
			return nil
		default:
			return n
		}
	}
	d.failed[path] = true
	d.report(path, start(n), "aliases go round in a circle")
	return nil
}

// Visit collects anchors; ast.Walk calls it.
func (d *decoder) Visit(n ast.Node) ast.Visitor {
	if a, ok := n.(*ast.AnchorNode); ok {
		d.anchors[a.Name.GetToken().Value] = a.Value
	}
	return d
}

// field is one key of a section.
type field struct {
	key, alias string
	index      int
	tag        reflect.StructTag
	typ        reflect.Type
}

// fieldsOf returns the keys of a section, in the order of its struct.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		if key := f.Tag.Get("yaml"); key != "" && key != "-" {
			fields = append(fields, field{key: key, alias: f.Tag.Get("alias"), index: i, tag: f.Tag, typ: f.Type})
		}
	}
	return fields
}

func fieldByKey(t reflect.Type, key string) (field, bool) {
	fields := fieldsOf(t)
	i := slices.IndexFunc(fields, func(f field) bool { return f.key == key || f.alias != "" && f.alias == key })
	if i < 0 {
		return field{}, false
	}
	return fields[i], true
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// sectionName names a section in messages.
func sectionName(path string) string {
	if path == "" {
		return "the file"
	}
	return pattern(path)
}
