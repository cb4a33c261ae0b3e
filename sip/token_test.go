package sip

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTokenRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.SliceOfN(rapid.Byte(), MinRouteKey, 64).Draw(t, "secret")
		keys, err := newRouteKeys([][]byte{secret})
		require.NoError(t, err)
		want := token{rapid.Uint32().Draw(t, "bridge"), rapid.Uint32().Draw(t, "control")}
		callID := rapid.SliceOf(rapid.Byte()).Draw(t, "callID")
		user := keys.append(nil, want, callID)
		require.Len(t, user, tokenLen)
		require.Regexp(t, `^[A-Za-z0-9_-]+$`, string(user))
		got, ok := keys.verify(user, callID)
		require.True(t, ok)
		require.Equal(t, want, got)

		_, ok = keys.verify(user, append(callID, 'x'))
		require.False(t, ok, "another Call-ID")
		i := rapid.IntRange(0, tokenLen-1).Draw(t, "i")
		forged := append([]byte(nil), user...)
		forged[i] ^= 1
		if other, ok := keys.verify(forged, callID); ok {
			require.Equal(t, want, other, "a changed token must not say something else")
		}
	})
}

func TestRouteKeysRefused(t *testing.T) {
	_, err := newRouteKeys(nil)
	require.ErrorContains(t, err, "sip.routeKeys")
	_, err = newRouteKeys([][]byte{[]byte("short")})
	require.ErrorContains(t, err, "16")
}

func TestTokenAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("pools keep nothing under the race detector")
	}
	keys, err := newRouteKeys([][]byte{[]byte("0123456789abcdef")})
	require.NoError(t, err)
	var b [64]byte
	callID := []byte("a@b")
	n := testing.AllocsPerRun(1000, func() {
		user := keys.append(b[:0], token{1, 2}, callID)
		if _, ok := keys.verify(user, callID); !ok {
			t.Error("not verified")
		}
	})
	require.LessOrEqual(t, n, 0.1)
}

func FuzzToken(f *testing.F) {
	keys, err := newRouteKeys([][]byte{[]byte("0123456789abcdef")})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(keys.append(nil, token{1, 2}, []byte("a")), []byte("a"))
	f.Fuzz(func(t *testing.T, user, callID []byte) {
		if got, ok := keys.verify(user, callID); ok {
			// What verifies can only be what we would sign for this Call-ID.
			again := keys.append(nil, got, callID)
			if _, ok := keys.verify(again, callID); !ok {
				t.Fatal("not reproducible")
			}
		}
	})
}
