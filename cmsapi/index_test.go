package cmsapi

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestIndexIsAMap compares the index with a map over any sequence of changes, and
// checks that older ones keep what they had.
func TestIndexIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, want := newIndex(), map[string]string{}
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			old, oldSize := x, x.size
			changes := rapid.MapOf(rapid.StringMatching(`[a-dé]{1,2}`), rapid.SampledFrom([]string{"", "1", "2"})).Draw(t, "changes")
			x = x.with(changes)
			for k, id := range changes {
				if want[k] = id; id == "" {
					delete(want, k)
				}
			}
			if x.size != len(want) || old.size != oldSize {
				t.Fatalf("size %d, want %d", x.size, len(want))
			}
			n := 0
			x.all(func(string) { n++ })
			if n != len(want) {
				t.Fatalf("%d keys, want %d", n, len(want))
			}
			for k, id := range want {
				if got, ok := x.lookup(strings.ToUpper(k)); !ok || got != id {
					t.Fatalf("%q is %q, want %q", k, got, id)
				}
			}
		}
	})
}

func TestFoldURI(t *testing.T) {
	for uri, key := range map[string]string{
		"Board.Room":              "board.room",
		"sip:Ann@meet.example":    "ann",
		"ann@meet.example":        "ann",
		"a%20b":                   "a b",
		"100%":                    "100%",
		"ÉCOLE":                   "école",
		"":                        "",
		"sip:":                    "sip:",
		strings.Repeat("A", 4000): strings.Repeat("a", 4000),
	} {
		require.Equal(t, key, foldURI(uri))
		if key != "" {
			id, ok := newIndex().with(map[string]string{key: "7"}).lookup(strings.ToUpper(key))
			require.True(t, ok, key)
			require.Equal(t, "7", id)
		}
	}
}

func TestLookupAllocatesNothing(t *testing.T) {
	x := newIndex().with(map[string]string{"board.room": "7"})
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if _, ok := x.lookup("Board.Room"); !ok {
			t.Fail()
		}
	}))
}

// TestLookupWhileChanging reads and publishes at once, for the race detector.
func TestLookupWhileChanging(t *testing.T) {
	d := &Directory{}
	d.index.Store(newIndex())
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					if id, ok := d.Lookup("room1"); ok && id == "" {
						t.Error("half an entry")
					}
				}
			}
		})
	}
	for i := range 200 {
		d.publish(d.index.Load().with(map[string]string{"room1": fmt.Sprint(i), fmt.Sprint("room", i): "x"}))
	}
	close(stop)
	wg.Wait()
}

// fill puts n spaces into an index, page by page, as a pass does.
func fill(n int) *index {
	p, x := newPass(time.Time{}), newIndex()
	for from := 0; from < n; from += spacesLimit {
		read := page[listedSpace]{total: n}
		for i := from; i < min(from+spacesLimit, n); i++ {
			read.items = append(read.items, listedSpace{id: fmt.Sprintf("b7a1c002-4f0d-4f2e-a3f3-%012d", i), uri: fmt.Sprintf("first.last.%06d", i)})
			read.received++
		}
		x, _ = p.add(x, read)
	}
	x, _ = p.end(x, nil)
	return x
}

// BenchmarkDirectory loads 200,000 spaces and tells what they take.
func BenchmarkDirectory(b *testing.B) {
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		x := fill(200_000)
		runtime.GC()
		runtime.ReadMemStats(&after)
		if x.size != 200_000 {
			b.Fatal(x.size)
		}
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MB")
		runtime.KeepAlive(x)
	}
}

func BenchmarkLookup(b *testing.B) {
	for _, n := range []int{200, 200_000} {
		x := fill(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				x.lookup("First.Last.000123")
			}
		})
	}
}
