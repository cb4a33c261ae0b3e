package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Group is one Call Bridge group as GET /api/v1/groups shows it. Loads are sums
// over its bridges, in CMS load units.
type Group struct {
	Name      string   `json:"name"`
	Routes    []string `json:"routes" doc:"domains whose calls it may get, first choice or fallback"`
	Bridges   []string `json:"bridges" doc:"its bridges in configuration order"`
	InService int      `json:"inService" doc:"bridges that take calls, or are merely full"`
	Open      int      `json:"open" doc:"bridges that take new conferences now"`

	Load          int64  `json:"load"`
	Reserved      int64  `json:"reserved"`
	Effective     int64  `json:"effective"`
	NewLimit      *int64 `json:"newLimit" doc:"null where some bridge has no limit"`
	ExistingLimit *int64 `json:"existingLimit" doc:"null where some bridge has no limit"`

	Participants int `json:"participants"`
	Conferences  int `json:"conferences" doc:"conferences that run on at least one bridge"`
	Spread       int `json:"spread" doc:"conferences that run on more than one bridge"`

	Directory Directory `json:"directory"`
}

// Directory is what is known of a group's spaces and dial plan.
type Directory struct {
	URIs     int        `json:"uris" doc:"different user parts of spaces that are known"`
	Spaces   int        `json:"spaces" doc:"spaces that are known"`
	Detailed int        `json:"detailed" doc:"spaces whose secondaryUri and access methods were read"`
	Users    int        `json:"users"`
	IVRs     int        `json:"ivrs"`
	Rules    int        `json:"rules" doc:"inbound and forwarding dial plan rules"`
	PlanRead bool       `json:"planRead" doc:"rules and IVRs were all read once"`
	Source   string     `json:"source,omitempty" doc:"bridge that was asked last"`
	LastFull *time.Time `json:"lastFull" doc:"when the newest pass over all spaces ended"`
	Took     float64    `json:"took" doc:"seconds that it took"`
	Error    string     `json:"error,omitempty" doc:"why no bridge could be asked last"`
}

// groupsReply is the answer to GET /api/v1/groups.
type groupsReply struct {
	Body struct {
		Groups []Group `json:"groups"`
	}
}

func registerGroups(api huma.API, source Source) {
	huma.Register(api, huma.Operation{
		OperationID: "groups", Method: http.MethodGet, Path: "/api/v1/groups",
		Summary: "Every Call Bridge group as it stands now, in configuration order",
	}, func(context.Context, *struct{}) (*groupsReply, error) {
		var r groupsReply
		r.Body.Groups = orEmpty(source.Groups())
		return &r, nil
	})
}
