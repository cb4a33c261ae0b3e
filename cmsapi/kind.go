package cmsapi

// Kind says in one word why a request to a bridge's API failed. It is the value
// of a label in metrics and of a field in logs, so its words do not change.
type Kind uint8

const (
	// None is the kind of success.
	None Kind = iota
	// Unreachable: no name, no route, no listener, or a connection that ended
	// before any answer.
	Unreachable
	// Untrusted: the TLS certificate is not the one that the configuration
	// trusts.
	Untrusted
	// Timeout: connected or not, no whole answer in time.
	Timeout
	// Auth: the API refuses the user, its password or its role (401, 403).
	Auth
	// Busy: the API asks to be left alone for a while (429, 503, or a database
	// that is not ready).
	Busy
	// Gone: there is no such object (404, or a reason that says so). For a call
	// that has just ended this is the expected answer.
	Gone
	// Refused: any other answer that is not success.
	Refused
	// Malformed: success by its status, but not the document that was asked
	// for: HTML, half a document, nothing, too much, or nonsense in it.
	Malformed

	kinds = iota
)

var kindNames = [kinds]string{
	"ok", "unreachable", "untrusted", "timeout", "auth", "busy", "gone", "refused", "malformed",
}

// String returns the word for k, "ok" for None.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Kinds returns every kind of failure, for metrics that show all label values
// from the start.
func Kinds() []Kind {
	all := make([]Kind, 0, kinds-1)
	for k := Unreachable; k < kinds; k++ {
		all = append(all, k)
	}
	return all
}

// bridgeWide reports whether a failure of this kind on one endpoint says that
// the others would fail as well: asking them would only add connections that
// hang, or failed log-ins that may lock the account.
func (k Kind) bridgeWide() bool {
	return k == Unreachable || k == Untrusted || k == Auth || k == Busy
}

// remedy is what the operator must do about a failure.
func (k Kind) remedy() string {
	switch k {
	case Unreachable:
		return "check that api names this bridge's Web Admin address and port, and that nothing between blocks it"
	case Untrusted:
		return "give the authority of the bridge's Web Admin certificate as tls.ca, or pin that certificate as tls.fingerprint"
	case Timeout:
		return "the Web Admin is overloaded or the path to it loses packets; a longer policy.pollInterval allows it more time"
	case Auth:
		return "check username and password of this bridge: the user must exist on it with role api, and must have set its password at a first login"
	case Busy:
		return "only its load is asked for until it answers; if this lasts, lower policy.apiBudget or raise policy.pollInterval"
	case Gone:
		return "check that api is this bridge's Web Admin address and that its software knows this object"
	case Refused:
		return "check the reason with the bridge's event log, and the role of the API user"
	case Malformed:
		return "check that api is the Web Admin address of a Call Bridge, and that no proxy or portal answers in its place"
	default:
		return ""
	}
}
