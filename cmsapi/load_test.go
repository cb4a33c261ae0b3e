package cmsapi

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLoad(t *testing.T) {
	load, err := decodeLoad(fixture(t, "load.xml"))
	require.NoError(t, err)
	require.Equal(t, 2150, load)
	refusesBad(t, "load", fixture(t, "load.xml"), decodeLoad)
}

func TestLoadThatIsNone(t *testing.T) {
	for text, says := range map[string]string{
		"":                      "missing",
		"  ":                    "missing",
		"-1":                    "outside",
		"100000001":             "outside",
		"99999999999999999999":  "not a number",
		"-99999999999999999999": "not a number",
		"much":                  "not a number",
		"1.5":                   "not a number",
		"0x10":                  "not a number",
		"1 2":                   "not a number",
		"NaN":                   "not a number",
	} {
		_, err := decodeLoad([]byte("<load><mediaProcessingLoad>" + text + "</mediaProcessingLoad></load>"))
		require.ErrorContains(t, err, says, text)
	}
	_, err := decodeLoad([]byte("<load/>"))
	require.ErrorContains(t, err, "missing")
}

func FuzzLoad(f *testing.F) { fuzzDecoder(f, decodeLoad, "load.xml") }
