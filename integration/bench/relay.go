package main

import (
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// relayVerb makes this program a relay: bench relay NAME TASK CALLEE LEG..., the
// task a transport or refusing,
// each leg an address to listen on and the caller that uses it, with a comma.
// It is for the bench itself and not in its usage.
const relayVerb = "relay"

// relay carries datagrams, or the bytes of TCP connections, between each caller
// and the first bridge, and looks at none of them. There are two: the plain one
// is what a Go programmer would write, and what everything else here is measured
// by. The bare one shows the least that anything between two SIP peers can cost
// on this kernel. It works in the cheapest way that was found: a thread for each direction,
// with a buffer of its own, blocked in the kernel by itself with nothing of Go's
// scheduler or poller in between; connected sockets, for which the kernel looks
// up no route; recvmmsg and sendmmsg, so that under load one system call carries
// what has come meanwhile (read and write, one datagram each, cost the same at
// 2,000 calls a second and 4 % more at 3,000); no garbage collection, as nothing is
// ever allocated.
type relay struct {
	site *site
	*child
}

func startRelay(s *site, name string) (proxy, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	r := &relay{site: s}
	task := s.row.transport
	if s.row.kind == refused {
		task = refusing
	}
	argv := []string{program, relayVerb, name, task, s.bridges()[0].String()}
	for _, caller := range []uint16{portCaller, portWarm, portProbe} {
		argv = append(argv, r.door(caller).String()+","+s.at(hostCaller, caller).String())
	}
	r.child, err = startChild(s.dir, name, argv...)
	return r, err
}

// door gives each caller a door of its own, as the relay cannot tell callers
// apart by what they say.
func (r *relay) door(caller uint16) netip.AddrPort { return r.site.at(hostProxy, caller) }

// relayMain is the relay's process. It returns only if it cannot begin.
func relayMain(args []string) error {
	if len(args) < 4 {
		return fmt.Errorf("%s: a name, a task, a callee and a leg are needed", relayVerb)
	}
	debug.SetGCPercent(-1)
	datagrams, connections, refuse := plainDatagrams, plainConnections, refusePlainly
	if args[0] == nameBare {
		runtime.GOMAXPROCS(64) // a blocked thread keeps its P, which costs nothing
		datagrams, connections, refuse = relayDatagrams, relayConnections, refuseDatagrams
	}
	callee, err := netip.ParseAddrPort(args[2])
	if err != nil {
		return err
	}
	failed := make(chan error)
	for _, leg := range args[3:] {
		door, caller, _ := strings.Cut(leg, ",")
		from, err := netip.ParseAddrPort(door)
		if err != nil {
			return err
		}
		to, err := netip.ParseAddrPort(caller)
		if err != nil {
			return err
		}
		switch args[1] {
		case "udp":
			err = datagrams(from, to, callee)
		case "tcp":
			err = connections(from, callee, failed)
		case refusing:
			err = refuse(from, to, callee)
		default:
			err = fmt.Errorf("no task: %s", strconv.Quote(args[1]))
		}
		if err != nil {
			return err
		}
	}
	return <-failed
}

// socket makes a blocking socket that is bound to local and, if remote is valid,
// connected to it.
func socket(typ int, local, remote netip.AddrPort) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, typ|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	if typ == unix.SOCK_STREAM {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	} else {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 4<<20)
	}
	if err != nil {
		return 0, os.NewSyscallError("setsockopt", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: local.Addr().As4(), Port: int(local.Port())}); err != nil {
		return 0, fmt.Errorf("bind %s: %w", local, err)
	}
	if remote.IsValid() {
		if err := unix.Connect(fd, &unix.SockaddrInet4{Addr: remote.Addr().As4(), Port: int(remote.Port())}); err != nil {
			return 0, fmt.Errorf("connect %s: %w", remote, err)
		}
	}
	return fd, nil
}
