// Package lb chooses the Call Bridge for a call.
package lb
