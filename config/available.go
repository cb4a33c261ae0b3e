package config

// laterKeys are keys of the file's contract whose function this version does not
// have, by pattern, each with what to do meanwhile. Whoever builds the function
// adds the field to its struct and takes the line out here.
var laterKeys = map[string]string{
	"sip.tls":                       "; listen on udp:// or tcp://",
	"callControl[].identities":      ", it needs TLS; name the senders by sources",
	"groups[].allowDowngrade":       "; it needs TLS",
	"groups[].callBridges[].sipTLS": "; sip: with transport=udp or transport=tcp is",
	"policy.joinLaterGroup":         "",
	"admin.socket":                  "; the API is at admin.listen",
	"admin.tls":                     "; the API is at a loopback address",
	"admin.tokensFile":              "; the API is at a loopback address",
	"eventLog":                      "",
	"webBridges":                    "",
	"cluster":                       "",
	"trace":                         "",
}

// laterValues are values of the contract that this version does not have, by the
// pattern of their field, each with what to do meanwhile.
var laterValues = map[string]map[string]string{
	"groups[].delivery": {"replaces": "; write forward"},
}

// notAvailable says that a key or value is not in this version.
func notAvailable(what string) string { return what + " is not available in this version" }
