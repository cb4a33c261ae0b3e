package config

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
)

// complete brings names to one spelling and fills in what follows from other
// fields.
func (d *document) complete(c *Config) {
	d.stateDir(c)
	d.spell(&c.SIP.Advertise, "sip.advertise", parseAdvertise)
	for i := range c.SIP.Listen {
		l := &c.SIP.Listen[i]
		d.spell(&l.Advertise, fmt.Sprintf("sip.listen[%d].advertise", i), parseAdvertise)
		l.Advertise = cmp.Or(l.Advertise, c.SIP.Advertise)
	}
	for i := range c.CallControl {
		d.spellAll(c.CallControl[i].Domains, fmt.Sprintf("callControl[%d].domains", i))
	}
	for i := range c.Routes {
		d.spellAll(c.Routes[i].Domains, fmt.Sprintf("routes[%d].domains", i))
	}
	for i := range c.Groups {
		for j := range c.Groups[i].CallBridges {
			b, at := &c.Groups[i].CallBridges[j], fmt.Sprintf("groups[%d].callBridges[%d].", i, j)
			d.spell(&b.API, at+"api", parseAPI)
			d.password(b, at)
			d.apiTLS(&b.TLS, at+"tls.")
		}
	}
	d.spell(&c.Admin.Listen, "admin.listen", parseAdminListen)
	// A slower poll makes its readings live longer, unless the file says how long.
	p := &c.Policy
	if !d.given("policy.staleAfter") {
		p.StaleAfter = max(p.StaleAfter, 3*p.PollInterval)
	}
	if !d.given("policy.downAfter") {
		p.DownAfter = max(p.DownAfter, 3*p.StaleAfter)
	}
}

// spell brings a given text to one spelling, or says what is wrong with it.
func (d *document) spell(s *string, path string, parse func(string) (string, error)) {
	if !d.given(path) || d.broken(path) {
		return
	}
	spelt, err := parse(*s)
	if err != nil {
		d.fail(path, "%v", err)
		return
	}
	*s = spelt
}

func (d *document) spellAll(domains []string, path string) {
	for i := range domains {
		d.spell(&domains[i], fmt.Sprintf("%s[%d]", path, i), parseHost)
	}
}

// stateDir finds the folder for state: as given, else what systemd made for the
// service, else beside the file.
func (d *document) stateDir(c *Config) {
	if c.StateDir == "" {
		dirs, _ := d.environment("STATE_DIRECTORY")
		c.StateDir, _, _ = strings.Cut(dirs, ":") // systemd lists several with colons
	}
	if c.StateDir == "" {
		c.StateDir = "state"
	}
	c.StateDir = d.absolute(c.StateDir)
}

// absolute returns a path of the file as seen from anywhere.
func (d *document) absolute(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(d.baseDir, path)
}

// parseAPI reads the address of a Web Admin and returns scheme://host[:port].
func parseAPI(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", fmt.Errorf("%s is no Web Admin address; write https://HOST:PORT", quote(s))
	}
	if u.User != nil {
		return "", fmt.Errorf("%s holds credentials; give username, and password or passwordFile, instead", quote(s))
	}
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("%s has a path; write %s://%s alone, the path of the API is known", quote(s), u.Scheme, u.Host)
	}
	if _, _, err := splitHostPort(u.Host); err != nil {
		return "", err
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), nil
}

// parseFingerprint reads sha256: and 64 hex digits, colons allowed between them.
func parseFingerprint(s string) ([]byte, error) {
	digits, ok := strings.CutPrefix(strings.ToLower(s), "sha256:")
	sum, err := hex.DecodeString(strings.ReplaceAll(digits, ":", ""))
	if !ok || err != nil || len(sum) != 32 {
		return nil, fmt.Errorf("%s is no fingerprint; write sha256: and the 64 hex digits of the certificate", quote(s))
	}
	return sum, nil
}
