package transport

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"bridgehead/sip/wire"
)

// Every message that a queue took is written whole, or handed back, exactly
// once and in order; and its bounds hold.
func TestQueueLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := queue{wake: make(chan struct{}, 1)}
		q.connected()
		var sizes []int // of the messages taken, by token
		var out, back []uint64
		size := rapid.SampledFrom([]int{1, 700, 5000, 60000})
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			if rapid.IntRange(0, 3).Draw(t, "act") > 0 {
				p := []byte(strings.Repeat("x", size.Draw(t, "size")))
				_, err := q.put(p, &entry{to: wire.Hop{}, token: uint64(len(sizes))})
				if err == nil {
					sizes = append(sizes, len(p))
				} else if !errors.Is(err, ErrQueueFull) {
					t.Fatal(err)
				}
				if n := len(q.waiting.bytes) + len(q.writing.bytes); n > maxQueueBytes {
					t.Fatalf("%d bytes queued", n)
				}
				continue
			}
			if rapid.Bool().Draw(t, "sender") { // a sender who writes, and maybe leaves the rest to the writer
				run := q.claim()
				if run == nil {
					continue
				}
				if again, _, _ := q.take(); again != nil || q.claim() != nil {
					t.Fatal("two write at once")
				}
				n := rapid.IntRange(0, len(run.bytes)).Draw(t, "at once")
				if n == len(run.bytes) {
					for _, m := range run.marks {
						out = append(out, m.token)
					}
					q.wrote()
					continue
				}
				q.hand(n)
				if q.claim() != nil {
					t.Fatal("a sender overtakes")
				}
				if _, from, _ := q.take(); from != n {
					t.Fatalf("the writer goes on at %d, not %d", from, n)
				}
				for _, m := range run.marks {
					out = append(out, m.token)
				}
				q.wrote()
				continue
			}
			if run, _, err := q.take(); run != nil {
				for _, m := range run.marks {
					out = append(out, m.token)
				}
				q.wrote()
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if run, _, _ := q.take(); run != nil { // a write that fails half way
			n := rapid.IntRange(0, len(run.bytes)).Draw(t, "written")
			q.failed(n)
			for _, m := range run.marks {
				if m.end <= n {
					out = append(out, m.token)
				}
			}
		}
		q.end(ErrConnLost, true)
		if _, err := q.put([]byte("x"), &entry{}); !errors.Is(err, ErrConnLost) {
			t.Fatal("taken after the end")
		}
		q.rest(func(m mark, p []byte) {
			if len(p) != sizes[m.token] {
				t.Fatalf("message %d came back with %d bytes", m.token, len(p))
			}
			back = append(back, m.token)
		})
		all := append(out, back...)
		if len(all) != len(sizes) {
			t.Fatalf("%d taken, %d out or back", len(sizes), len(all))
		}
		for i, token := range all {
			if token != uint64(i) {
				t.Fatalf("message %d at place %d", token, i)
			}
		}
	})
}

func TestQueueEndsAfterWhatWaits(t *testing.T) {
	q := queue{wake: make(chan struct{}, 1)}
	_, err := q.put([]byte("x"), &entry{})
	require.NoError(t, err)
	q.end(ErrClosed, false)
	q.end(ErrConnLost, false)
	run, _, err := q.take()
	require.NoError(t, err)
	require.Equal(t, "x", string(run.bytes))
	q.wrote()
	run, _, err = q.take()
	require.Nil(t, run)
	require.ErrorIs(t, err, ErrClosed, "the first reason stays")
}

// Cut anywhere, a stream gives the same messages; what it keeps is bounded.
func TestStreamCuts(t *testing.T) {
	h := newRecorder()
	s := listen(t, h, nil, "tcp 127.0.0.1:0")
	rapid.Check(t, func(t *rapid.T) {
		c := newConn(s, s.listeners[0], at(s, 0), false)
		small := make([]byte, smallBuffer)
		st := stream{c: c, small: small, buf: small}
		var all string
		var want []string
		for range rapid.IntRange(1, 12).Draw(t, "messages") {
			all += strings.Repeat("\r\n", rapid.IntRange(0, 3).Draw(t, "line ends"))
			m := request("a", rapid.SampledFrom([]int{0, 1, 100, 4000, 8100, 9000, 65400}).Draw(t, "body"))
			want = append(want, m)
			all += m
		}
		for all != "" {
			n := min(rapid.SampledFrom([]int{1, 2, 3, 1460, 5000, 65536}).Draw(t, "cut"), len(all), len(st.buf)-st.n)
			copy(st.buf[st.n:], all[:n])
			all = all[n:]
			if err := st.take(n, s.o.now()); err != nil {
				t.Fatal(err)
			}
			if st.n >= len(st.buf) {
				t.Fatal("no room for more")
			}
		}
		if st.n != 0 || !st.began.IsZero() {
			t.Fatalf("%d bytes left", st.n)
		}
		for i, w := range want {
			if got := <-h.messages; got.text != w {
				t.Fatalf("message %d: %d bytes, want %d", i, len(got.text), len(w))
			}
		}
		st.giveBack()
	})
}
