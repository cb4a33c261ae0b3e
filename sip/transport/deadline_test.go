package transport

import (
	"io"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

// piped is a connection with the default times, whose other end the test holds;
// in a bubble its time is virtual.
func piped(t *testing.T) (c *conn, far net.Conn, h *recorder, ended <-chan struct{}) {
	t.Helper()
	s := layout(t, nil, line("tcp 192.0.2.1:5060"))
	c = newConn(s, s.listeners[0], netip.MustParseAddrPort("192.0.2.2:1234"), false)
	near, far := net.Pipe()
	require.True(t, c.attach(near))
	s.conns.mu.Lock()
	s.conns.add(c)
	s.conns.mu.Unlock()
	c.hop = wire.Hop{Transport: wire.TCP, Remote: c.remote, Conn: c.id}
	done := make(chan struct{})
	go func() { defer close(done); c.serve() }()
	return c, far, s.o.Handler.(*recorder), done
}

func TestMessageMustArriveWithinItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, far, h, ended := piped(t)
		time.Sleep(time.Minute)
		_, err := io.WriteString(far, request("whole", 0)+"OPTIONS sip:")
		require.NoError(t, err)
		began := time.Now()
		dripped := make(chan struct{})
		go func() { // a drip does not help: the time counts from the first byte
			defer close(dripped)
			for err == nil {
				time.Sleep(time.Second)
				_, err = io.WriteString(far, "x")
			}
		}()
		<-ended
		require.Equal(t, 30*time.Second, time.Since(began))
		<-dripped
		require.Equal(t, request("whole", 0), (<-h.messages).text)
		require.Equal(t, uint64(1), c.stack.Stats().Dropped[DropFraming])
		require.Zero(t, c.stack.Stats().Connections)
	})
}

// A message that does come whole within its time restores the idle time.
func TestSlowButWholeMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, far, h, ended := piped(t)
		m := request("slow", 5)
		for i := range 3 {
			_, err := io.WriteString(far, m[:20])
			require.NoError(t, err)
			time.Sleep(29 * time.Second)
			_, err = io.WriteString(far, m[20:])
			require.NoError(t, err)
			synctest.Wait()
			require.Len(t, h.messages, i+1)
			time.Sleep(9 * time.Minute)
		}
		c.die(ErrClosed, DropClosed)
		<-ended
	})
}

func TestIdleTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, far, _, ended := piped(t)
		pongs := make(chan struct{})
		go func() { defer close(pongs); _, _ = io.Copy(io.Discard, far) }()
		for range 10 { // pings keep it
			time.Sleep(9 * time.Minute)
			_, err := io.WriteString(far, "\r\n\r\n")
			require.NoError(t, err)
		}
		for range 10 { // so does what we write
			time.Sleep(9 * time.Minute)
			b := c.stack.NewBatch()
			b.Send(c.hop, 0, []byte(request("ours", 0)))
			b.Flush()
		}
		last := time.Now()
		<-ended
		require.Equal(t, 10*time.Minute, time.Since(last))
		<-pongs
		require.Equal(t, uint64(10), c.stack.Stats().TCP.Sent)
	})
}

// A peer that does not read is cut off after WriteTimeout, or as soon as its
// queue is full and nothing moved for a second; Send and Flush never wait.
func TestPeerThatDoesNotRead(t *testing.T) {
	t.Run("little to write", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, _, h, ended := piped(t)
			began := time.Now()
			b := c.stack.NewBatch()
			b.Send(c.hop, 1, []byte(request("a", 0)))
			b.Flush()
			require.Zero(t, time.Since(began))
			<-ended
			require.Equal(t, 5*time.Second, time.Since(began))
			l := <-h.losses
			require.Equal(t, uint64(1), l.token)
			require.ErrorIs(t, l.err, ErrSlowReader)
		})
	})
	t.Run("more than fits", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, _, h, ended := piped(t)
			began := time.Now()
			b := c.stack.NewBatch()
			send := func(token uint64) {
				b.Send(c.hop, token, []byte(request("a", 60000)))
				b.Flush()
			}
			send(1)
			synctest.Wait() // it is being written
			for token := uint64(2); token <= 17; token++ {
				send(token)
			}
			require.Zero(t, c.stack.Stats().Dropped[DropQueueFull])
			send(18)
			require.ErrorIs(t, (<-h.losses).err, ErrQueueFull)
			time.Sleep(stuckAfter + 1)
			send(19)
			<-ended
			require.Less(t, time.Since(began), 2*stuckAfter)
			for range 18 { // the writer tells of its own, so in no order
				l := <-h.losses
				if l.token == 19 {
					require.ErrorIs(t, l.err, ErrQueueFull)
				} else {
					require.ErrorIs(t, l.err, ErrSlowReader)
				}
			}
			require.Equal(t, uint64(17), c.stack.Stats().Dropped[DropSlowReader])
		})
	})
}
