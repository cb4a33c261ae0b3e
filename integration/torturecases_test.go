package integration

// The host names of RFC 4475 that the edge takes for its own: a name that it goes
// by, the name of its bridge, and domains of its route.
const (
	tortureEdge   = "services.example.com"
	tortureBridge = "chair-dnrc.example.com"
)

var tortureDomains = []string{"example.com", "example.net", "example.org", "company.com"}

// Edits of several messages.
var (
	// asOptions makes of a REGISTER, which ends here, what goes on.
	asOptions = []string{"REGISTER sip:example.com ", "OPTIONS sip:user@example.com ", " REGISTER\r\n", " OPTIONS\r\n"}
	// throughUs points a Route at the edge; what arrives has it no more.
	throughUs = []string{"<sip:127.0.0.1:5080>", "<sip:" + tortureEdge + ">"}
)

// tortures are the messages of RFC 4475, as they are and, where that ends here by
// a rule of the edge which the message is not about, once more past that rule.
var tortures = []ordeal{
	// Section 3.1.1: valid messages.
	{name: "wsinv", owes: passed, why: "blanks and folds wherever they may stand are none of a proxy's business", out: []string{"Route:\r\n <sip:services.example.com;lr;unknownwith=value;unknown-no-value>\r\n", ""}},
	{name: "intmeth", owes: dropped, why: "valid, but for some NUL ends a line (ADR 0005), and an answer would repeat it"},
	{name: "intmeth, BEL for NUL", edit: []string{"\x00", "\x07"}, owes: passed, why: "an unknown method and every odd character that the grammar has"},
	{name: "esc01", owes: passed, why: "escapes stay as they are"},
	{name: "escnull", owes: 405, why: "no registrar; escaped NUL is text"},
	{name: "escnull, as OPTIONS", edit: asOptions, owes: passed, why: "escaped NUL is text"},
	{name: "esc02, of a bridge", up: true, owes: passed, why: "an escape in a method or a header name means nothing: not REGISTER, not Contact"},
	{name: "esc02", owes: 404, edit: []string{"sip:registrar.example.com ", "sip:example.com "}, why: "the unknown method names nobody here"},
	{name: "lwsdisp", owes: passed, why: "no blank between display name and bracket"},
	{name: "longreq", owes: passed, why: "long values, 34 Vias, compact and odd names"},
	{name: "dblreq", owes: 405, why: "no registrar; what follows the first message of a datagram is none"},
	{name: "semiuri", owes: passed, why: "a semicolon in the user part"},
	{name: "transports", owes: passed, why: "transports that nobody knows in lower Vias"},
	{name: "mpart01", owes: 403, why: "a new request with a Route past this hop: no open relay"},
	{name: "mpart01, routed to the edge", alone: true, edit: throughUs, out: []string{"Route: <sip:" + tortureEdge + ">\r\n", ""}, owes: passed, why: "a binary body with CR, LF and NUL"},
	{name: "unreason", up: true, owes: dropped, why: "a response that nobody asked for (RFC 6026)"},
	{name: "noreason", up: true, owes: dropped, why: "a response that nobody asked for (RFC 6026)"},

	// Section 3.1.2: invalid messages.
	{name: "badinv01", owes: 400, why: "commas in Via that promise values; the first one says where to"},
	{name: "clerr", owes: 400, why: "Content-Length beyond the datagram"},
	{name: "ncl", owes: 400, why: "Content-Length below zero"},
	{name: "scalar02", owes: 400, why: "CSeq beyond 32 bits"},
	{name: "scalarlg", up: true, owes: dropped, why: "a response with CSeq beyond 32 bits"},
	{name: "quotbal", owes: 400, why: "a quote in To that never closes"},
	{name: "ltgtruri", owes: 400, why: "a Request-URI in brackets"},
	{name: "lwsruri", owes: 400, why: "a blank inside the Request-URI"},
	{name: "lwsstart", owes: 400, why: "two blanks in the start line"},
	{name: "trws", owes: 400, why: "blanks at the end of the start line"},
	{name: "escruri", out: []string{"?Route=%3Csip:example.com%3E SIP", " SIP"}, owes: passed, why: "headers may not stay in a forwarded Request-URI, nor become any (16.6 step 2)"},
	{name: "baddate", owes: passed, why: "a Date that only an endpoint minds (16.3 step 1)"},
	{name: "regbadct", owes: 405, why: "no registrar; a Contact that only an endpoint minds"},
	{name: "regbadct, as OPTIONS", edit: asOptions, owes: passed, why: "a Contact that only an endpoint minds (16.3 step 1)"},
	{name: "badaspec", owes: passed, why: "blanks inside the brackets of To, read without doubt"},
	{name: "baddn", owes: passed, why: "a bare comma in a display name, read without doubt"},
	{name: "badvers", owes: 505, why: "another version of SIP, in Via too"},
	{name: "mismatch01", owes: 400, why: "CSeq of another method"},
	{name: "mismatch02", owes: 400, why: "CSeq of another method than the unknown one"},
	{name: "bigcode", up: true, owes: dropped, why: "a status beyond 699"},

	// Sections 3.2 and 3.3: transactions, and what is above them.
	{name: "badbranch", owes: passed, why: "a branch of nothing but the cookie: matched as RFC 2543 has it (17.2.3)"},
	{name: "insuf", owes: 400, why: "no From, To and Call-ID: the answer has none either"},
	{name: "unkscm", owes: 416, why: "a scheme that nobody knows (16.3 step 2)"},
	{name: "novelsc", owes: 416, why: "a known scheme that is not ours (16.3 step 2)"},
	{name: "unksm2", owes: 405, why: "no registrar; odd schemes in From, To and Contact are not a proxy's to judge"},
	{name: "unksm2, as OPTIONS", edit: asOptions, owes: passed, why: "odd schemes in From, To and Contact are not a proxy's to judge"},
	{name: "bext01", owes: 420, why: "Proxy-Require of what we lack (16.3 step 5); Require is not ours to judge"},
	{name: "invut", owes: passed, why: "a body of a kind that only an endpoint minds"},
	{name: "regaut01", owes: 405, why: "no registrar; an Authorization that only an endpoint minds"},
	{name: "regaut01, as OPTIONS", edit: asOptions, owes: passed, why: "an Authorization that only an endpoint minds"},
	{name: "multi01", owes: 400, why: "single headers more than once: nobody knows which counts"},
	{name: "mcl01", owes: 400, why: "two Content-Lengths"},
	{name: "bcast", up: true, owes: dropped, why: "a response whose Via is not ours is never sent on"},
	{name: "zeromf", owes: 200, why: "an OPTIONS that may go no further is answered (16.3 step 3)"},
	{name: "cparam01", owes: 405, why: "no registrar; parameters of Contact are not a proxy's to judge"},
	{name: "cparam01, as OPTIONS", edit: asOptions, owes: passed, why: "parameters of Contact are not a proxy's to judge"},
	{name: "cparam02", alone: true, owes: 405, why: "no registrar; parameters of Contact are not a proxy's to judge"},
	{name: "cparam02, as OPTIONS", edit: asOptions, owes: passed, why: "parameters of Contact are not a proxy's to judge"},
	{name: "regescrt", owes: 405, why: "no registrar; headers in a Contact are not a proxy's to judge"},
	{name: "regescrt, as OPTIONS", edit: asOptions, owes: passed, why: "headers in a Contact are not a proxy's to judge"},
	{name: "sdp01", owes: passed, why: "Accept that an endpoint cannot meet is not a proxy's to judge"},

	// Section 3.4: before RFC 3261.
	{name: "inv2543", owes: passed, why: "no branch, no From tag, no Content-Length; Max-Forwards is added"},
}
