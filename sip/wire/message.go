package wire

// MaxHeaders is the largest number of header fields in one message; more is answered 400.
const MaxHeaders = 256

// Message is the index of one SIP message: what stands where, with no copy of any byte.
// It is filled by Parse and reused over Parse calls, so that the steady state allocates nothing.
// It is valid while Bytes is. It is not safe for concurrent use while Parse runs; reading is.
type Message struct {
	// Bytes is what was parsed, aliased, exactly one message: a datagram's bytes
	// beyond Content-Length are cut off.
	Bytes []byte
	// Method is the request's method; of a response, the method in its CSeq.
	Method Method
	// MethodName is the method as written in the request line; zero in responses.
	MethodName Span
	// RequestURI is the request's target as written; zero in responses.
	RequestURI Span
	// Status is the response code, 100 to 699; 0 in requests.
	Status int
	// Reason is the response's reason phrase, which may be empty; zero in requests.
	Reason Span
	// Headers is every header field in order.
	Headers []Header
	// Body is what follows the blank line.
	Body Span
	// CSeq is the sequence number, CSeqMethod the method beside it.
	CSeq       uint32
	CSeqMethod Span
	// MaxForwards is 0 to 255 (a larger figure is clamped), -1 when absent.
	MaxForwards int
	// ContentLength is the stated length of the body in bytes, -1 when absent.
	ContentLength int
	// Via is the top Via value.
	Via ViaValue
	// From, To, CallID and Contact are whole header values, Contact the first one's.
	// A zero span means absent.
	From, To, CallID, Contact Span
	// FromTag and ToTag are the tag parameters' values; a zero span means no tag.
	FromTag, ToTag Span

	seen    uint64 // bit per HeaderID that was met.
	tainted uint64 // bit per HeaderID whose fields an answer could not repeat whole and safely.
	viaCut  bool   // a comma behind the top Via value promises another one in vain.
	fault   fault  // the first one.
}

// IsRequest reports whether the message is a request.
func (m *Message) IsRequest() bool { return !m.MethodName.Empty() }

// Text returns the bytes of a span of this message. It does not copy.
func (m *Message) Text(s Span) []byte { return m.Bytes[s.Start:s.End] }

// Has reports whether a header with this id is present. It costs one bit test; id must not be Other.
func (m *Message) Has(id HeaderID) bool { return m.seen&(1<<id) != 0 }

// Get finds the first header with this id.
func (m *Message) Get(id HeaderID) (Header, bool) {
	if !m.Has(id) {
		return Header{}, false
	}
	for i := range m.Headers {
		if m.Headers[i].ID == id {
			return m.Headers[i], true
		}
	}
	return Header{}, false
}

// Answerable reports whether a response to this request can be built: top Via readable, CSeq present, nothing in them,
// in From, To, Call-ID or in any Via that would be dangerous to repeat, and no ACK. A request that lacks From, To or
// Call-ID is answered without: its sender knows the transaction by branch and CSeq.
// It is meaningful after Parse, also after one that failed.
func (m *Message) Answerable() bool {
	const repeated = 1<<Via | 1<<From | 1<<To | 1<<CallID | 1<<CSeq
	return m.IsRequest() && m.Method != ACK &&
		!m.Via.Host.Empty() && m.Has(CSeq) && m.tainted&repeated == 0
}
