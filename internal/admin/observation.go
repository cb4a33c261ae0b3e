package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Observation compares what the rules chose with where calls went, so that a
// site can judge the rules before it switches from observe to balance.
type Observation struct {
	Mode      string    `json:"mode" doc:"policy.mode: in balance, calls go where the rules say and nothing is observed"`
	Since     time.Time `json:"since" doc:"start of the edge"`
	Decisions uint64    `json:"decisions" doc:"calls that were delivered as dialled"`
	Differed  uint64    `json:"differed" doc:"those of them that the rules would have sent elsewhere, or refused"`
	Share     float64   `json:"share" doc:"differed / decisions, 0 while there are none"`
}

type observationReply struct{ Body Observation }

func registerObservation(api huma.API, source Source) {
	huma.Register(api, huma.Operation{
		OperationID: "observe", Method: http.MethodGet, Path: "/api/v1/observe",
		Summary: "How often the rules would have sent a call elsewhere, in policy.mode observe",
	}, func(context.Context, *struct{}) (*observationReply, error) {
		return &observationReply{source.Observation()}, nil
	})
}
