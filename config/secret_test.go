package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	yaml "github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// everyVerb prints v with every verb and flag of fmt.
func everyVerb(v any) string {
	var b strings.Builder
	for _, verb := range "vTtbcdoOqxXUeEfFgGsp" {
		for _, flags := range []string{"", "+", "#", "0", " ", "30", "-5.3"} {
			fmt.Fprintf(&b, "%"+flags+string(verb)+"\n", v)
		}
	}
	return b.String()
}

func TestSecret(t *testing.T) {
	s := NewSecret("hunter2")
	require.Equal(t, "hunter2", s.Reveal())
	require.False(t, s.Empty())
	require.True(t, Secret{}.Empty())
	require.Equal(t, "", Secret{}.Reveal())

	type inside struct {
		Shown  Secret
		hidden Secret
		List   []Secret
		Map    map[string]Secret
	}
	holder := inside{s, s, []Secret{s}, map[string]Secret{"k": s}}
	text := everyVerb(s) + everyVerb(&s) + everyVerb(holder) + everyVerb(&holder) + s.String() + s.GoString() + holder.hidden.String()
	for _, v := range []any{s, holder, &holder} {
		b, err := json.Marshal(v)
		require.NoError(t, err)
		text += string(b)
		b, err = yaml.Marshal(v)
		require.NoError(t, err)
		text += string(b)
	}
	require.NotContains(t, text, "hunter2")
	require.NotContains(t, text, fmt.Sprintf("%x", "hunter2"))
	require.Equal(t, "<secret>", fmt.Sprintf("%d", s))
	require.Equal(t, "<secret>", fmt.Sprintf("%#v", s))

	var out bytes.Buffer
	for _, encoder := range []zapcore.Encoder{
		zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.NewConsoleEncoder(zap.NewDevelopmentEncoderConfig()),
	} {
		log := zap.New(zapcore.NewCore(encoder, zapcore.AddSync(&out), zap.DebugLevel))
		log.Info("a", zap.Any("any", s), zap.Stringer("stringer", s), zap.Reflect("reflect", holder), zap.Any("holder", &holder))
		log.Sugar().Infow("b", "secret", s, "holder", holder)
	}
	require.Contains(t, out.String(), "<secret>")
	require.NotContains(t, out.String(), "hunter2")
}
