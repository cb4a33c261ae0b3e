package config

import (
	"crypto/x509"
	"fmt"
	"os"
	"strings"
	"unicode"
)

// Bounds of the files that a configuration names, in bytes.
const (
	maxPasswordFile = 4 << 10
	maxCAFile       = 1 << 20
)

// password reads the API password of a bridge from its file, or warns of one in
// clear.
func (d *document) password(b *CallBridge, at string) {
	switch literal, file := at+"password", at+"passwordFile"; {
	case d.broken(literal) || d.broken(file):
	case d.given(literal) && d.given(file):
		d.fail(file, "password is given as well; keep one of them")
	case d.given(file):
		text, ok := d.readFile(&b.PasswordFile, file, maxPasswordFile)
		if !ok {
			return
		}
		secret := strings.TrimRight(string(text), "\r\n")
		if secret == "" || strings.ContainsFunc(secret, unicode.IsControl) {
			d.fail(file, "%s must hold the password on one line", quote(b.PasswordFile))
			return
		}
		b.Password = NewSecret(secret)
	case d.given(literal) && b.Password.Empty():
		d.fail(literal, "is empty; give the password of the API user")
	case d.given(literal):
		if !d.places[literal].fromEnv {
			d.warn(literal, "stands in clear in this file; passwordFile or ${NAME} would keep it out")
		}
	default:
		d.missing(literal, "give passwordFile, or password: ${NAME}")
	}
}

// apiTLS reads the certificates and the fingerprint that verify a bridge's API.
func (d *document) apiTLS(t *APITLS, at string) {
	ca, fingerprint := at+"ca", at+"fingerprint"
	if d.given(ca) && d.given(fingerprint) {
		d.fail(fingerprint, "ca is given as well; keep one of them")
		return
	}
	if d.given(ca) && !d.broken(ca) {
		if pem, ok := d.readFile(&t.CA, ca, maxCAFile); ok {
			t.Roots = x509.NewCertPool()
			if !t.Roots.AppendCertsFromPEM(pem) {
				d.fail(ca, "%s holds no PEM certificate", quote(t.CA))
			}
		}
	}
	if d.given(fingerprint) && !d.broken(fingerprint) {
		var err error
		if t.SHA256, err = parseFingerprint(t.Fingerprint); err != nil {
			d.fail(fingerprint, "%v", err)
		}
	}
}

// readFile makes a path absolute and reads what it names: a regular file, as a pipe
// could make the reader wait for ever.
func (d *document) readFile(path *string, at string, limit int64) ([]byte, bool) {
	if *path == "" {
		d.fail(at, "is empty; give the path of a file")
		return nil, false
	}
	*path = d.absolute(*path)
	info, err := os.Stat(*path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("is no regular file")
	} else if err != nil {
		err = readError(err)
	}
	var b []byte
	if err == nil {
		b, err = readBounded(*path, limit)
	}
	if err != nil {
		d.fail(at, "%s %v", quote(*path), err)
		return nil, false
	}
	return b, true
}
