package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseSippStat(t *testing.T) {
	const head = "StartTime;TotalCallCreated;SuccessfulCall(P);SuccessfulCall(C);FailedCall(P);FailedCall(C);Retransmissions(P);Retransmissions(C);\n"
	s, err := parseSippStat(head + "2026-11-27\t14:28:11\t1.5;5;1;1;0;0;0;0;\n2026-11-27\t14:28:12\t2.5;90;70;71;1;2;3;4;\nhalf a li")
	require.NoError(t, err)
	require.Equal(t, sippStat{created: 90, succeeded: 71, failed: 2, retransmitted: 4}, s)
	for _, text := range []string{"", "no end of line", head, "StartTime;FailedCall(C);\n1;2;\n", head + "1;x;1;1;0;0;0;0;\n", head + "1;2;3\n"} {
		_, err := parseSippStat(text)
		require.Error(t, err, "%q", text)
	}
}
