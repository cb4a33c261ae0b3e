package sim

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// SIPMode is how a bridge's SIP side behaves. The zero value is SIPOK.
type SIPMode struct {
	// Kind is the behaviour.
	Kind SIPModeKind
	// Delay is for SIPSlow: how late every message is looked at.
	Delay time.Duration
	// Status is for SIPReject: the final response, 300..699.
	Status int
	// RetryAfter is for SIPUnavailable, in seconds.
	RetryAfter int
}

// SIPModeKind names a behaviour of the SIP side.
type SIPModeKind string

// Behaviours of the SIP side. Unless said otherwise they concern new calls
// only; requests inside calls and OPTIONS are answered as ever.
const (
	SIPOK             SIPModeKind = ""               // calls are answered
	SIPBusy           SIPModeKind = "busy"           // 486
	SIPDecline        SIPModeKind = "decline"        // 603
	SIPReject         SIPModeKind = "reject"         // Status
	SIPUnavailable    SIPModeKind = "unavailable"    // 503 with Retry-After, also to OPTIONS
	SIPSilent         SIPModeKind = "silent"         // nothing is answered, whatever comes
	SIPSlow           SIPModeKind = "slow"           // everything is looked at Delay later
	SIPTrying         SIPModeKind = "trying"         // 100 and then nothing
	SIPRingForever    SIPModeKind = "ringforever"    // 100, 180 and then nothing, until Answer
	SIPAnswerOnCancel SIPModeKind = "answeroncancel" // 180; a CANCEL crosses with the 200
)

const defaultRetryAfter = 5

// ParseSIPMode reads "ok", "busy", "decline", "reject=480", "unavailable",
// "unavailable=30" (Retry-After), "silent", "slow=2s", "trying",
// "ringforever" or "answeroncancel".
func ParseSIPMode(s string) (SIPMode, error) {
	name, arg, has := strings.Cut(strings.TrimSpace(s), "=")
	m := SIPMode{Kind: SIPModeKind(name)}
	switch m.Kind {
	case "ok", SIPOK:
		m.Kind = SIPOK
	case SIPReject:
		n, err := strconv.Atoi(arg)
		if err != nil || n < 300 || n > 699 {
			return m, fmt.Errorf("sim: SIP mode %q: the code must be 300..699", s)
		}
		m.Status = n
		return m, nil
	case SIPUnavailable:
		m.RetryAfter = defaultRetryAfter
		if has {
			n, err := strconv.Atoi(arg)
			if err != nil || n < 0 {
				return m, fmt.Errorf("sim: SIP mode %q: Retry-After must be seconds", s)
			}
			m.RetryAfter = n
		}
		return m, nil
	case SIPSlow:
		d, err := time.ParseDuration(arg)
		if err != nil || d < 0 {
			return m, fmt.Errorf("sim: SIP mode %q: write slow=2s", s)
		}
		m.Delay = d
		return m, nil
	case SIPBusy, SIPDecline, SIPSilent, SIPTrying, SIPRingForever, SIPAnswerOnCancel:
	default:
		return m, fmt.Errorf("sim: there is no SIP mode %q; there are ok, busy, decline, reject=<code>, unavailable[=<seconds>], silent, slow=<duration>, trying, ringforever, answeroncancel", s)
	}
	if has {
		return m, fmt.Errorf("sim: SIP mode %q takes no value", name)
	}
	return m, nil
}

// String gives the mode as ParseSIPMode reads it.
func (m SIPMode) String() string {
	switch m.Kind {
	case SIPOK:
		return "ok"
	case SIPReject:
		return fmt.Sprintf("%s=%d", m.Kind, m.Status)
	case SIPUnavailable:
		return fmt.Sprintf("%s=%d", m.Kind, m.RetryAfter)
	case SIPSlow:
		return fmt.Sprintf("%s=%s", m.Kind, m.Delay)
	}
	return string(m.Kind)
}

// APIMode is how a bridge's REST API behaves. The zero value is APIOK.
type APIMode struct {
	// Kind is the behaviour.
	Kind APIModeKind
	// Delay is for APISlow: how late the answer starts.
	Delay time.Duration
	// RetryAfter is for APIUnavailable, in seconds.
	RetryAfter int
}

// APIModeKind names a behaviour of the REST API.
type APIModeKind string

// Behaviours of the REST API.
const (
	APIOK           APIModeKind = ""        // as CMS answers
	APIUnauthorized APIModeKind = "401"     // 401 with WWW-Authenticate, whatever the credentials
	APIError        APIModeKind = "500"     // 500 with no body
	APIUnavailable  APIModeKind = "503"     // 503 with Retry-After
	APIHTML         APIModeKind = "html"    // 200 with a sign-in page
	APIHalf         APIModeKind = "half"    // half of the document, then the connection ends
	APIHuge         APIModeKind = "huge"    // 200 with a document of 100 MB
	APIHang         APIModeKind = "hang"    // no answer until the client gives up
	APISlow         APIModeKind = "slow"    // the right answer, Delay later
	APICorrupt      APIModeKind = "corrupt" // 200 with a document that is not well-formed
	APIClose        APIModeKind = "close"   // the connection ends with no answer
)

// ParseAPIMode reads "ok", "401", "500", "503", "503=30" (Retry-After),
// "html", "half", "huge", "hang", "slow=2s", "corrupt" or "close".
func ParseAPIMode(s string) (APIMode, error) {
	name, arg, has := strings.Cut(strings.TrimSpace(s), "=")
	m := APIMode{Kind: APIModeKind(name)}
	switch m.Kind {
	case "ok", APIOK:
		m.Kind = APIOK
	case APIUnavailable:
		m.RetryAfter = defaultRetryAfter
		if has {
			n, err := strconv.Atoi(arg)
			if err != nil || n < 0 {
				return m, fmt.Errorf("sim: API mode %q: Retry-After must be seconds", s)
			}
			m.RetryAfter = n
		}
		return m, nil
	case APISlow:
		d, err := time.ParseDuration(arg)
		if err != nil || d < 0 {
			return m, fmt.Errorf("sim: API mode %q: write slow=2s", s)
		}
		m.Delay = d
		return m, nil
	case APIUnauthorized, APIError, APIHTML, APIHalf, APIHuge, APIHang, APICorrupt, APIClose:
	default:
		return m, fmt.Errorf("sim: there is no API mode %q; there are ok, 401, 500, 503[=<seconds>], html, half, huge, hang, slow=<duration>, corrupt, close", s)
	}
	if has {
		return m, fmt.Errorf("sim: API mode %q takes no value", name)
	}
	return m, nil
}

// String gives the mode as ParseAPIMode reads it.
func (m APIMode) String() string {
	switch m.Kind {
	case APIOK:
		return "ok"
	case APIUnavailable:
		return fmt.Sprintf("%s=%d", m.Kind, m.RetryAfter)
	case APISlow:
		return fmt.Sprintf("%s=%s", m.Kind, m.Delay)
	}
	return string(m.Kind)
}
