package sim

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// headerTimeout bounds how long a client may take for a request's headers.
const headerTimeout = 10 * time.Second

// webServer is an HTTP server whose close also waits for the handlers, which
// http.Server.Close does not.
type webServer struct {
	server *http.Server
	cancel context.CancelFunc
	done   chan struct{}
	open   sync.RWMutex // read-locked by every handler
	closed bool         // under open
}

// serveOn starts a server. Requests' contexts end with close.
func serveOn(l net.Listener, h http.Handler) *webServer {
	ctx, cancel := context.WithCancel(context.Background())
	s := &webServer{cancel: cancel, done: make(chan struct{})}
	s.server = &http.Server{
		Handler: s.guard(h), ReadHeaderTimeout: headerTimeout,
		BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog:    log.New(io.Discard, "", 0), // clients that go away are no news
	}
	go func() {
		defer close(s.done)
		_ = s.server.Serve(l)
	}()
	return s
}

// guard lets close wait for the handler.
func (s *webServer) guard(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.open.RLock()
		defer s.open.RUnlock()
		if s.closed {
			panic(http.ErrAbortHandler)
		}
		h.ServeHTTP(w, r)
	})
}

// close ends the server and every request, and waits for them.
func (s *webServer) close() error {
	s.cancel()
	err := s.server.Close()
	<-s.done
	s.open.Lock()
	defer s.open.Unlock()
	s.closed = true
	return err
}
