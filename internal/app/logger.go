package app

import (
	"io"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Bounds of the log buffer: the call path writes into it and never waits for
// the disk or the terminal behind it.
const (
	logBuffer = 4 << 20               // bytes of lines that wait; about 8,000 calls
	logKeep   = 512 << 10             // a buffer that grew larger is not kept for reuse; 10,000 calls a second fill less
	logDelay  = 20 * time.Millisecond // for which lines are gathered: no wake-up for each
)

// sink is a zapcore.WriteSyncer that hands lines to a goroutine of its own.
// When that falls behind, lines are dropped and counted. Safe for concurrent use.
type sink struct {
	out     io.Writer
	dropped atomic.Uint64
	wake    chan struct{}
	once    sync.Once
	done    chan struct{}
	closed  chan struct{}

	mu    sync.Mutex // never held during I/O
	lines []byte     // that wait to be written
}

func newSink(out io.Writer) *sink {
	s := &sink{out: out, wake: make(chan struct{}, 1), done: make(chan struct{}), closed: make(chan struct{})}
	go s.run()
	return s
}

// Write takes one line; it never blocks and never fails.
func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	first := len(s.lines) == 0
	if len(s.lines)+len(p) > logBuffer {
		s.dropped.Add(1)
	} else {
		s.lines = append(s.lines, p...)
	}
	s.mu.Unlock()
	if first {
		select {
		case s.wake <- struct{}{}:
		default: // It is on its way already.
		}
	}
	return len(p), nil
}

// Sync is for zap; lines are written as they come.
func (s *sink) Sync() error { return nil }

// Close writes what is queued and ends the goroutine, within a bound: a reader
// that is stuck must not hold up the end of the process.
func (s *sink) Close() {
	s.once.Do(func() { close(s.done) })
	select {
	case <-s.closed:
	case <-time.After(2 * time.Second):
	}
}

func (s *sink) run() {
	defer close(s.closed)
	var spare []byte
	for ending := false; !ending; {
		select {
		case <-s.wake:
			select {
			case <-time.After(logDelay):
			case <-s.done:
				ending = true
			}
		case <-s.done:
			ending = true
		}
		lines := s.take(spare)
		s.out.Write(lines) //nolint:errcheck // there is nowhere to tell it
		if spare = lines[:0]; cap(spare) > logKeep {
			spare = nil
		}
	}
}

// take returns the lines that wait and puts an empty buffer in their place.
func (s *sink) take(empty []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := s.lines
	s.lines = empty
	return lines
}

// NewLogger makes the process's logger: level is debug, info, warn or error,
// format console or json, as the configuration allows. Call close before the
// process ends, to have the last lines written.
func NewLogger(out io.Writer, level, format string) (logger *zap.Logger, dropped func() uint64, closeLog func()) {
	lvl, err := zapcore.ParseLevel(level)
	if err != nil {
		lvl = zapcore.InfoLevel
	}
	enc := zap.NewProductionEncoderConfig()
	enc.EncodeTime = zapcore.ISO8601TimeEncoder
	enc.EncodeDuration = zapcore.StringDurationEncoder
	var encoder zapcore.Encoder = zapcore.NewJSONEncoder(enc)
	if format != "json" {
		encoder = newConsoleEncoder(enc)
	}
	s := newSink(out)
	return zap.New(zapcore.NewCore(encoder, s, lvl)), s.dropped.Load, s.Close
}
