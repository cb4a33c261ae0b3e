package lb

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestBurstFromAllSides: whoever comes at the same instant, no bridge is
// oversubscribed, and first calls to one space meet.
func TestBurstFromAllSides(t *testing.T) {
	for range 20 {
		b, now := smallSite(t, 3, DefaultPolicy())
		for i := range BridgeID(3) {
			limits := NoLimits()
			limits.LoadLimit = 5000
			b.Report(Reading{Bridge: i, Endpoint: ReadLimits, BeganAt: now, At: now, Limits: limits})
		}
		decisions := make([]Decision, 14)
		var callers sync.WaitGroup
		for i := range decisions {
			callers.Go(func() {
				c := spaceCall(fmt.Sprintf("space%d", i))
				c.Cost = 1000
				b.Place(c, now, &decisions[i])
			})
		}
		callers.Wait()
		count := map[BridgeID]int{}
		refused := 0
		for i := range decisions {
			if decisions[i].Outcome == Chosen {
				count[decisions[i].Chosen]++
			} else {
				require.Equal(t, Exhausted, decisions[i].Outcome)
				refused++
			}
		}
		require.Equal(t, map[BridgeID]int{0: 4, 1: 4, 2: 4}, count)
		require.Equal(t, 2, refused)
	}
}

func TestFirstCallersMeet(t *testing.T) {
	for range 20 {
		b, now := smallSite(t, 3, DefaultPolicy())
		decisions := make([]Decision, 8)
		var callers sync.WaitGroup
		for i := range decisions {
			callers.Go(func() { b.Place(spaceCall("townhall"), now, &decisions[i]) })
		}
		callers.Wait()
		for i := range decisions {
			require.Equal(t, decisions[0].Chosen, decisions[i].Chosen)
		}
	}
}

// TestEverythingAtOnce is for the race detector, and counts at the end.
func TestEverythingAtOnce(t *testing.T) {
	b, now := manyGroups(t, 3, 2)
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(uint64(w), 1))
			var mine []*Decision
			for i := range 1000 {
				at := now.Add(time.Duration(i) * 10 * time.Millisecond)
				d := &Decision{}
				c := spaceCall(fmt.Sprintf("space%d", random.IntN(20)))
				if random.IntN(4) == 0 {
					c.Conference = Key{URI: fmt.Sprintf("space%d@meet", random.IntN(20))}
				}
				c.Groups, c.Caller = []GroupID{0, 1}, uint64(w)
				b.Place(c, at, d)
				switch random.IntN(6) {
				case 0:
					b.Next(d, at)
				case 1:
					b.Refused(d, at)
					b.Next(d, at)
				case 2:
					b.Evidence(d.Chosen, Evidence{Kind: Timeout}, at)
				}
				b.Answered(d.Placement, at)
				b.Reach(BridgeID(random.IntN(5)), random.IntN(10) > 0, at)
				if mine = append(mine, d); len(mine) > 30 {
					b.Ended(mine[0].Placement, at)
					mine = mine[1:]
				}
			}
			for _, d := range mine {
				b.Ended(d.Placement, now)
			}
		})
	}
	all.Go(func() {
		for i := range 300 {
			at := now.Add(time.Duration(i) * 40 * time.Millisecond)
			r := Reading{Bridge: BridgeID(i % 5), Endpoint: Endpoint(i % endpoints), BeganAt: at, At: at, Limits: NoLimits()}
			r.Limits.LoadLimit = 1000 + i
			r.Conferences = []Conference{{Space: "space1"}}
			b.Report(r)
			b.Resolve(fmt.Sprintf("space%d@meet", i%20), fmt.Sprintf("space%d", i%20))
			b.SetState(BridgeID(i%5), []AdminState{Ready, Drain}[i%2])
			_ = b.Table().String()
			b.Bridges(at)
		}
	})
	all.Wait()
	require.Equal(t, Stats{}, b.Stats())
	for g := range b.books {
		checkBook(t, &b.books[g])
	}
}
