package cmsapi

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// documentError is a document that is not what was asked for.
type documentError struct{ detail string }

// Error says what is wrong with the document.
func (e *documentError) Error() string { return e.detail }

// unmarshal reads the document b, whose root element must be root, into v. It
// does not mind the order of elements, elements that it does not know, the
// declared encoding (the bytes are UTF-8 by now) or HTML's entities.
func unmarshal(b []byte, root string, v any) error {
	if len(bytes.TrimSpace(b)) == 0 {
		return &documentError{"an empty answer"}
	}
	if isHTML(b) {
		return &documentError{"HTML instead of XML"}
	}
	d := xml.NewDecoder(bytes.NewReader(b))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	d.Entity = xml.HTMLEntity
	start, err := rootElement(d)
	if err != nil {
		return err
	}
	if start.Name.Local != root {
		return &documentError{fmt.Sprintf("a document <%.40s> instead of <%s>", start.Name.Local, root)}
	}
	if err := d.DecodeElement(v, &start); err != nil {
		return broken(err)
	}
	return nil
}

// rootElement advances d to the first element.
func rootElement(d *xml.Decoder) (xml.StartElement, error) {
	for {
		t, err := d.Token()
		if err != nil {
			return xml.StartElement{}, broken(err)
		}
		if start, ok := t.(xml.StartElement); ok {
			return start, nil
		}
	}
}

// broken words an error of the XML reader.
func broken(err error) error {
	if s, ok := errors.AsType[*xml.SyntaxError](err); ok {
		if strings.HasPrefix(s.Msg, "unexpected EOF") {
			return &documentError{fmt.Sprintf("half a document: it ends in line %d inside an element", s.Line)}
		}
		return &documentError{fmt.Sprintf("broken XML in line %d", s.Line)}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &documentError{"no XML element"}
	}
	return &documentError{"broken XML"}
}

// isHTML reports whether b starts like a web page.
func isHTML(b []byte) bool {
	head := bytes.ToLower(bytes.TrimSpace(b[:min(len(b), 512)]))
	return bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html"))
}
