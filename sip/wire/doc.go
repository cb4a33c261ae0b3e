// Package wire reads and edits SIP messages as bytes.
//
// A message is indexed in one pass and never copied into a model of its own: what a proxy does not have to touch
// leaves exactly as it came.
package wire

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
