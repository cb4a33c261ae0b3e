package wire

// Edits is a list of changes to one message: everything not named in it is passed on byte for byte.
// The zero value is ready. It has a fixed capacity and allocates nothing.
// Texts given to it are kept by reference until Apply. It is not safe for concurrent use.
type Edits struct{}

// Reset forgets all edits.
func (e *Edits) Reset() {}

// Insert puts text before the byte at offset at. Several inserts at one place keep the order of the calls.
func (e *Edits) Insert(at uint32, text []byte) {}

// Replace puts text in place of s.
func (e *Edits) Replace(s Span, text []byte) {}

// Delete removes s.
func (e *Edits) Delete(s Span) {}

// Apply appends src with the edits to dst. It reports false, with dst as it was, when edits overlap, leave src, or were too many.
func (e *Edits) Apply(dst, src []byte) ([]byte, bool) { return append(dst, src...), true }
