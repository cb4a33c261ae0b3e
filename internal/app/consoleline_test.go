package app

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// zapConsole is what consoleEncoder stands in for.
func zapConsole() zapcore.Encoder {
	c := zap.NewProductionEncoderConfig()
	c.EncodeTime, c.EncodeLevel, c.EncodeDuration = zapcore.ISO8601TimeEncoder, zapcore.CapitalLevelEncoder, zapcore.StringDurationEncoder
	return zapcore.NewConsoleEncoder(c)
}

func ownConsole() zapcore.Encoder {
	c := zap.NewProductionEncoderConfig()
	c.EncodeDuration = zapcore.StringDurationEncoder
	return newConsoleEncoder(c)
}

func entry(level zapcore.Level, text string) zapcore.Entry {
	return zapcore.Entry{Level: level, Message: text, Time: time.Date(2026, 3, 1, 9, 8, 7, 6_000_000, time.FixedZone("", 3600))}
}

var someFields = []zapcore.Field{zap.String("call_id", "a\"b"), zap.Int("status", 488), zap.Duration("took", 1500*time.Microsecond)}

func TestConsoleLineIsZaps(t *testing.T) {
	e := entry(zap.WarnLevel, "call")
	e.Stack = "main.main()"
	for _, e.LoggerName = range []string{"", "sip"} {
		sameLines(t, e)
	}
}

func sameLines(t *testing.T, e zapcore.Entry) {
	for _, fields := range [][]zapcore.Field{nil, someFields} {
		for _, with := range [][]zapcore.Field{nil, {zap.String("edge", "e1")}} {
			own, zaps := ownConsole(), zapConsole()
			for _, f := range with {
				f.AddTo(own)
				f.AddTo(zaps)
			}
			got, err := own.Clone().EncodeEntry(e, fields)
			require.NoError(t, err)
			want, err := zaps.Clone().EncodeEntry(e, fields)
			require.NoError(t, err)
			require.Equal(t, want.String(), got.String())
		}
	}
}

func BenchmarkConsoleLine(b *testing.B) {
	e := entry(zap.InfoLevel, "call")
	e.LoggerName = "sip"
	for name, encoder := range map[string]zapcore.Encoder{"own": ownConsole(), "zap": zapConsole()} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				line, err := encoder.EncodeEntry(e, someFields)
				if err != nil {
					b.Fatal(err)
				}
				line.Free()
			}
		})
	}
}
