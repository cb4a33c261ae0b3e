package cmsapi

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCoSpaces(t *testing.T) {
	p, err := decodeSpaces(fixture(t, "cospaces.xml"))
	require.NoError(t, err)
	require.Equal(t, page[listedSpace]{total: 5, received: 3, items: []listedSpace{
		{"b7a1c002-4f0d-4f2e-a3f3-9d7a51c0e001", "Board.Room", "", ""},
		{"b7a1c002-4f0d-4f2e-a3f3-9d7a51c0e002", "physics", "91d0c7b2-0001-4c07-b7be-3d1e6a1f0001", "700002"},
		{"b7a1c002-4f0d-4f2e-a3f3-9d7a51c0e003", "", "", ""},
	}}, p)
	refusesBad(t, "coSpaces", fixture(t, "cospaces.xml"), decodeSpaces)
}

func FuzzCoSpaces(f *testing.F) { fuzzDecoder(f, decodeSpaces, "cospaces.xml") }
