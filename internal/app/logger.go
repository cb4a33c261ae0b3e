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
	logLines    = 8192
	logLineKeep = 4096     // a buffer that grew larger is not kept for reuse
	logWrite    = 32 << 10 // bytes from which one write is enough
)

// sink is a zapcore.WriteSyncer that hands lines to a goroutine of its own.
// When that falls behind, lines are dropped and counted, and the count is
// written once there is room. Safe for concurrent use.
type sink struct {
	out     io.Writer
	lines   chan *[]byte
	spare   sync.Pool
	dropped atomic.Uint64
	once    sync.Once
	done    chan struct{}
	closed  chan struct{}
}

func newSink(out io.Writer) *sink {
	s := &sink{out: out, lines: make(chan *[]byte, logLines), done: make(chan struct{}), closed: make(chan struct{})}
	s.spare.New = func() any { b := make([]byte, 0, 512); return &b }
	go s.run()
	return s
}

// Write takes one line; it never blocks and never fails.
func (s *sink) Write(p []byte) (int, error) {
	b := s.spare.Get().(*[]byte)
	*b = append((*b)[:0], p...)
	select {
	case s.lines <- b:
	default:
		s.dropped.Add(1)
		s.spare.Put(b)
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
	buf := make([]byte, 0, 2*logWrite)
	for {
		select {
		case b := <-s.lines:
			buf = s.gather(s.append(buf[:0], b))
		case <-s.done:
			if buf = s.gather(buf[:0]); len(buf) == 0 {
				return
			}
		}
		s.out.Write(buf) //nolint:errcheck // there is nowhere to tell it
	}
}

// gather adds the lines that wait already, so that a busy edge writes many at
// a time.
func (s *sink) gather(buf []byte) []byte {
	for len(buf) < logWrite {
		select {
		case b := <-s.lines:
			buf = s.append(buf, b)
		default:
			return buf
		}
	}
	return buf
}

func (s *sink) append(buf []byte, b *[]byte) []byte {
	buf = append(buf, *b...)
	if cap(*b) <= logLineKeep {
		s.spare.Put(b)
	}
	return buf
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
		enc.EncodeLevel = zapcore.CapitalLevelEncoder
		encoder = zapcore.NewConsoleEncoder(enc)
	}
	s := newSink(out)
	return zap.New(zapcore.NewCore(encoder, s, lvl)), s.dropped.Load, s.Close
}
