package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"bridgehead/lb"
)

// conferencesQuery is what GET /api/v1/conferences takes.
type conferencesQuery struct {
	Spread bool `query:"spread" doc:"only those that run on more than one bridge"`
	Limit  int  `query:"limit" minimum:"1" maximum:"10000" default:"1000" doc:"most conferences to return"`
}

// ConferencesReply is the answer to GET /api/v1/conferences.
type ConferencesReply struct {
	Total       int                 `json:"total" doc:"conferences that run"`
	Spread      int                 `json:"spread" doc:"those that run on more than one bridge"`
	Conferences []lb.ConferenceView `json:"conferences" doc:"those on several bridges first, then by participants"`
}

type conferencesReply struct{ Body ConferencesReply }

func registerConferences(api huma.API, source Source) {
	huma.Register(api, huma.Operation{
		OperationID: "conferences", Method: http.MethodGet, Path: "/api/v1/conferences",
		Summary: "Which conference runs where, by what the bridges list",
	}, func(_ context.Context, q *conferencesQuery) (*conferencesReply, error) {
		all := orEmpty(source.Conferences())
		r := &conferencesReply{ConferencesReply{Total: len(all)}}
		for r.Body.Spread < len(all) && all[r.Body.Spread].Spread {
			r.Body.Spread++
		}
		if q.Spread {
			all = all[:r.Body.Spread]
		}
		r.Body.Conferences = all[:min(q.Limit, len(all))]
		return r, nil
	})
}
