// Package wire reads and edits SIP messages as bytes (RFC 3261 sections 7, 18.3, 20 and 25).
//
// A message is indexed in one pass and never turned into a model of its own: Message says what stands
// where, Edits says what changes, and every byte that no edit names leaves exactly as it came, body
// included. A proxy that prints messages anew sooner or later prints something else than it read.
//
// # Map
//
//	message.go    the index of a message; what can be asked of it
//	parse.go      the one pass: lines, blank line, body; startline.go, field.go and singleton.go are its steps
//	error.go      every fault that the pass can find, with the answer that it deserves
//	header.go     names of header fields; headername.go finds them, in long and compact form
//	via.go        the top Via value; params.go its parameters, also those of From and To
//	list.go       comma-separated elements
//	uri.go, nameaddr.go, hostaddr.go   what the proxy core reads of targets and routes
//	edits.go      a list of splices; splice.go and route.go are those of RFC 3261 section 16
//	response.go   answers to a request; request.go the ACK and CANCEL that belong to one
//	frame.go      where a message ends in a stream
//	hop.go, method.go, span.go, token.go   small words of the rest
//
// # Rules
//
// Lenient where that is harmless, strict where two elements could read one message in two ways: bare CR, bare
// LF and NUL in the header section, repeated or conflicting single fields, a version other than SIP/2.0. Bodies are
// never judged. Nothing here allocates in the steady state, blocks, logs or panics, whatever the bytes.
package wire
