package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"bridgehead/lb"
)

// Bridge is one Call Bridge as GET /api/v1/bridges shows it.
type Bridge struct {
	lb.BridgeView
	SIPAddress string     `json:"sipAddress" doc:"where calls for it go"`
	API        string     `json:"api" doc:"its Web Admin address"`
	StateSince *time.Time `json:"stateSince,omitempty" doc:"when an operator last set its state"`
	InService  bool       `json:"inService" doc:"it takes calls, or is merely full"`
}

// bridgesReply is the answer to GET /api/v1/bridges.
type bridgesReply struct {
	Body struct {
		Bridges []Bridge `json:"bridges"`
	}
}

// stateOrder is what PUT /api/v1/bridges/{name}/state takes.
type stateOrder struct {
	Name string `path:"name" doc:"name of the bridge, as the configuration has it"`
	Body struct {
		State  string `json:"state" enum:"ready,drain,drain-strict,maint" doc:"ready takes everything; drain takes no new conferences, those that run there are still joined; maint takes nothing"`
		Strict bool   `json:"strict,omitempty" doc:"with drain: not even joiners, the same as drain-strict"`
	}
}

// StateReply is the answer to PUT /api/v1/bridges/{name}/state.
type StateReply struct {
	Bridge  Bridge `json:"bridge"`
	Warning string `json:"warning,omitempty" doc:"why the state will not outlive a restart"`
}

type stateReply struct{ Body StateReply }

func registerBridges(api huma.API, source Source) {
	huma.Register(api, huma.Operation{
		OperationID: "bridges", Method: http.MethodGet, Path: "/api/v1/bridges",
		Summary: "Every bridge as it stands now, in configuration order",
	}, func(context.Context, *struct{}) (*bridgesReply, error) {
		var r bridgesReply
		r.Body.Bridges = orEmpty(source.Bridges())
		return &r, nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "setBridgeState", Method: http.MethodPut, Path: "/api/v1/bridges/{name}/state",
		Summary: "Put a bridge into a state, which outlives a restart",
		Errors:  []int{http.StatusNotFound, http.StatusUnprocessableEntity},
	}, func(_ context.Context, o *stateOrder) (*stateReply, error) {
		state, err := lb.ParseAdminState(o.Body.State)
		if err != nil {
			return nil, huma.Error422UnprocessableEntity(err.Error())
		}
		if o.Body.Strict {
			if state != lb.Drain && state != lb.DrainStrict {
				return nil, huma.Error422UnprocessableEntity("strict goes with drain alone")
			}
			state = lb.DrainStrict
		}
		b, warning, err := source.SetState(o.Name, state)
		if errors.Is(err, ErrUnknownBridge) {
			return nil, huma.Error404NotFound(fmt.Sprintf("no bridge has the name %q", o.Name))
		}
		if err != nil {
			return nil, err
		}
		return &stateReply{StateReply{b, warning}}, nil
	})
}
