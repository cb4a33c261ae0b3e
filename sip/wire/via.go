package wire

// RPortState tells how a Via value carries the rport parameter (RFC 3581).
type RPortState uint8

// The forms of rport: no parameter, a bare one, one with a value.
const (
	RPortAbsent RPortState = iota
	RPortEmpty
	RPortFilled
)

// ViaValue is one Via value, read (RFC 3261 section 20.42). Spans point into Message.Bytes;
// a zero span means absent.
type ViaValue struct {
	// Value is the whole value without blanks around it; Header the index of its field.
	Value  Span
	Header int
	// Transport is meaningful when KnownTransport is true.
	Transport      Transport
	KnownTransport bool
	// SentBy is host and port as written, Host without the port (IPv6 with its brackets),
	// Port 0 when absent.
	SentBy, Host Span
	Port         uint16
	// Branch, Received and Maddr are the values of these parameters.
	Branch, Received, Maddr Span
	// RPort tells the form of rport, RPortValue its port when filled with a valid one,
	// RPortSpan where the parameter stands, from its name to the end of its value.
	RPort      RPortState
	RPortValue uint16
	RPortSpan  Span
	// Magic tells that the branch begins with the cookie of RFC 3261, "z9hG4bK".
	Magic bool
	// Last tells that no other Via value follows in the message.
	Last bool
}
