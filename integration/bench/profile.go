package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// profiles is the folder of what the runs of the edge say of themselves; there is
// none unless that was asked for.
const profiles = "profiles"

// profileFlags makes an edge write its CPU profile when it ends.
func profileFlags(s *site) []string {
	folder := filepath.Join(filepath.Dir(s.dir), profiles)
	if _, err := os.Stat(folder); err != nil {
		return nil
	}
	return []string{"--cpuprofile", filepath.Join(folder, filepath.Base(s.dir))}
}

// mergeProfiles makes one profile of all.
func mergeProfiles(dir, to string) error {
	all, err := filepath.Glob(filepath.Join(dir, profiles, "*"))
	if err != nil || len(all) == 0 {
		return err
	}
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	cmd := exec.Command("go", append([]string{"tool", "pprof", "-proto"}, all...)...)
	cmd.Stdout = out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go tool pprof: %w", err)
	}
	return out.Close()
}
