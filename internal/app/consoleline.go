package app

import (
	"go.uber.org/zap/buffer"
	"go.uber.org/zap/zapcore"
)

// consoleEncoder writes the lines of zap's console encoder, and puts time, level and
// logger before them itself: zap's makes strings of these for every line, and values
// of them that fmt can print.
type consoleEncoder struct {
	zapcore.Encoder // of the rest of the line
	lines           buffer.Pool
}

func newConsoleEncoder(c zapcore.EncoderConfig) zapcore.Encoder {
	c.TimeKey, c.LevelKey, c.NameKey = "", "", ""
	return &consoleEncoder{zapcore.NewConsoleEncoder(c), buffer.NewPool()}
}

// Clone is part of zapcore.Encoder.
func (c *consoleEncoder) Clone() zapcore.Encoder {
	return &consoleEncoder{c.Encoder.Clone(), c.lines}
}

// EncodeEntry is part of zapcore.Encoder. The time has milliseconds and a zone
// (ISO 8601).
func (c *consoleEncoder) EncodeEntry(e zapcore.Entry, fields []zapcore.Field) (*buffer.Buffer, error) {
	rest, err := c.Encoder.EncodeEntry(e, fields)
	if err != nil {
		return nil, err
	}
	defer rest.Free()
	line := c.lines.Get()
	line.AppendTime(e.Time, "2006-01-02T15:04:05.000Z0700")
	line.AppendByte('\t')
	line.AppendString(e.Level.CapitalString())
	line.AppendByte('\t')
	if e.LoggerName != "" {
		line.AppendString(e.LoggerName)
		line.AppendByte('\t')
	}
	_, err = line.Write(rest.Bytes())
	return line, err
}
