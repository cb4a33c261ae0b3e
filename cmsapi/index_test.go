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

// TestIndexIsAMap gives and takes user parts at random, over tenants, and compares
// with a map.
func TestIndexIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, want := newIndex(), map[string]*space{} // by tenant and key
		var spaces []*space
		for i := range 6 {
			spaces = append(spaces, &space{id: fmt.Sprint(i), tenant: fmt.Sprint(i % 3)})
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			s, key := rapid.SampledFrom(spaces).Draw(t, "space"), rapid.SampledFrom([]string{"a", "b", "é"}).Draw(t, "key")
			in := s.tenant + "/" + key
			if rapid.Bool().Draw(t, "claims") {
				stays := rapid.Bool().Draw(t, "stays")
				x.claim(key, s, func(*space) bool { return stays })
				if want[in] == nil || !stays {
					want[in] = s
				}
			} else if x.release(key, s); want[in] == s {
				delete(want, in)
			}
			keys := map[string]bool{}
			for _, key := range []string{"a", "b", "é"} {
				var least *space
				for _, tenant := range []string{"0", "1", "2"} {
					if got := x.of(tenant, key); got != want[tenant+"/"+key] {
						t.Fatalf("%s in tenant %s is %v", key, tenant, got)
					} else if least == nil {
						least = got
					}
				}
				if x.any(key) != least {
					t.Fatalf("%s is %v, want %v", key, x.any(key), least)
				}
				keys[key] = least != nil
			}
			n := 0
			for _, there := range keys {
				if there {
					n++
				}
			}
			if int(x.size.Load()) != n {
				t.Fatalf("size %d, want %d", x.size.Load(), n)
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
		strings.Repeat("A", 255):  strings.Repeat("a", 255),
		strings.Repeat("A", 4000): "",
	} {
		require.Equal(t, key, foldURI(uri))
	}
}

// filled returns a directory that knows n spaces with three URIs each, which it
// took in page by page, and no rule or one.
func filled(n int, inbound ...inboundRule) *Directory {
	d := &Directory{book: newBook(time.Time{}), users: newUserBook(), hints: newHints()}
	d.index = d.book.index
	d.queries = newQueries(nil, d.hints.found)
	d.plan.Store(newPlan(inbound, nil, nil))
	d.book.startPass()
	for from := 0; from < n; from += spacesLimit {
		var items []listedSpace
		for i := from; i < min(from+spacesLimit, n); i++ {
			items = append(items, listedSpace{id: fmt.Sprintf("b7a1c002-4f0d-4f2e-a3f3-%012d", i), uri: fmt.Sprintf("First.Last.%06d", i)})
		}
		d.book.page(items)
	}
	for i, s := range d.book.all {
		d.book.learn(s, []string{fmt.Sprintf("%08d", 50_000_000+i), fmt.Sprintf("host.first.last.%06d", i)}, time.Time{})
	}
	d.book.endPass(true)
	return d
}

// footprint returns a directory of n spaces and what it keeps in memory, in MB.
func footprint(n int) (*Directory, float64) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	d := filled(n)
	runtime.GC()
	runtime.ReadMemStats(&after)
	return d, float64(after.HeapAlloc-before.HeapAlloc) / (1 << 20)
}

// TestDirectoryFootprint bounds the memory that 200,000 spaces take, three URIs
// each.
func TestDirectoryFootprint(t *testing.T) {
	d, megabytes := footprint(200_000)
	require.EqualValues(t, 600_000, d.index.size.Load())
	require.LessOrEqual(t, megabytes, 150.0)
	t.Logf("%.0f MB", megabytes)
	got, ok := d.Classify("meet.example", "host.first.last.199999")
	require.True(t, ok)
	require.Equal(t, Target{Kind: TargetSpace, Space: "b7a1c002-4f0d-4f2e-a3f3-000000199999"}, got)
}

func TestClassifyAllocatesNothing(t *testing.T) {
	d := filled(10, inboundRule{id: "1", domain: "meet.example", spaces: true, ivrs: true, users: true})
	d.users.page([]listedUser{{"u1", "ann@meet.example", ""}}, d.book.intern)
	for _, user := range []string{"first.last.000003", "ann", "nobody"} {
		require.Zero(t, testing.AllocsPerRun(100, func() { d.Classify("meet.example", user) }), user)
	}
}

// TestClassifyWhileChanging reads and changes at once, for the race detector.
func TestClassifyWhileChanging(t *testing.T) {
	d := filled(10)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					if got, sure := d.Classify("", "room1"); sure && got.Space == "" {
						t.Error("half an entry")
					}
				}
			}
		})
	}
	for i := range 300 {
		d.book.startPass()
		d.book.page([]listedSpace{{fmt.Sprint(i % 3), fmt.Sprint("room", i%2), fmt.Sprint(i % 2), ""}})
		d.book.endPass(i%2 == 0)
		d.plan.Store(newPlan(nil, nil, nil))
	}
	close(stop)
	wg.Wait()
}

// BenchmarkDirectory loads 200,000 spaces and tells what they take.
func BenchmarkDirectory(b *testing.B) {
	for b.Loop() {
		d, megabytes := footprint(200_000)
		b.ReportMetric(megabytes, "MB")
		runtime.KeepAlive(d)
	}
}

// BenchmarkClassify looks up the same few URIs among few spaces and among many.
func BenchmarkClassify(b *testing.B) {
	for _, n := range []int{200, 200_000} {
		d := filled(n, inboundRule{id: "1", domain: "meet.example", spaces: true, ivrs: true, users: true})
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d.Classify("meet.example", "first.last.000123")
			}
		})
	}
}
