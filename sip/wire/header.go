package wire

// HeaderID names a header field whose name is known, in its long or compact form.
type HeaderID uint8

// The header fields that are told apart; every other one is Other.
const (
	Other HeaderID = iota
	Via
	From
	To
	CallID
	CSeq
	MaxForwards
	Route
	RecordRoute
	Contact
	ContentLength
	ContentType
	ContentEncoding
	ContentDisposition
	ProxyRequire
	Require
	Supported
	Unsupported
	RetryAfter
	Warning
	Reason
	Expires
	UserAgent
	Server
	Allow
	AllowEvents
	Accept
	Replaces
	Join
	ReferTo
	ReferredBy
	Event
	SubscriptionState
	SessionID
	SessionExpires
	MinSE
	MaxBreadth
	RSeq
	RAck
	Timestamp
	Subject
	Identity
	PAssertedIdentity
	PPreferredIdentity
	Privacy
	RemotePartyID
	Diversion
	HistoryInfo
	Path
	Authorization
	ProxyAuthorization
	Date
	Organization
	CallInfo
	headerIDs
)

// Ids are bits of a mask of 64; this fails to compile with one too many.
var _ [64 - headerIDs]struct{}

var headerNames = [headerIDs]string{
	Via:                "Via",
	From:               "From",
	To:                 "To",
	CallID:             "Call-ID",
	CSeq:               "CSeq",
	MaxForwards:        "Max-Forwards",
	Route:              "Route",
	RecordRoute:        "Record-Route",
	Contact:            "Contact",
	ContentLength:      "Content-Length",
	ContentType:        "Content-Type",
	ContentEncoding:    "Content-Encoding",
	ContentDisposition: "Content-Disposition",
	ProxyRequire:       "Proxy-Require",
	Require:            "Require",
	Supported:          "Supported",
	Unsupported:        "Unsupported",
	RetryAfter:         "Retry-After",
	Warning:            "Warning",
	Reason:             "Reason",
	Expires:            "Expires",
	UserAgent:          "User-Agent",
	Server:             "Server",
	Allow:              "Allow",
	AllowEvents:        "Allow-Events",
	Accept:             "Accept",
	Replaces:           "Replaces",
	Join:               "Join",
	ReferTo:            "Refer-To",
	ReferredBy:         "Referred-By",
	Event:              "Event",
	SubscriptionState:  "Subscription-State",
	SessionID:          "Session-ID",
	SessionExpires:     "Session-Expires",
	MinSE:              "Min-SE",
	MaxBreadth:         "Max-Breadth",
	RSeq:               "RSeq",
	RAck:               "RAck",
	Timestamp:          "Timestamp",
	Subject:            "Subject",
	Identity:           "Identity",
	PAssertedIdentity:  "P-Asserted-Identity",
	PPreferredIdentity: "P-Preferred-Identity",
	Privacy:            "Privacy",
	RemotePartyID:      "Remote-Party-ID",
	Diversion:          "Diversion",
	HistoryInfo:        "History-Info",
	Path:               "Path",
	Authorization:      "Authorization",
	ProxyAuthorization: "Proxy-Authorization",
	Date:               "Date",
	Organization:       "Organization",
	CallInfo:           "Call-Info",
}

// String is the header's canonical long name; empty for Other.
func (id HeaderID) String() string {
	if id < headerIDs {
		return headerNames[id]
	}
	return ""
}

// Header is one header field of a message, as spans into Message.Bytes.
type Header struct {
	// ID tells what the name means, whatever its letter case or form.
	ID HeaderID
	// Line is the whole field with its folded lines and the last CRLF.
	Line Span
	// Name is the name as written, without blanks.
	Name Span
	// Value is the value as written, without the blanks around it; folds inside stay.
	Value Span
}
