package lb

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Whatever stands in a Decision stands there again, in every field that there
// is: one that is added later is drawn here too.
func TestFrozenKeepsEveryField(t *testing.T) {
	var f Frozen
	rapid.Check(t, func(t *rapid.T) {
		var d, again Decision
		fill(t, reflect.ValueOf(&d).Elem())
		d.At = time.Unix(0, rapid.Int64Range(0, 1<<62).Draw(t, "at"))
		d.count = rapid.IntRange(0, MaxCandidates).Draw(t, "candidates")
		if rapid.Bool().Draw(t, "as most calls") {
			d.question.meet = d.question.hash
		}
		d.question.count = rapid.IntRange(0, MaxGroups).Draw(t, "groups")
		for _, text := range []*Text{&d.Conference, &d.CallID, &d.From, &d.To} {
			text.Set(rapid.StringN(0, 40, 120).Draw(t, "text"))
		}
		fill(t, reflect.ValueOf(&again).Elem()) // It may hold anything before.
		f.Keep(&d)
		require.True(t, f.Restore(&again))

		d.CallID, d.From, d.To = Text{}, Text{}, Text{}
		for _, x := range []*Decision{&d, &again} { // What no count covers means nothing.
			clear(x.candidates[x.count:])
			clear(x.question.groups[x.question.count:])
			clear(x.Conference.b[x.Conference.n:])
		}
		require.Equal(t, d, again)
	})
}

// fill draws a value for every field, unexported ones too.
func fill(t *rapid.T, v reflect.Value) {
	v = reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() || v.Type() == reflect.TypeFor[Text]() {
			return // By hand.
		}
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i))
		}
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, "int"))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(rapid.Uint64().Draw(t, "uint"))
	case reflect.Float64:
		v.SetFloat(rapid.Float64().Draw(t, "float"))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	default:
		t.Fatalf("a field of kind %s, which Frozen does not know", v.Kind())
	}
}

// Every story in testdata ends as it is told if all decisions are kept and
// restored after each of its steps, as the calls of an edge are between two of
// their events.
func TestFrozenDecisionsGoOn(t *testing.T) {
	if *rewrite {
		t.Skip("the stories are TestScripts' to rewrite")
	}
	paths, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	thawed := 0
	for _, path := range paths {
		source, err := os.ReadFile(path)
		require.NoError(t, err)
		var f Frozen
		var other Decision // What another call has left in it.
		runScript(t, path, string(source), func(l *lab, _ string) {
			for _, d := range l.calls {
				f.Keep(d)
				require.True(t, f.Restore(&other))
				other.CallID, other.From, other.To = d.CallID, d.From, d.To
				*d = other
				thawed++
			}
		})
	}
	require.NotZero(t, thawed)
}

func TestFrozenCost(t *testing.T) {
	var f Frozen
	var d Decision
	require.False(t, f.Restore(&d), "nothing is kept")
	for bridges, most := range map[int]int{3: 200, MaxBridges: 900} {
		balancer, now := siteOf(t, bridges)
		balancer.Place(&benchCalls(1)[0], now, &d)
		f.Keep(&d)
		require.LessOrEqual(t, len(f.b), most, "%d bridges", bridges)
	}
	require.Zero(t, testing.AllocsPerRun(100, func() { f.Keep(&d); f.Restore(&d) }))
	f.Drop()
	require.True(t, f.Empty())
}

// BenchmarkFrozen is what it costs to keep a decision and to restore it, at a
// site of few bridges and at a large one.
func BenchmarkFrozen(b *testing.B) {
	for _, bridges := range []int{3, MaxBridges} {
		b.Run(fmt.Sprintf("bridges=%d", bridges), func(b *testing.B) {
			balancer, now := siteOf(b, bridges)
			var d Decision
			var f Frozen
			balancer.Place(&benchCalls(1)[0], now, &d)
			b.ReportAllocs()
			for b.Loop() {
				f.Keep(&d)
				f.Restore(&d)
			}
			b.ReportMetric(float64(len(f.b)), "B")
		})
	}
}
