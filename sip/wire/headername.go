package wire

// longestName is the length of the longest name that headerID knows.
const longestName = len("p-preferred-identity")

// fieldName reads the name of the header field line b[pos:end] up to and with its colon. Blanks are allowed
// before the colon (HCOLON, RFC 3261 section 25.1). ok is false when this is no header field.
func fieldName(b []byte, pos, end int) (id HeaderID, nameEnd, value int, ok bool) {
	var name [longestName]byte
	i := pos
	for i < end {
		c := tokenLower[b[i]]
		if c == 0 {
			break
		}
		if n := i - pos; n < len(name) {
			name[n] = c
		}
		i++
	}
	nameEnd = i
	for i < end && (b[i] == ' ' || b[i] == '\t') {
		i++
	}
	if nameEnd == pos || i == end || b[i] != ':' {
		return Other, nameEnd, i, false
	}
	if n := nameEnd - pos; n <= len(name) {
		id = headerID(name[:n])
	}
	return id, nameEnd, i + 1, true
}

// headerID finds a lower-case name, long or compact (RFC 3261 section 7.3.3 and the IANA list of compact forms).
func headerID(name []byte) HeaderID {
	switch string(name) {
	case "via", "v":
		return Via
	case "from", "f":
		return From
	case "to", "t":
		return To
	case "call-id", "i":
		return CallID
	case "cseq":
		return CSeq
	case "max-forwards":
		return MaxForwards
	case "route":
		return Route
	case "record-route":
		return RecordRoute
	case "contact", "m":
		return Contact
	case "content-length", "l":
		return ContentLength
	case "content-type", "c":
		return ContentType
	case "content-encoding", "e":
		return ContentEncoding
	case "content-disposition":
		return ContentDisposition
	case "proxy-require":
		return ProxyRequire
	case "require":
		return Require
	case "supported", "k":
		return Supported
	case "unsupported":
		return Unsupported
	case "retry-after":
		return RetryAfter
	case "warning":
		return Warning
	case "reason":
		return Reason
	case "expires":
		return Expires
	case "user-agent":
		return UserAgent
	case "server":
		return Server
	case "allow":
		return Allow
	case "allow-events", "u":
		return AllowEvents
	case "accept":
		return Accept
	case "replaces":
		return Replaces
	case "join":
		return Join
	case "refer-to", "r":
		return ReferTo
	case "referred-by", "b":
		return ReferredBy
	case "event", "o":
		return Event
	case "subscription-state":
		return SubscriptionState
	case "session-id":
		return SessionID
	case "session-expires", "x":
		return SessionExpires
	case "min-se":
		return MinSE
	case "max-breadth":
		return MaxBreadth
	case "rseq":
		return RSeq
	case "rack":
		return RAck
	case "timestamp":
		return Timestamp
	case "subject", "s":
		return Subject
	case "identity", "y":
		return Identity
	case "p-asserted-identity":
		return PAssertedIdentity
	case "p-preferred-identity":
		return PPreferredIdentity
	case "privacy":
		return Privacy
	case "remote-party-id":
		return RemotePartyID
	case "diversion":
		return Diversion
	case "history-info":
		return HistoryInfo
	case "path":
		return Path
	case "authorization":
		return Authorization
	case "proxy-authorization":
		return ProxyAuthorization
	case "date":
		return Date
	case "organization":
		return Organization
	case "call-info":
		return CallInfo
	}
	return Other
}
