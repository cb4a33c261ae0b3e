package integration

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// kamailio is another proxy on the edge's place.
type kamailio struct {
	addr netip.AddrPort
	args []string
	*process
}

// TestKamailio puts another proxy through the plays that any proxy has to pass.
// A play that fails here too is wrong itself.
func TestKamailio(t *testing.T) {
	if _, err := exec.LookPath("kamailio"); err != nil {
		t.Skip("kamailio is not installed; the plays are not checked against another proxy")
	}
	for _, p := range plays() {
		if p.pure {
			t.Run(p.name, func(t *testing.T) { perform(t, p, openKamailio) })
		}
	}
}

// openKamailio starts Kamailio before the stage's bridges.
func openKamailio(t *testing.T, s *stage) front {
	t.Helper()
	config, err := filepath.Abs("testdata/kamailio.cfg")
	require.NoError(t, err)
	var list strings.Builder
	for i, name := range pin {
		fmt.Fprintf(&list, "1 sip:%s;transport=%s 0 %d\n", s.sip[name], s.bridgeTransport(), len(pin)-i)
	}
	bridges := filepath.Join(s.dir, "bridges.list")
	require.NoError(t, os.WriteFile(bridges, []byte(list.String()), 0o600))
	k := &kamailio{addr: freePort(t, s.net.host(hostEdge))}
	k.args = []string{
		"-f", config, "-DD", "-E", "-m", "32", "-M", "4", "-Y", s.dir, "-w", s.dir,
		"-l", "udp:" + k.addr.String(), "-l", "tcp:" + k.addr.String(),
		"-A", fmt.Sprintf("BRIDGES=%q", bridges), "-A", fmt.Sprintf("DOMAIN=%q", domain),
		"-A", "CALLER=" + s.net.host(hostCaller).String(), "-A", fmt.Sprintf("CALLEE=%q", s.sip[callControl]),
	}
	k.start(t)
	return k
}

// start runs the process and waits until it answers.
func (k *kamailio) start(t *testing.T) {
	t.Helper()
	k.process = startProcess(t, "kamailio", exec.Command("kamailio", k.args...), syscall.SIGTERM)
	eventually(t, "kamailio answers", func() bool {
		require.False(t, k.ended(), "kamailio has ended at once:\n%s", k.out.String())
		return answersOptions(k.addr)
	})
}

func (k *kamailio) address() netip.AddrPort { return k.addr }

func (k *kamailio) restart(t *testing.T) {
	t.Helper()
	k.stop()
	k.start(t)
}
