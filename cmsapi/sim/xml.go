package sim

import (
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// node is one element of an API document.
type node struct {
	name     string
	attrs    []string // name, value, name, value …
	text     string
	children []*node
}

// el makes an element of elements.
func el(name string, children ...*node) *node { return &node{name: name, children: children} }

// val makes an element with a text; with an empty one it is self-closing,
// which CMS uses for "unset".
func val(name string, value any) *node { return &node{name: name, text: fmt.Sprint(value)} }

// maybe makes an element only if the text is not empty.
func maybe(name, value string) *node {
	if value == "" {
		return nil
	}
	return val(name, value)
}

// attr adds an attribute.
func (n *node) attr(name string, value any) *node {
	n.attrs = append(n.attrs, name, fmt.Sprint(value))
	return n
}

// add adds elements, leaving out nil ones.
func (n *node) add(children ...*node) *node {
	n.children = append(n.children, children...)
	return n
}

// document writes n as CMS does, with the bridge's liberties.
func document(n *node, q Quirks) []byte {
	var out strings.Builder
	out.WriteString("<?xml version=\"1.0\"?>\n")
	n.write(&out, q)
	return []byte(out.String())
}

// write writes the element.
func (n *node) write(out *strings.Builder, q Quirks) {
	children := slices.DeleteFunc(slices.Clone(n.children), func(c *node) bool { return c == nil })
	if q.Shuffle {
		rand.Shuffle(len(children), func(i, j int) { children[i], children[j] = children[j], children[i] })
	}
	out.WriteString("<" + n.name)
	for i := 0; i < len(n.attrs); i += 2 {
		out.WriteString(" " + n.attrs[i] + "=\"")
		_ = xml.EscapeText(out, []byte(n.attrs[i+1]))
		out.WriteString("\"")
	}
	if n.text == "" && len(children) == 0 {
		out.WriteString("/>")
		return
	}
	out.WriteString(">")
	if n.text != "" {
		if q.Pad {
			out.WriteString("\n   ")
		}
		_ = xml.EscapeText(out, []byte(n.text))
		if q.Pad {
			out.WriteString(" \n")
		}
	}
	for _, c := range children {
		if q.Pad {
			out.WriteString("\n  ")
		}
		c.write(out, q)
	}
	out.WriteString("</" + n.name + ">")
}

// failure is the body of a refused request, one empty element per reason.
func failure(reasons ...string) *node {
	n := el("failureDetails")
	for _, r := range reasons {
		n.add(val(r, ""))
	}
	return n
}

// parameterError is the failure body of a bad parameter.
func parameterError(parameter, reason string) *node {
	return el("failureDetails", el("parameterError").attr("parameter", parameter).attr("error", reason))
}
