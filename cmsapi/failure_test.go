package cmsapi

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFailureDetails(t *testing.T) {
	require.Equal(t, []string{"callDoesNotExist"}, decodeFailure(fixture(t, "failure-call.xml")))
	require.Equal(t, []string{"parameterError", "unrecognisedObject"}, decodeFailure(fixture(t, "failure-parameter.xml")))
	for _, c := range bad {
		require.Empty(t, decodeFailure([]byte(c.body)), c.name)
	}
	require.Empty(t, decodeFailure([]byte("<failureDetails><a1/><"+strings.Repeat("a", 65)+"/></failureDetails>")), "no element name of CMS")
	require.Len(t, decodeFailure([]byte("<failureDetails>"+strings.Repeat("<a/>", 99)+"</failureDetails>")), maxReasons)
}

func FuzzFailureDetails(f *testing.F) {
	fuzzDecoder(f, func(b []byte) (int, error) { return len(decodeFailure(b)), nil }, "failure-call.xml", "failure-parameter.xml")
}
