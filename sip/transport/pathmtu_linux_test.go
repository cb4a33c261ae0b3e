package transport

import (
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// elsewhere marks the process that runs in a network of its own.
const elsewhere = "BRIDGEHEAD_TEST_NETWORK"

// 18.1.1: the path MTU is the kernel's. The test runs itself again in a network
// of its own, where it may set the MTU of the loopback interface.
func TestPathMTUOfTheKernel(t *testing.T) {
	if os.Getenv(elsewhere) == "" {
		inOwnNetwork(t)
		return
	}
	setLoopback(t, 1500)
	s := listen(t, newRecorder(), nil, "udp 127.0.0.1:0", "tcp 127.0.0.1:0")
	for _, remote := range []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.9")} {
		require.Equal(t, 1500, s.PathMTU(remote))
		require.False(t, s.TooLarge(remote, 1300))
		require.True(t, s.TooLarge(remote, 1301))
	}
	setLoopback(t, 1280)
	s = listen(t, newRecorder(), nil, "udp 127.0.0.1:0")
	require.True(t, s.TooLarge(netip.MustParseAddr("127.0.0.1"), 1301))
	require.Equal(t, 1280, s.PathMTU(netip.MustParseAddr("127.0.0.1")))
	require.True(t, s.TooLarge(netip.MustParseAddr("127.0.0.1"), 1081))
	require.Zero(t, s.PathMTU(netip.MustParseAddr("192.0.2.1")), "no way leads there")
}

// inOwnNetwork runs the test that calls it again, in a new user and network
// namespace.
func inOwnNetwork(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=2m")
	cmd.Env = append(os.Environ(), elsewhere+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if cmd.Process == nil || strings.Contains(string(out), "--- SKIP: "+t.Name()) {
		t.Skipf("this system gives no network of one's own: %v %s", err, out)
	}
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "--- PASS: "+t.Name())
}

// setLoopback sets the MTU of the loopback interface and brings it up.
func setLoopback(t *testing.T, mtu uint32) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	require.NoError(t, err)
	defer unix.Close(fd)
	r, err := unix.NewIfreq("lo")
	require.NoError(t, err)
	r.SetUint32(mtu)
	if err = unix.IoctlIfreq(fd, unix.SIOCSIFMTU, r); errors.Is(err, unix.EPERM) {
		t.Skip("no right to set the MTU") // a namespace in name only
	}
	require.NoError(t, err)
	r.SetUint16(unix.IFF_UP)
	require.NoError(t, unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, r))
}
