package cmsapi

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/lb"
)

func TestCluster(t *testing.T) {
	c, err := decodeCluster(fixture(t, "cluster.xml"))
	require.NoError(t, err)
	require.Equal(t, "cluster1", c.UniqueName)
	require.Equal(t, lb.Limits{LoadLimit: 96000, NewBasisPoints: 5000, ExistingBasisPoints: 8000, ParticipantLimit: 120}, c.limits())
	refusesBad(t, "cluster", fixture(t, "cluster.xml"), decodeCluster)
}

func TestClusterUnset(t *testing.T) {
	c, err := decodeCluster(fixture(t, "cluster-unset.xml"))
	require.NoError(t, err)
	require.Equal(t, lb.Limits{NewBasisPoints: 5000, ExistingBasisPoints: 8000}, c.limits())

	c, err = decodeCluster([]byte("<cluster/>"))
	require.NoError(t, err)
	require.Equal(t, lb.NoLimits(), c.limits())
}

func TestClusterNonsense(t *testing.T) {
	for _, element := range []string{
		"<loadLimit>-1</loadLimit>",
		"<loadLimit>unlimited</loadLimit>",
		"<newConferenceLoadLimitBasisPoints>10001</newConferenceLoadLimitBasisPoints>",
		"<existingConferenceLoadLimitBasisPoints>80%</existingConferenceLoadLimitBasisPoints>",
		"<participantLimit>999999999999</participantLimit>",
	} {
		_, err := decodeCluster([]byte("<cluster>" + element + "</cluster>"))
		require.Error(t, err, element)
		require.Equal(t, Malformed, KindOf(err))
	}
}

func FuzzCluster(f *testing.F) { fuzzDecoder(f, decodeCluster, "cluster.xml", "cluster-unset.xml") }
