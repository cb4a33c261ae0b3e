package transport

import (
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Where connections have readers of their own, all is as with one poller for all.
func TestReadersOfTheirOwn(t *testing.T) {
	readersOfTheirOwn = true
	defer func() { readersOfTheirOwn = false }()
	for name, test := range map[string]func(*testing.T){
		"segments":     TestSegments,
		"ping":         TestPingPong,
		"slow reader":  TestSlowReaderIsCutOff,
		"limits":       TestConnectionLimits,
		"half closed":  TestHalfClosedPeerIsAnswered,
		"order":        TestOrderOnOneConnection,
		"broken":       TestBrokenStreamEnds,
		"close":        TestCloseWritesWhatIsQueued,
		"under load":   TestCloseUnderTraffic,
		"replaced":     TestClosedConnectionIsReplaced,
		"panic":        TestPanicKeepsTheConnection,
		"no allocator": TestNoAllocationPerStreamMessage,
	} {
		t.Run(name, test)
	}
}

// The poller ends connections whose time has run out, within a tick: a message
// that does not come whole, and silence.
func TestPollerKeepsTime(t *testing.T) {
	for _, first := range []string{"", "OPTIONS sip:", request("whole", 0)} {
		s := listen(t, newRecorder(), func(o *Options) { o.ConnIdle, o.MessageTimeout = 50*time.Millisecond, 60*time.Millisecond }, "tcp 127.0.0.1:0")
		c := tcpPeer(t, s, 0)
		_, err := c.Write([]byte(first))
		require.NoError(t, err)
		_, err = c.Read(make([]byte, 1))
		requireEnded(t, err)
		eventually(t, "forgotten", func() bool { return s.Stats().Connections == 0 })
	}
}

// Connections that come and go, from many sides at once, leave no descriptor and
// nothing that is waited for.
func TestConnectionsComeAndGo(t *testing.T) {
	open := func() int {
		all, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("descriptors cannot be counted here")
		}
		return len(all)
	}
	s := listen(t, newRecorder().echo(), nil, "tcp 127.0.0.1:0")
	before := open()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				c, err := net.DialTimeout("tcp", at(s, 0).String(), patience)
				if err != nil {
					t.Error(err)
					return
				}
				m := request("a", 0)
				_ = c.SetDeadline(time.Now().Add(patience))
				_, _ = io.WriteString(c, m)
				if _, err := io.ReadFull(c, make([]byte, len(m))); err != nil {
					t.Error(err)
				}
				_ = c.Close()
			}
		})
	}
	all.Wait()
	eventually(t, "every connection is forgotten", func() bool { return s.Stats().Connections == 0 })
	eventually(t, "every descriptor is closed", func() bool { return open() <= before+2 })
}
