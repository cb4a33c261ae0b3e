package cmsapi

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCalls(t *testing.T) {
	p, err := decodeCalls(fixture(t, "calls.xml"))
	require.NoError(t, err)
	require.Equal(t, page[listedCall]{total: 3, received: 3, items: []listedCall{
		{"0a6f7d31-19c3-4a55-8d2e-5f0f42b1a001", "Boardroom", "b7a1c002-4f0d-4f2e-a3f3-9d7a51c0e001", "e19c4f22-6d3b-4a41-8f5a-1c22b0a0c001"},
		{"0a6f7d31-19c3-4a55-8d2e-5f0f42b1a002", "Physics & Maths", "b7a1c002-4f0d-4f2e-a3f3-9d7a51c0e002", "e19c4f22-6d3b-4a41-8f5a-1c22b0a0c002"},
		{"0a6f7d31-19c3-4a55-8d2e-5f0f42b1a003", "ann@example.com", "", "e19c4f22-6d3b-4a41-8f5a-1c22b0a0c003"},
	}}, p)
	p, err = decodeCalls(fixture(t, "calls-none.xml"))
	require.NoError(t, err)
	require.Zero(t, p.total)
	require.Empty(t, p.items)
	refusesBad(t, "calls", fixture(t, "calls.xml"), decodeCalls)
}

func TestCallsTotal(t *testing.T) {
	p, err := decodeCalls([]byte(`<calls><call id="a"/><call/></calls>`))
	require.NoError(t, err)
	require.Equal(t, -1, p.total, "no total is no total of 0")
	require.Equal(t, 2, p.received, "a call without id moves the list on as well")
	require.Len(t, p.items, 1)
	for _, total := range []string{"-1", "many", "99999999999"} {
		p, err := decodeCalls([]byte(`<calls total="` + total + `"/>`))
		require.NoError(t, err, total)
		require.Equal(t, -1, p.total, "a total that can be none is not told")
	}
}

func FuzzCalls(f *testing.F) { fuzzDecoder(f, decodeCalls, "calls.xml", "calls-none.xml") }
