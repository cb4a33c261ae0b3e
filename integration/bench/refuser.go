package main

import (
	"bytes"
	"net"
	"net/netip"
	"runtime"

	"golang.org/x/sys/unix"
)

// refusing is what a relay does instead of carrying where calls are refused: it
// answers each INVITE with the INVITE itself under another first line, and reads
// and drops everything else. Nothing that takes a call and refuses it can cost
// less, as this neither parses nor remembers nor decides anything.
const refusing = "refuse"

var refusalLine = []byte("SIP/2.0 488 Not Acceptable Here\r\n")

// refusedBy gives what the answer has after its first line; nothing for what is
// no INVITE.
func refusedBy(datagram []byte) []byte {
	if !bytes.HasPrefix(datagram, []byte("INVITE ")) {
		return nil
	}
	_, rest, _ := bytes.Cut(datagram, []byte("\r\n"))
	return rest
}

// refuseDatagrams is the bare one: one thread, blocked in the kernel by itself, that
// answers a batch with one system call and copies no byte.
func refuseDatagrams(door, caller, _ netip.AddrPort) error {
	fd, err := socket(unix.SOCK_DGRAM, door, caller)
	if err != nil {
		return err
	}
	go func() {
		runtime.LockOSThread()
		in, out := newBatch(), newBatch()
		var pieces [batchLength][2]unix.Iovec
		for {
			n := in.receive(fd)
			answers := 0
			for i := range n {
				rest := refusedBy(in.bytes[i][:in.headers[i].length])
				if rest == nil {
					continue
				}
				p := &pieces[answers]
				p[0].Base, p[1].Base = &refusalLine[0], &rest[0]
				p[0].SetLen(len(refusalLine))
				p[1].SetLen(len(rest))
				out.headers[answers].Iov, out.headers[answers].Iovlen = &p[0], 2
				answers++
			}
			if answers > 0 {
				out.call(unix.SYS_SENDMMSG, fd, answers, 0)
			}
		}
	}()
	return nil
}

// refusePlainly is the plain one: a goroutine and the net package.
func refusePlainly(door, caller, _ netip.AddrPort) error {
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(door))
	if err != nil {
		return err
	}
	go func() {
		buf := make([]byte, 65536)
		answer := make([]byte, 0, 65536)
		for {
			n, _, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				continue // one that was sent before found nobody
			}
			if rest := refusedBy(buf[:n]); rest != nil {
				answer = append(append(answer[:0], refusalLine...), rest...)
				_, _ = conn.WriteToUDPAddrPort(answer, caller)
			}
		}
	}()
	return nil
}
