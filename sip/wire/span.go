package wire

// Span is a half-open range of offsets, as a rule into Message.Bytes.
// The zero Span means absent where a type's comment says so.
type Span struct{ Start, End uint32 }

// Len is the number of bytes in the span.
func (s Span) Len() int { return int(s.End - s.Start) }

// Empty reports whether the span holds no byte.
func (s Span) Empty() bool { return s.End <= s.Start }

// Of returns the span's bytes in b, which must be what the span was made for. It does not copy.
func (s Span) Of(b []byte) []byte { return b[s.Start:s.End] }
