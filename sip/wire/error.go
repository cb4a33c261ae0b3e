package wire

import "strconv"

// Error is a fault in a message. Values are shared and must not be changed.
type Error struct {
	// Status is the response code that the fault deserves: 400, 505 or 513.
	// 0 means drop in silence: a faulty response, a faulty ACK, or no SIP at all.
	Status int
	// Reason is a short text, fit for the reason phrase of a response and for a log.
	Reason string
}

// Error gives status and reason in one line.
func (e *Error) Error() string {
	if e.Status == 0 {
		return "sip: " + e.Reason
	}
	return "sip: " + strconv.Itoa(e.Status) + " " + e.Reason
}

// fault is an index into the two tables below: an error costs no allocation, however much garbage comes in.
type fault uint8

const (
	faultNone fault = iota
	faultNotSIP
	faultStartLine
	faultRequestURI
	faultVersion
	faultControl
	faultNoBlankLine
	faultHeaderName
	faultTooManyHeaders
	faultTooLarge
	faultDuplicateFrom
	faultDuplicateTo
	faultDuplicateCallID
	faultDuplicateCSeq
	faultDuplicateMaxForwards
	faultDuplicateContentLength
	faultDuplicateContentType
	faultMissingVia
	faultMissingFrom
	faultMissingTo
	faultMissingCallID
	faultMissingCSeq
	faultMissingContentLength
	faultVia
	faultFrom
	faultTo
	faultCallID
	faultCSeq
	faultCSeqMethod
	faultMaxForwards
	faultContentLength
	faultBodyShort
	faultURI
	faultNameAddr
	faults
)

// answers holds each fault with the code that a request deserves for it. It is never written after start.
var answers = [faults]Error{
	faultNotSIP:                 {0, "Not a SIP message"},
	faultStartLine:              {400, "Malformed start line"},
	faultRequestURI:             {400, "Malformed Request-URI"},
	faultVersion:                {505, "Version Not Supported"},
	faultControl:                {400, "Bare CR, LF or NUL in the header section"},
	faultNoBlankLine:            {400, "Header section has no end"},
	faultHeaderName:             {400, "Malformed header field"},
	faultTooManyHeaders:         {400, "Too many header fields"},
	faultTooLarge:               {513, "Message Too Large"},
	faultDuplicateFrom:          {400, "More than one From"},
	faultDuplicateTo:            {400, "More than one To"},
	faultDuplicateCallID:        {400, "More than one Call-ID"},
	faultDuplicateCSeq:          {400, "More than one CSeq"},
	faultDuplicateMaxForwards:   {400, "More than one Max-Forwards"},
	faultDuplicateContentLength: {400, "More than one Content-Length"},
	faultDuplicateContentType:   {400, "More than one Content-Type"},
	faultMissingVia:             {400, "Missing Via"},
	faultMissingFrom:            {400, "Missing From"},
	faultMissingTo:              {400, "Missing To"},
	faultMissingCallID:          {400, "Missing Call-ID"},
	faultMissingCSeq:            {400, "Missing CSeq"},
	faultMissingContentLength:   {400, "Missing Content-Length"},
	faultVia:                    {400, "Malformed Via"},
	faultFrom:                   {400, "Malformed From"},
	faultTo:                     {400, "Malformed To"},
	faultCallID:                 {400, "Malformed Call-ID"},
	faultCSeq:                   {400, "Malformed CSeq"},
	faultCSeqMethod:             {400, "CSeq method does not match the request"},
	faultMaxForwards:            {400, "Malformed Max-Forwards"},
	faultContentLength:          {400, "Malformed Content-Length"},
	faultBodyShort:              {400, "Body shorter than Content-Length"},
	faultURI:                    {400, "Malformed URI"},
	faultNameAddr:               {400, "Malformed address"},
}

// silences holds the same faults for messages that must not be answered.
var silences = func() (s [faults]Error) {
	for i := range answers {
		s[i].Reason = answers[i].Reason
	}
	return s
}()

// answer is the fault as an error for a request; nil for faultNone.
func (f fault) answer() error {
	if f == faultNone {
		return nil
	}
	return &answers[f]
}

// silence is the fault as an error that nobody is told of; nil for faultNone.
func (f fault) silence() error {
	if f == faultNone {
		return nil
	}
	return &silences[f]
}
