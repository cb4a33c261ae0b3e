package transaction

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func drawName(t *rapid.T) branchName {
	return branchName{
		shard: rapid.Uint8().Draw(t, "shard"),
		index: uint8(rapid.IntRange(0, MaxBranches-1).Draw(t, "index")),
		slot:  uint32(rapid.IntRange(1, maxSlots).Draw(t, "slot")),
		gen:   rapid.Uint32().Draw(t, "gen"),
	}
}

func TestBranchNamesItsRecord(t *testing.T) {
	ours, other := branchCipher{block: newBranchKey()}, branchCipher{block: newBranchKey()}
	rapid.Check(t, func(t *rapid.T) {
		n := drawName(t)
		id := ours.append(nil, n)
		require.LessOrEqual(t, len(id), 40)
		require.Regexp(t, "^z9hG4bKbh[a-z2-7]+$", string(id))

		sealed, ok := readBranch(id)
		require.True(t, ok)
		require.Equal(t, n.shard, sealed.shard)
		got, ok := ours.open(sealed)
		require.True(t, ok)
		require.Equal(t, n, got)

		folded, ok := readBranch(bytes.ToUpper(id))
		require.True(t, ok, "a peer may fold the case")
		require.Equal(t, sealed, folded)

		_, ok = other.open(sealed)
		require.False(t, ok, "a branch of another process means nothing")

		i := rapid.IntRange(len(branchPrefix), branchLen-1).Draw(t, "digit")
		forged := bytes.Clone(id)
		forged[i] = base32Digits[(bytes.IndexByte([]byte(base32Digits), id[i])+rapid.IntRange(1, 31).Draw(t, "by"))%32]
		if sealed, ok := readBranch(forged); ok {
			_, ok = ours.open(sealed)
			require.False(t, ok, "%s was made from %s", forged, id)
		}
	})
}

func TestBranchOfOthers(t *testing.T) {
	for _, id := range []string{
		"", "z9hG4bK", "z9hG4bKbh", "z9hG4bK-1234-abcdefghijklmnopqrstuvwxyz", "z9hG4bKbhaa!aaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"z9hG4bKbh77aaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "z9hG4bKbhaa77777777777777777777777777",
	} {
		_, ok := readBranch([]byte(id))
		require.False(t, ok, id)
	}
}

func TestTokenNamesItsBranch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := drawName(t)
		token := makeToken(n)
		require.NotZero(t, token)
		got, ok := readToken(token)
		require.True(t, ok)
		n.gen &= 1<<tokenGenBits - 1
		require.Equal(t, n, got)
	})
	for _, token := range []uint64{0, 15, 9} {
		_, ok := readToken(token)
		require.False(t, ok)
	}
}
