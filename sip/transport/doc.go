// Package transport moves SIP messages over UDP and TCP (RFC 3261 section 18).
package transport
