package cmsapi

import (
	"encoding/xml"
	"strings"
)

// maxReasons bounds how many failure reasons are kept.
const maxReasons = 4

// decodeFailure returns the reasons of a failureDetails document: the names of
// its elements, for example "callDoesNotExist". Anything else has none; a
// failure is a failure whatever its body looks like.
func decodeFailure(b []byte) []string {
	var doc struct {
		Reasons []struct{ XMLName xml.Name } `xml:",any"`
	}
	if unmarshal(b, "failureDetails", &doc) != nil {
		return nil
	}
	var reasons []string
	for _, r := range doc.Reasons[:min(len(doc.Reasons), maxReasons)] {
		name := r.XMLName.Local
		if len(name) <= 64 && strings.Trim(name, letters) == "" {
			reasons = append(reasons, name)
		}
	}
	return reasons
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
