package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"
)

// Garbage is a tenth of the messages, of which a call has about six: one third of
// it are datagrams that are no SIP, one third CANCELs for nothing. The last third
// are INVITEs sent again: the probe's, as sipp cannot bear the answers.
const (
	messagesPerCall = 6
	garbageShare    = 0.1 * messagesPerCall / 3 // of a row's rate, for each third
	invitesAgain    = 4                         // times, of each of the probe's calls
)

// sendGarbage sends from the caller's host, until ctx is over, datagrams that are
// no SIP and CANCELs for calls that never were.
func sendGarbage(ctx context.Context, s *site, door netip.AddrPort) error {
	conn, err := net.DialUDP("udp", net.UDPAddrFromAddrPort(s.at(hostCaller, portGarbage)), net.UDPAddrFromAddrPort(door))
	if err != nil {
		return err
	}
	defer conn.Close()
	go func() { // the answers are of no interest, but must not fill the buffer
		buf := make([]byte, 2048)
		for {
			if _, err := conn.Read(buf); err != nil && ctx.Err() != nil {
				return
			}
		}
	}()
	const pause = 10 * time.Millisecond
	tick := time.NewTicker(pause)
	defer tick.Stop()
	begin, sent := time.Now(), 0
	random := rand.New(rand.NewPCG(1, 2)) // the same garbage for everybody
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		for due := int(time.Since(begin).Seconds() * garbageShare * float64(s.row.rate)); sent < due; sent++ {
			if _, err := conn.Write(noSIP(random)); err != nil {
				return err
			}
			if _, err := conn.Write(cancelForNothing(conn.LocalAddr().String(), sent)); err != nil {
				return err
			}
		}
	}
}

// noSIP is a datagram of bytes by chance, or one that begins like SIP and is none.
func noSIP(random *rand.Rand) []byte {
	b := make([]byte, 64+random.IntN(512))
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	if random.IntN(2) == 0 {
		copy(b, "INVITE sip:room1@"+domain+" SIP/2.0\r\nVia: ")
	}
	return b
}

// cancelForNothing is a well-formed CANCEL for no call.
func cancelForNothing(from string, n int) []byte {
	return fmt.Appendf(nil, "CANCEL sip:room1@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKnothing%d\r\nMax-Forwards: 70\r\n"+
		"From: <sip:nobody@example.com>;tag=n%d\r\nTo: <sip:room1@%s>\r\nCall-ID: nothing%d\r\nCSeq: 1 CANCEL\r\nContent-Length: 0\r\n\r\n",
		domain, from, n, n, domain, n)
}
