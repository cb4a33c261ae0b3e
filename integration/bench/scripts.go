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

// writeScript puts one of them into dir and returns where.
func writeScript(dir, name string) (string, error) {
	text, err := scripts.ReadFile("testdata/" + name)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, name)
	return path, os.WriteFile(path, text, 0o600)
}
