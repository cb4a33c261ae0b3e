package admin

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// newRoutes returns the API with all its paths.
func newRoutes(o Options) http.Handler {
	mux := http.NewServeMux()
	c := huma.DefaultConfig("Bridgehead", o.Version)
	c.Info.Description = "How the Call Bridges stand, what was decided and what would be. Loads are in CMS load units."
	c.OpenAPIPath = "/api/v1/openapi"
	c.DocsPath, c.SchemasPath = "", "" // the one loads scripts from elsewhere, the other is in the document
	c.CreateHooks = nil                // no $schema in answers
	c.RejectUnknownQueryParameters = true
	api := humago.New(mux, c)

	registerBridges(api, o.Source)
	registerGroups(api, o.Source)
	registerConferences(api, o.Source)
	registerDecisions(api, o.Source)
	registerObservation(api, o.Source)
	registerHealth(api, o.Source)
	registerMetrics(api, mux, o.Metrics)
	return mux
}

// orEmpty makes JSON say [] where nothing is, and not null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
