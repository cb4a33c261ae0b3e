package config

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNearest(t *testing.T) {
	known := []string{"pollInterval", "poll", "mode", "sip"}
	for s, want := range map[string]string{
		"polInterval": "pollInterval", "POLLINTERVAL": "pollInterval", "pollIntervals": "pollInterval",
		"mod": "mode", "mdoe": "", "spi": "", "six": "sip", "": "", "x": "", "interval": "",
		strings.Repeat("p", 1000): "",
	} {
		require.Equal(t, want, nearest(s, known), s)
	}
}
