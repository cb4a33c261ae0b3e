package dns

import (
	"net"
	"os"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// lookAgain is how often the file of the name servers is looked at.
const lookAgain = 5 * time.Second

// servers are the name servers, from a file.
type servers struct {
	path string // "": there is none, and list stays as it is

	mu      sync.Mutex
	list    []string
	looked  time.Time
	changed time.Time // of the file, when it was read
}

// now returns them as HOST:PORT. It reads a small file at times; where that has
// become unreadable what it said last still holds.
func (s *servers) now() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.path == "" || time.Since(s.looked) < lookAgain {
		return s.list
	}
	s.looked = time.Now()
	info, err := os.Stat(s.path)
	if err != nil || info.ModTime().Equal(s.changed) {
		return s.list
	}
	conf, err := dns.ClientConfigFromFile(s.path)
	if err != nil {
		return s.list
	}
	s.changed = info.ModTime()
	s.list = nil
	for _, host := range conf.Servers {
		s.list = append(s.list, net.JoinHostPort(host, conf.Port))
	}
	return s.list
}
