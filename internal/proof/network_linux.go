package proof

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// elsewhere is set for a test that runs in a network of its own.
const elsewhere = "BRIDGEHEAD_OWN_NETWORK"

// OwnNetwork runs the test that calls it once more, as a process in a user,
// network and mount namespace of its own, and reports true there. For the caller it reports
// false once that process has ended: with its failure the test fails, and where
// the system gives no such namespace it is skipped. It takes two minutes at most.
func OwnNetwork(t *testing.T) bool {
	t.Helper()
	if os.Getenv(elsewhere) != "" {
		return true
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=2m")
	cmd.Env = append(os.Environ(), elsewhere+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNET | unix.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	switch {
	case cmd.Process == nil || strings.Contains(string(out), "--- SKIP: "+t.Name()):
		t.Skipf("this system gives no network of one's own: %v %s", err, out)
	case err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()):
		t.Fatalf("in a network of its own: %v\n%s", err, out)
	}
	return false
}

// SetLoopback sets the MTU of the loopback interface and brings it up; without
// the right to do so it skips the test.
func SetLoopback(t testing.TB, mtu uint32) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd) //nolint:errcheck // it was only asked
	r, err := unix.NewIfreq("lo")
	if err != nil {
		t.Fatal(err)
	}
	r.SetUint32(mtu)
	if err = unix.IoctlIfreq(fd, unix.SIOCSIFMTU, r); errors.Is(err, unix.EPERM) {
		t.Skip("no right to set the MTU") // a namespace in name only
	}
	if err != nil {
		t.Fatal(err)
	}
	r.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, r); err != nil {
		t.Fatal(err)
	}
}

// SetNameServer makes a name server at 127.0.0.1 the only one that the programs of
// this mount namespace know, and the hosts file empty; without the right to do so
// it skips the test.
func SetNameServer(t testing.TB) {
	t.Helper()
	for path, text := range map[string]string{"/etc/resolv.conf": "nameserver 127.0.0.1\n", "/etc/hosts": ""} {
		own := filepath.Join(t.TempDir(), filepath.Base(path))
		if err := os.WriteFile(own, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := unix.Mount(own, path, "", unix.MS_BIND, ""); err != nil {
			t.Skipf("no right to mount over %s: %v", path, err)
		}
		t.Cleanup(func() { _ = unix.Unmount(path, unix.MNT_DETACH) }) // the namespace ends soon anyway
	}
}
