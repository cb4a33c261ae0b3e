package admin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/net/netutil"
)

// Bounds on what clients may cost.
const (
	maxConnections = 64
	maxHeaderBytes = 16 << 10
	headerTimeout  = 5 * time.Second
	readTimeout    = 10 * time.Second
	writeTimeout   = 30 * time.Second
	idleTimeout    = time.Minute
	closeTimeout   = 2 * time.Second
)

// Options are what a Server needs.
type Options struct {
	// Listen is a loopback address and port; port 0 takes a free one.
	Listen string
	Source Source
	// Metrics answers /metrics; nil leaves the path out.
	Metrics http.Handler
	// Version is shown in the OpenAPI document.
	Version string
	Logger  *zap.Logger // nil logs nothing
}

// Server is the HTTP API. New makes it, Start opens its socket, Close ends it.
// Use it once.
type Server struct {
	http     *http.Server
	listen   string
	log      *zap.Logger
	listener net.Listener
	served   chan struct{} // closed when the serving goroutine has ended
	close    func() error
}

// New makes a server and opens nothing. The error says that the address is none
// that the API may listen on.
func New(o Options) (*Server, error) {
	addr, err := netip.ParseAddrPort(o.Listen)
	if err != nil || !addr.Addr().Unmap().IsLoopback() {
		return nil, fmt.Errorf("admin.listen %q is no loopback address and port; write 127.0.0.1:9495", o.Listen)
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	s := &Server{listen: o.Listen, log: o.Logger, served: make(chan struct{})}
	s.http = &http.Server{
		Handler:           Handler(o),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          zap.NewStdLog(o.Logger),
	}
	s.close = sync.OnceValue(s.shutdown)
	return s, nil
}

// Handler returns the API itself, without a socket.
func Handler(o Options) http.Handler { return localOnly(newRoutes(o)) }

// Start opens the socket and serves in a goroutine of its own. The error says
// what to do when the address cannot be had.
func (s *Server) Start() error {
	l, err := net.Listen("tcp", s.listen)
	if err != nil {
		return fmt.Errorf("admin API: %w; set admin.listen to a free address", err)
	}
	s.listener = l
	s.log.Info("listening", zap.String("address", s.Addr()))
	go func() {
		defer close(s.served)
		if err := s.http.Serve(netutil.LimitListener(l, maxConnections)); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("the admin API ended", zap.Error(err))
		}
	}()
	return nil
}

// Addr returns the bound address, "" before Start.
func (s *Server) Addr() string {
	if s.listener == nil {
		return ""
	}
	return s.listener.Addr().String()
}

// Close ends the server: requests that are being answered get a moment to
// finish, then their connections are cut. It waits for the serving goroutine,
// and may be called more than once.
func (s *Server) Close() error { return s.close() }

func (s *Server) shutdown() error {
	if s.listener == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close() // a client that does not read must not hold up the end
	}
	<-s.served
	return err
}
