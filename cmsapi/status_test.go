package cmsapi

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestStatus(t *testing.T) {
	s, err := decodeStatus(fixture(t, "status.xml"))
	require.NoError(t, err)
	require.Equal(t, SystemStatus{SoftwareVersion: "2.9.4", Uptime: 86461 * time.Second, CallLegsActive: 17}, s)

	s, err = decodeStatus(fixture(t, "status-release-candidate.xml"))
	require.NoError(t, err)
	require.Equal(t, SystemStatus{SoftwareVersion: "2.0(RC)"}, s)

	refusesBad(t, "status", fixture(t, "status.xml"), decodeStatus)
}

func TestStatusNeedsTheCallLegsAlone(t *testing.T) {
	s, err := decodeStatus([]byte("<status><uptimeSeconds>since Monday</uptimeSeconds><callLegsActive>3</callLegsActive></status>"))
	require.NoError(t, err)
	require.Equal(t, SystemStatus{CallLegsActive: 3}, s)
	for _, legs := range []string{"", "-3", "three"} {
		_, err = decodeStatus([]byte("<status><callLegsActive>" + legs + "</callLegsActive></status>"))
		require.ErrorContains(t, err, "callLegsActive")
	}
}

func FuzzStatus(f *testing.F) {
	fuzzDecoder(f, decodeStatus, "status.xml", "status-release-candidate.xml")
}
