package cmsapi

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
)

// fingerprintError is a certificate that is not the pinned one.
type fingerprintError struct{ got [sha256.Size]byte }

// Error gives the fingerprint that the bridge showed, in the form that the
// configuration takes, so that it can be compared with the bridge's own.
func (e *fingerprintError) Error() string {
	return "the certificate is not the pinned one, its fingerprint is sha256:" + hex.EncodeToString(e.got[:])
}

// tlsConfig trusts the pinned certificate alone where pin is given, else what
// roots sign, else what the system trusts. A pin beside roots must hold as well
// as the chain. A pinned certificate's names and dates do not matter: it is that
// key and no other, as with a known SSH host key.
func tlsConfig(roots *x509.CertPool, pin []byte) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
	if len(pin) == 0 {
		return c, nil
	}
	if len(pin) != sha256.Size {
		return nil, errors.New("a fingerprint is the 32 bytes of a SHA-256 sum")
	}
	c.InsecureSkipVerify = roots == nil // replaced by the pin below
	c.VerifyConnection = func(s tls.ConnectionState) error {
		if len(s.PeerCertificates) == 0 {
			return errors.New("the bridge shows no certificate")
		}
		got := sha256.Sum256(s.PeerCertificates[0].Raw)
		if !bytes.Equal(got[:], pin) {
			return &fingerprintError{got: got}
		}
		return nil
	}
	return c, nil
}

// seenFingerprint returns the fingerprint of the certificate that failed to
// verify, "" if err tells of none.
func seenFingerprint(err error) string {
	bad, ok := errors.AsType[*tls.CertificateVerificationError](err)
	if !ok || len(bad.UnverifiedCertificates) == 0 {
		return ""
	}
	sum := sha256.Sum256(bad.UnverifiedCertificates[0].Raw)
	return "sha256:" + hex.EncodeToString(sum[:])
}
