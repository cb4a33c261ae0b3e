package cmsapi

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCall(t *testing.T) {
	for name, want := range map[string]callDetails{
		"call.xml":            {space: "b7a1c002-4f0d-4f2e-a3f3-9d7a51c0e001", callType: "coSpace", local: 3, remote: 2, distributed: 1, activeWhenEmpty: true},
		"call-sparse.xml":     {space: "b7a1c002-4f0d-4f2e-a3f3-9d7a51c0e004"},
		"call-forwarding.xml": {callType: "forwarding", local: 2, activeWhenEmpty: true},
	} {
		d, err := decodeCall(fixture(t, name))
		require.NoError(t, err, name)
		require.Equal(t, want, d, name)
		refusesBad(t, "call", fixture(t, name), decodeCall)
	}
	_, err := decodeCall([]byte("<call><numParticipantsLocal>-2</numParticipantsLocal></call>"))
	require.ErrorContains(t, err, "numParticipantsLocal")
}

func FuzzCall(f *testing.F) {
	fuzzDecoder(f, decodeCall, "call.xml", "call-sparse.xml", "call-forwarding.xml")
}
