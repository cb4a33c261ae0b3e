package cmsapi

import (
	"context"
	"time"
)

// SystemStatus is what system/status tells of a bridge, as far as it is used.
type SystemStatus struct {
	// SoftwareVersion as the bridge writes it, for example "2.6.1" or "2.0(RC)".
	SoftwareVersion string
	// Uptime is how long the Call Bridge has been running; 0 if it is not told.
	Uptime time.Duration
	// CallLegsActive is the number of active call legs: what participantLimit
	// bounds.
	CallLegsActive int
}

// Status reads system/status.
func (c *Client) Status(ctx context.Context) (SystemStatus, error) {
	return fetch(ctx, c, "/system/status", nil, decodeStatus)
}

// decodeStatus reads a status document.
func decodeStatus(b []byte) (SystemStatus, error) {
	var doc struct {
		Version  text `xml:"softwareVersion"`
		Uptime   text `xml:"uptimeSeconds"`
		CallLegs text `xml:"callLegsActive"`
	}
	if err := unmarshal(b, "status", &doc); err != nil {
		return SystemStatus{}, err
	}
	legs, err := doc.CallLegs.number("callLegsActive", maxCount)
	if err != nil {
		return SystemStatus{}, err
	}
	if legs == nil {
		return SystemStatus{}, &documentError{"callLegsActive is missing"}
	}
	s := SystemStatus{SoftwareVersion: doc.Version.value(), CallLegsActive: *legs}
	const century = 100 * 365 * 24 * 3600
	if up, err := doc.Uptime.number("uptimeSeconds", century); err == nil && up != nil { // only shown, so an odd one does no harm
		s.Uptime = time.Duration(*up) * time.Second
	}
	return s, nil
}
