package wire

// Method is a SIP request method. Methods are case-sensitive (RFC 3261 section 7.1);
// one that is not in the list below is MethodOther, its bytes stand in Message.MethodName.
type Method uint8

// The methods that are told apart.
const (
	MethodOther Method = iota
	INVITE
	ACK
	CANCEL
	BYE
	OPTIONS
	REGISTER
	PRACK
	UPDATE
	REFER
	NOTIFY
	SUBSCRIBE
	INFO
	MESSAGE
	PUBLISH
)

var methodNames = [...]string{
	MethodOther: "OTHER",
	INVITE:      "INVITE",
	ACK:         "ACK",
	CANCEL:      "CANCEL",
	BYE:         "BYE",
	OPTIONS:     "OPTIONS",
	REGISTER:    "REGISTER",
	PRACK:       "PRACK",
	UPDATE:      "UPDATE",
	REFER:       "REFER",
	NOTIFY:      "NOTIFY",
	SUBSCRIBE:   "SUBSCRIBE",
	INFO:        "INFO",
	MESSAGE:     "MESSAGE",
	PUBLISH:     "PUBLISH",
}

// String is the method's name, "OTHER" for MethodOther; it suits logs and metric labels.
func (m Method) String() string {
	if int(m) < len(methodNames) {
		return methodNames[m]
	}
	return methodNames[MethodOther]
}

// ParseMethod finds the method with exactly these bytes, else MethodOther. It does not allocate.
func ParseMethod(b []byte) Method {
	switch string(b) {
	case "INVITE":
		return INVITE
	case "ACK":
		return ACK
	case "CANCEL":
		return CANCEL
	case "BYE":
		return BYE
	case "OPTIONS":
		return OPTIONS
	case "REGISTER":
		return REGISTER
	case "PRACK":
		return PRACK
	case "UPDATE":
		return UPDATE
	case "REFER":
		return REFER
	case "NOTIFY":
		return NOTIFY
	case "SUBSCRIBE":
		return SUBSCRIBE
	case "INFO":
		return INFO
	case "MESSAGE":
		return MESSAGE
	case "PUBLISH":
		return PUBLISH
	}
	return MethodOther
}
