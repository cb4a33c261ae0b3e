package integration

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// transportPlays are calls over every pair of transports, and large ones. That
// bodies arrive octet for octet, and that two Record-Routes stand where the
// transport changes, is checked for every play.
func transportPlays() []play {
	var list []play
	for _, way := range []struct{ in, out string }{{"tcp", "udp"}, {"udp", "tcp"}, {"tcp", "tcp"}} {
		list = append(list, play{
			name:            way.in + " in, " + way.out + " out: changed and ended by the caller",
			caller:          "reinvite",
			transport:       way.in,
			bridgeTransport: way.out,
			bridges:         map[string]string{"cluster3": "reinvited"},
			verdict:         changedByCaller,
			pure:            true,
		}, play{
			name:            way.in + " in, " + way.out + " out: changed and ended by the bridge",
			caller:          "reinvited",
			transport:       way.in,
			bridgeTransport: way.out,
			bridges:         map[string]string{"cluster3": "reinvite"},
			verdict:         changedByBridge,
			pure:            true,
		})
	}
	for _, way := range []struct{ in, out string }{{"udp", "udp"}, {"tcp", "tcp"}, {"udp", "tcp"}, {"tcp", "udp"}} {
		list = append(list, play{
			name:            "60,000 octets both ways, " + way.in + " in, " + way.out + " out",
			caller:          "large",
			transport:       way.in,
			bridgeTransport: way.out,
			bridges:         map[string]string{"cluster3": "large"},
			prepare:         func(t *testing.T, s *stage) { writeLarge(t, s.dir) },
			verdict: func(t *testing.T, s *stage) {
				require.Equal(t, []string{"cluster3"}, s.took(t))
				require.GreaterOrEqual(t, len(requests(s.at(t, "cluster3"), "INVITE")[0].body), largeBody)
				require.GreaterOrEqual(t, len(s.heard(t).body), largeBody)
			},
			pure: true,
		})
	}
	return list
}

// largeBody is the size of a body that, with its headers, just fits a datagram.
const largeBody = 60_000

// writeLarge writes the file that the scripts named large send: lines that all
// differ, so that no piece can take another's place.
func writeLarge(t *testing.T, dir string) {
	t.Helper()
	var b bytes.Buffer
	for i := 0; b.Len() < largeBody; i++ {
		b.WriteString("line " + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676%26)) + " of a body that is large, though not for a proxy.\r\n")
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "large.txt"), b.Bytes()[:largeBody], 0o600))
}
