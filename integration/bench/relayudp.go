package main

import (
	"net/netip"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Sizes of a batch: more datagrams than wait at any rate of ours, each as long
// as any SIP message of ours.
const (
	batchLength = 32
	batchBytes  = 4096
)

// batch is struct mmsghdr of Linux, many times, and what it points to.
type batch struct {
	headers [batchLength]struct {
		unix.Msghdr
		length uint32
	}
	vectors [batchLength]unix.Iovec
	bytes   [batchLength][batchBytes]byte
}

// relayDatagrams carries datagrams between caller, which sends to door, and
// callee.
func relayDatagrams(door, caller, callee netip.AddrPort) error {
	near, err := socket(unix.SOCK_DGRAM, door, caller)
	if err != nil {
		return err
	}
	far, err := socket(unix.SOCK_DGRAM, netip.AddrPortFrom(door.Addr(), 0), callee)
	if err != nil {
		return err
	}
	go carryDatagrams(near, far)
	go carryDatagrams(far, near)
	return nil
}

// carryDatagrams sends to one socket what comes from the other, for ever. An
// error is one of a datagram that was sent before (its receiver is not there);
// the datagrams of the batch are lost then, as datagrams may be.
func carryDatagrams(from, to int) {
	runtime.LockOSThread()
	b := newBatch()
	for {
		n := b.receive(from)
		for i := range b.vectors[:n] {
			b.vectors[i].SetLen(int(b.headers[i].length))
		}
		if n > 0 {
			b.call(unix.SYS_SENDMMSG, to, n, 0)
		}
	}
}

func newBatch() *batch {
	b := new(batch)
	for i := range b.headers {
		b.vectors[i].Base = &b.bytes[i][0]
		b.headers[i].Iov, b.headers[i].Iovlen = &b.vectors[i], 1
	}
	return b
}

// receive waits for datagrams and returns how many there are.
func (b *batch) receive(fd int) int {
	for i := range b.vectors {
		b.vectors[i].SetLen(batchBytes)
	}
	return b.call(unix.SYS_RECVMMSG, fd, batchLength, unix.MSG_WAITFORONE)
}

// call gives the first n messages to recvmmsg or sendmmsg and returns how many
// it took; 0 for an error.
func (b *batch) call(number uintptr, fd, n, flags int) int {
	done, _, errno := unix.RawSyscall6(number, uintptr(fd), uintptr(unsafe.Pointer(&b.headers)), uintptr(n), uintptr(flags), 0, 0)
	if errno != 0 {
		return 0
	}
	return int(done)
}
