package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// bridgesReply is the answer to GET /api/v1/bridges.
type bridgesReply struct {
	Body struct {
		Bridges []Bridge `json:"bridges"`
	}
}

// decisionsQuery is what GET /api/v1/decisions takes.
type decisionsQuery struct {
	Limit int `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"most decisions to return"`
}

// decisionsReply is the answer to GET /api/v1/decisions.
type decisionsReply struct {
	Body struct {
		Decisions []Decision `json:"decisions"`
	}
}

// newRoutes returns the API with all its paths.
func newRoutes(o Options) http.Handler {
	mux := http.NewServeMux()
	c := huma.DefaultConfig("Bridgehead", o.Version)
	c.Info.Description = "How the Call Bridges stand and what was decided. Loads are in CMS load units."
	c.OpenAPIPath = "/api/v1/openapi"
	c.DocsPath, c.SchemasPath = "", "" // the one loads scripts from elsewhere, the other is in the document
	c.CreateHooks = nil                // no $schema in answers
	c.RejectUnknownQueryParameters = true
	api := humago.New(mux, c)

	huma.Register(api, huma.Operation{
		OperationID: "bridges", Method: http.MethodGet, Path: "/api/v1/bridges",
		Summary: "Every bridge as it stands now, in configuration order",
	}, func(context.Context, *struct{}) (*bridgesReply, error) {
		var r bridgesReply
		r.Body.Bridges = orEmpty(o.Source.Bridges())
		return &r, nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "decisions", Method: http.MethodGet, Path: "/api/v1/decisions",
		Summary: "The last decisions, newest first, each with every candidate and its reason",
	}, func(_ context.Context, q *decisionsQuery) (*decisionsReply, error) {
		var r decisionsReply
		r.Body.Decisions = orEmpty(o.Source.Decisions(q.Limit))
		return &r, nil
	})
	registerHealth(api, o.Source)
	return mux
}

// orEmpty makes JSON say [] where nothing is, and not null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
