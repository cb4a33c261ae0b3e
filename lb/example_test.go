package lb_test

import (
	"fmt"
	"os"
	"time"

	"bridgehead/lb"
)

// site returns a group of three bridges that have just been read.
func site() (*lb.Balancer, time.Time) {
	topology, err := lb.NewTopology([]lb.GroupConfig{{
		Name:    "london",
		Bridges: []lb.BridgeConfig{{Name: "cluster1"}, {Name: "cluster2"}, {Name: "cluster3"}},
	}}, []lb.Pin{{Conference: "boardroom", Order: []string{"cluster3", "cluster1", "cluster2"}}})
	if err != nil {
		panic(err)
	}
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	b := lb.New(topology, lb.DefaultPolicy(), now)
	for id, limit := range []int{2250, 1300, 600} {
		limits := lb.NoLimits()
		limits.LoadLimit = limit
		b.Report(lb.Reading{Bridge: lb.BridgeID(id), Endpoint: lb.ReadLimits, BeganAt: now, At: now, Limits: limits})
		b.Report(lb.Reading{Bridge: lb.BridgeID(id), Endpoint: lb.ReadLoad, BeganAt: now, At: now, Load: 100 * id})
	}
	return b, now
}

// A call lands on cluster1, and the conference likes cluster3 best.
func ExampleDecision_AppendLog() {
	b, now := site()
	landing, _ := b.Table().Topology().Bridge("cluster1")
	var d lb.Decision
	b.Place(&lb.Call{
		Conference: lb.Key{Space: "5b6cbd4d-2d2e-4d8f-a1a8-0c2b3d4e5f60", URI: "boardroom@meet"},
		Cost:       1000, Groups: []lb.GroupID{0}, Landing: landing,
	}, now, &d)
	os.Stdout.Write(d.AppendLog(nil, b.Table()))
	// Output:
	// replace query for conference 5b6cbd4d-2d2e-4d8f-a1a8-0c2b3d4e5f60: response from 'cluster1' (priority: 1, load level: 0, conference is running: 0)
	// replace query for conference 5b6cbd4d-2d2e-4d8f-a1a8-0c2b3d4e5f60: response from 'cluster2' (priority: 2, load level: 0, conference is running: 0)
	// replace query for conference 5b6cbd4d-2d2e-4d8f-a1a8-0c2b3d4e5f60: response from 'cluster3' (priority: 0, load level: 0, conference is running: 0)
	// replace query for conference 5b6cbd4d-2d2e-4d8f-a1a8-0c2b3d4e5f60: using remote server 'cluster3' (priority: 0, load level: 0, conference is running: 0)
}

// The life of a call: placed, moved on when its bridge does not answer, answered,
// ended.
func ExampleBalancer_Place() {
	b, now := site()
	call := &lb.Call{Conference: lb.Key{URI: "boardroom@meet"}, Cost: 50, Groups: []lb.GroupID{0}, Landing: lb.NoBridge}
	var d lb.Decision
	b.Place(call, now, &d)

	if b.Evidence(d.Chosen, lb.Evidence{Kind: lb.Timeout}, now) {
		fmt.Println("probe", b.Table().Topology().Name(d.Chosen))
	}
	d.NoteAnswer(408)
	if id, ok := b.Next(&d, now); ok {
		fmt.Println("next", b.Table().Topology().Name(id))
	}
	b.Reach(d.Chosen, true, now)
	b.Answered(d.Placement, now)
	b.Ended(d.Placement, now.Add(time.Hour))

	os.Stdout.Write(d.AppendExplanation(nil, b.Table()))
	// Output:
	// probe cluster3
	// next cluster1
	// space call to boardroom@meet, cost 50: goes to cluster1 (try 2, no landing bridge)
	//   cluster3: priority 0, tried, did not answer (408); level 0: effective load 200 of new limit 300
	//   cluster1: priority 1, level 0: effective load 0 of new limit 1125
	//   cluster2: priority 2, level 0: effective load 100 of new limit 650
}

// The table draws itself.
func ExampleTable_String() {
	b, _ := site()
	fmt.Print(b.Table())
	// Output:
	// group   bridge    state  load  limit  new   existing  level  legs  conferences
	// london  cluster1  ready  0     2250   1125  1800      0      0     0
	// london  cluster2  ready  100   1300   650   1040      0      0     0
	// london  cluster3  ready  200   600    300   480       0      0     0
}
