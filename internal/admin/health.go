package admin

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// textReply is an answer in plain text, a line for each thing to say.
type textReply struct {
	Status      int
	ContentType string `header:"Content-Type"`
	Body        []byte
}

func text(status int, lines ...string) *textReply {
	return &textReply{Status: status, ContentType: "text/plain; charset=utf-8", Body: []byte(strings.Join(lines, "\n") + "\n")}
}

// registerHealth adds the paths for probes. /healthz says that the process
// serves: restart it if not. /readyz says that it can place calls: send it none
// if not.
func registerHealth(api huma.API, source Source) {
	huma.Register(api, probe("/healthz", "healthz", "200 while the process serves"),
		func(context.Context, *struct{}) (*textReply, error) { return text(http.StatusOK, "ok"), nil })
	huma.Register(api, probe("/readyz", "readyz", "200 once calls can be placed, else 503 and why"),
		func(context.Context, *struct{}) (*textReply, error) {
			if ready, reasons := source.Ready(); !ready {
				return text(http.StatusServiceUnavailable, reasons...), nil
			}
			return text(http.StatusOK, "ok"), nil
		})
}

func probe(path, id, summary string) huma.Operation {
	plain := map[string]*huma.MediaType{"text/plain": {Schema: &huma.Schema{Type: huma.TypeString}}}
	return huma.Operation{
		OperationID: id, Method: http.MethodGet, Path: path, Summary: summary,
		Responses: map[string]*huma.Response{
			"200": {Description: "ok", Content: plain},
			"503": {Description: "reasons, a line each", Content: plain},
		},
	}
}

// registerMetrics adds /metrics, which Prometheus formats by itself; nil leaves it
// out.
func registerMetrics(api huma.API, mux *http.ServeMux, metrics http.Handler) {
	if metrics == nil {
		return
	}
	mux.Handle("GET /metrics", metrics)
	op := probe("/metrics", "metrics", "Counters and gauges in the text format of Prometheus")
	delete(op.Responses, "503")
	api.OpenAPI().AddOperation(&op)
}
