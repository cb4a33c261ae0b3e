// Package transaction implements the transaction layer of a stateful SIP proxy:
// RFC 3261 section 17 as corrected by RFC 6026.
package transaction
