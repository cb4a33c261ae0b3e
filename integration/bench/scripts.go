package main

import (
	"embed"
	"os"
	"path/filepath"
)

// scripts are sipp's scenarios and Kamailio's configuration.
//
//go:embed testdata/*.xml testdata/*.cfg
var scripts embed.FS

// writeScripts puts them into dir, once for all measurements below it.
func writeScripts(dir string) error {
	files, err := scripts.ReadDir("testdata")
	if err != nil {
		return err
	}
	for _, f := range files {
		text, err := scripts.ReadFile("testdata/" + f.Name())
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name()), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// script is where one of them is.
func (s *site) script(name string) string { return filepath.Join(filepath.Dir(s.dir), name) }
