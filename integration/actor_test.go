package integration

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// actor is a sipp process: a caller that plays one call, or a bridge that waits
// for calls.
type actor struct {
	*process
	script string // below testdata/sipp, without ".xml"
	addr   netip.AddrPort
	files  string // path of its log files without their suffixes
}

// part is what an actor is told.
type part struct {
	script    string         // below testdata/sipp, without ".xml"
	addr      netip.AddrPort // where it listens and sends from
	transport string         // "udp" (the default) or "tcp"
	remote    netip.AddrPort // the proxy, for callers; not valid for bridges
	calls     int            // how many calls a caller makes; 0 means 1
	untraced  bool           // keep no messages: for many calls
	args      []string       // more of sipp's
}

// callLimit bounds one call of a caller, so that no play hangs.
const callLimit = 40 * time.Second

// startActor runs sipp in dir.
func startActor(t *testing.T, name, dir string, p part) *actor {
	t.Helper()
	scenario, err := filepath.Abs(filepath.Join("testdata", "sipp", p.script+".xml"))
	require.NoError(t, err)
	require.FileExists(t, scenario)
	a := &actor{script: p.script, addr: p.addr, files: filepath.Join(dir, name)}
	ip := p.addr.Addr().String()
	mode := map[string]string{"": "u1", "udp": "u1", "tcp": "t1"}[p.transport]
	args := []string{
		"-sf", scenario, "-t", mode,
		"-i", ip, "-p", fmt.Sprint(p.addr.Port()), "-bind_local", "-ci", ip, "-mi", ip,
		"-nostdin", "-skip_rlimit", "-buff_size", "70000",
		"-trace_err", "-error_file", a.files + ".errors",
	}
	if !p.untraced {
		args = append(args, "-trace_msg", "-message_file", a.files+".messages", "-trace_logs", "-log_file", a.files+".log")
	}
	if p.remote.IsValid() {
		args = append(args, p.remote.String(), "-m", fmt.Sprint(max(1, p.calls)), "-l", fmt.Sprint(max(1, p.calls)),
			"-timeout", fmt.Sprint(int(callLimit.Seconds())), "-timeout_error")
	} else {
		args = append(args, "-aa") // answers OPTIONS
	}
	cmd := exec.Command(sippProgram(t), append(args, p.args...)...)
	cmd.Dir = dir
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s (%s) complained:\n%s", name, p.script, tail(a.file("errors"), 4_000))
			t.Logf("%s (%s) at %s saw:\n%s", name, p.script, p.addr, a.story(t))
		}
	})
	a.process = startProcess(t, name, cmd, syscall.SIGKILL) // its logs are complete at any time
	return a
}

// file reads one of the actor's log files.
func (a *actor) file(suffix string) string {
	b, err := os.ReadFile(a.files + "." + suffix)
	if err != nil {
		return "" // sipp makes a file when it has something to say
	}
	return string(b)
}

// packets are the messages of the calls so far, without OPTIONS probes.
func (a *actor) packets(t *testing.T) []packet {
	t.Helper()
	all := a.everything(t)
	if strings.HasPrefix(a.script, "caller/") {
		return all
	}
	return pick(all, func(p packet) bool { return p.method() != "OPTIONS" })
}

// everything is all that the actor saw, probes included.
func (a *actor) everything(t *testing.T) []packet {
	t.Helper()
	all, err := readTrace([]byte(a.file("messages")))
	require.NoError(t, err, "the message log of %s", a.name)
	return all
}

// await waits until the actor's messages satisfy cond.
func (a *actor) await(t *testing.T, what string, cond func([]packet) bool) []packet {
	t.Helper()
	var packets []packet
	eventually(t, a.name+": "+what, func() bool {
		packets = a.packets(t)
		return cond(packets)
	})
	return packets
}

// finished waits until n calls went through the actor's script to its end.
func (a *actor) finished(t *testing.T, n int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%s: %d calls to the end of %s", a.name, n, a.script), func() bool {
		return strings.Count(a.file("log"), "end of the script") >= n
	})
}

// faults are complaints about messages that the script did not expect.
func (a *actor) faults() []string {
	var lines []string
	for line := range strings.SplitSeq(a.file("errors"), "\n") {
		if strings.Contains(line, "Aborting call") || strings.Contains(line, "Discarding") || strings.Contains(line, "Failed regexp") {
			lines = append(lines, line)
		}
	}
	return lines
}

// listening waits until the actor takes SIP.
func (a *actor) listening(t *testing.T, transport string) {
	t.Helper()
	eventually(t, a.name+" listens", func() bool {
		require.False(t, a.ended(), "%s has ended at once:\n%s", a.name, a.out.String())
		if transport == "tcp" {
			c, err := net.DialTimeout("tcp", a.addr.String(), time.Second)
			if err == nil {
				c.Close()
			}
			return err == nil
		}
		return answersOptions(a.addr)
	})
}

// answersOptions tells if somebody at addr answers OPTIONS over UDP.
func answersOptions(addr netip.AddrPort) bool {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(addr))
	if err != nil {
		return false
	}
	defer c.Close()
	branch := fmt.Sprintf("z9hG4bK%d", time.Now().UnixNano())
	_, err = fmt.Fprintf(c, "OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s\r\nMax-Forwards: 70\r\n"+
		"From: <sip:director@lab>;tag=1\r\nTo: <sip:%s>\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
		addr, c.LocalAddr(), branch, addr, branch)
	if err != nil {
		return false
	}
	_ = c.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	buf := make([]byte, 2048)
	n, err := c.Read(buf)
	return err == nil && strings.HasPrefix(string(buf[:n]), "SIP/2.0 200 ")
}

// story is the list of messages, for people; of OPTIONS only that they were.
func (a *actor) story(t *testing.T) string {
	var b strings.Builder
	for _, p := range a.everything(t) {
		arrow := "<-"
		if p.sent {
			arrow = "->"
		}
		text := strings.ReplaceAll(tail(string(p.raw), 3_000), "\r\n", "\n      ")
		if p.method() == "OPTIONS" {
			text = p.start + " (" + p.get("CSeq") + ", " + p.get("Call-ID") + ", " + p.get("Via") + ")"
		}
		fmt.Fprintf(&b, "%s %s %s\n", p.at.Format("15:04:05.000"), arrow, text)
	}
	return b.String()
}
