package app

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"bridgehead/config"
)

// routeKeyFile holds the key that this edge made for itself: 32 random bytes
// in hex. With the same key after a restart, calls that are up go on.
const routeKeyFile = "route.key"

// routeKeys returns the secrets for the Record-Route token: those of the
// configuration, else the one in stateDir, which is made on first use.
func routeKeys(c *config.Config) ([][]byte, error) {
	var keys [][]byte
	for _, k := range c.SIP.RouteKeys {
		keys = append(keys, []byte(k.Reveal()))
	}
	if len(keys) > 0 {
		return keys, nil
	}
	key, err := storedRouteKey(c.StateDir)
	if err != nil {
		return nil, err
	}
	return [][]byte{key}, nil
}

func storedRouteKey(dir string) ([]byte, error) {
	path := filepath.Join(dir, routeKeyFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeRouteKey(dir, path)
	}
	if err != nil {
		return nil, fmt.Errorf("the route key cannot be read: %w; let this user read it, or set sip.routeKeys", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(key) < 16 {
		return nil, fmt.Errorf("%s is no route key: remove it to have a new one made (calls that are up then lose their way)", path)
	}
	return key, nil
}

func makeRouteKey(dir, path string) ([]byte, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("stateDir cannot be made: %w; set stateDir to a folder that this user may write", err)
	}
	key := make([]byte, 32)
	rand.Read(key)
	if err := writeFile(path, []byte(hex.EncodeToString(key)+"\n")); err != nil {
		return nil, fmt.Errorf("the route key cannot be kept: %w; set stateDir to a folder that this user may write", err)
	}
	return key, nil
}

// writeFile replaces a file as a whole, readable by its owner alone.
func writeFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // gone after the rename
	if _, err = f.Write(b); err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
