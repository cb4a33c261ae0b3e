package config

import (
	"crypto/x509"
	"net/netip"
)

// Group is one Call Bridge group: bridges with a full mesh between them.
type Group struct {
	Name        string       `yaml:"name" doc:"its name in routes and logs; unique" validate:"required,name"`
	Delivery    string       `yaml:"delivery" doc:"how a call reaches the chosen bridge" validate:"oneof=forward"`
	CallBridges []CallBridge `yaml:"callBridges" doc:"the Call Bridges of the group" validate:"min=1,max=24,dive"`
}

// DeliveryForward is the value of Group.Delivery that sends a call on to the
// chosen bridge as a proxy does (RFC 3261 section 16).
const DeliveryForward = "forward"

// CallBridge is one CMS server of a group. A nil limit means: as the bridge's
// own API says (system/configuration/cluster).
type CallBridge struct {
	Name         string         `yaml:"name" doc:"its name as CMS has it; unique over all groups" validate:"required,name"`
	SIP          SIPURI         `yaml:"sip" doc:"its SIP address" validate:"required" range:"sip:HOST[:PORT][;transport=udp|tcp]"`
	Sources      []netip.Prefix `yaml:"sources" doc:"addresses it sends SIP from" default:"the addresses of its SIP host" range:"ADDRESS | NETWORK/BITS"`
	API          string         `yaml:"api" doc:"its Web Admin address, where the CMS API answers; http:// sends the password in clear" validate:"required" range:"https://HOST[:PORT] | http://HOST[:PORT]"`
	Username     string         `yaml:"username" doc:"API user" validate:"required"`
	Password     Secret         `yaml:"password" doc:"its password; better ${NAME} or passwordFile than in clear" default:"from passwordFile"`
	PasswordFile string         `yaml:"passwordFile" doc:"file with the password; line ends after it are dropped" default:"none"`
	TLS          APITLS         `yaml:"tls"`

	LoadLimit                              *int `yaml:"loadLimit" doc:"load limit in CMS load units; 0: no limit" default:"read from the bridge" validate:"omitempty,min=0"`
	NewConferenceLoadLimitBasisPoints      *int `yaml:"newConferenceLoadLimitBasisPoints" doc:"share of loadLimit, in 1/10000, from which the bridge should get no new conference" default:"read from the bridge" validate:"omitempty,min=0,max=10000"`
	ExistingConferenceLoadLimitBasisPoints *int `yaml:"existingConferenceLoadLimitBasisPoints" doc:"share of loadLimit, in 1/10000, from which the bridge should get no call at all" default:"read from the bridge" validate:"omitempty,min=0,max=10000"`
	ParticipantLimit                       *int `yaml:"participantLimit" doc:"most participants on the bridge; 0: no limit" default:"read from the bridge" validate:"omitempty,min=0"`
}

// APITLS says how the certificate of a bridge's API is verified. With neither
// field, the system's certificate authorities are trusted.
type APITLS struct {
	CA          string `yaml:"ca" doc:"file of PEM certificates that may sign the API's certificate" default:"the system's"`
	Fingerprint string `yaml:"fingerprint" doc:"SHA-256 of the API's own certificate, instead of an authority" default:"none" range:"sha256:64 hex digits, colons allowed"`

	// Roots holds the certificates of CA; nil when CA is empty.
	Roots *x509.CertPool `yaml:"-" json:"-"`
	// SHA256 is the fingerprint in bytes; nil when Fingerprint is empty.
	SHA256 []byte `yaml:"-" json:"-"`
}

// Priority pins the order of bridges for one conference (rule R3).
type Priority struct {
	Conference string   `yaml:"conference" doc:"space id, or user part of the space's URI" validate:"required"`
	Order      []string `yaml:"order" doc:"bridges, best first; those not named follow by hash" validate:"min=1"`
}
