package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"bridgehead/lb"
)

// Decision is one recorded decision as GET /api/v1/decisions shows it.
type Decision struct {
	lb.DecisionView
	Status int     `json:"status" doc:"final SIP status sent to the caller, 0 while there is none"`
	Took   float64 `json:"took" doc:"seconds from the INVITE to that answer"`
}

// Account is a recorded decision with its texts.
type Account struct {
	Decision
	Explanation string `json:"explanation" doc:"the decision for people: a line for each candidate"`
	CMSLog      string `json:"cmsLog" doc:"the lines that CMS would write to its event log"`
}

// Question is a call that nobody makes.
type Question struct {
	To      string `json:"to" doc:"dialled URI, such as room@meet.example.com"`
	From    string `json:"from,omitempty" doc:"caller's URI"`
	Landing string `json:"landing,omitempty" doc:"name of the bridge that the call lands on"`
	SDP     string `json:"sdp,omitempty" doc:"the offer; without one a delayed offer is assumed"`
}

// Explanation is the decision about a Question.
type Explanation struct {
	lb.DecisionView
	Explanation string          `json:"explanation" doc:"the decision for people: a line for each candidate"`
	CMSLog      string          `json:"cmsLog" doc:"the lines that CMS would write to its event log"`
	Bridges     []lb.BridgeView `json:"bridges" doc:"the bridges as they were judged"`
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

// decisionPath is what GET /api/v1/decisions/{id} takes.
type decisionPath struct {
	ID uint64 `path:"id" minimum:"1" doc:"number of the decision, as the log has it"`
}

type accountReply struct{ Body Account }

// explainQuery is what GET /api/v1/explain takes.
type explainQuery struct {
	To      string `query:"to" required:"true" minLength:"1" doc:"dialled URI, such as room@meet.example.com"`
	From    string `query:"from" doc:"caller's URI"`
	Landing string `query:"landing" doc:"name of the bridge that the call lands on"`
}

type explainOrder struct{ Body Question }

type explanationReply struct{ Body Explanation }

// maxOffer bounds the body of POST /api/v1/explain.
const maxOffer = 128 << 10

func registerDecisions(api huma.API, source Source) {
	huma.Register(api, huma.Operation{
		OperationID: "decisions", Method: http.MethodGet, Path: "/api/v1/decisions",
		Summary: "The last decisions, newest first, each with every candidate and its reason",
	}, func(_ context.Context, q *decisionsQuery) (*decisionsReply, error) {
		var r decisionsReply
		r.Body.Decisions = orEmpty(source.Decisions(q.Limit))
		return &r, nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "decision", Method: http.MethodGet, Path: "/api/v1/decisions/{id}",
		Summary: "One recorded decision, also in words and as CMS would log it",
		Errors:  []int{http.StatusNotFound},
	}, func(_ context.Context, q *decisionPath) (*accountReply, error) {
		account, ok := source.Decision(q.ID)
		if !ok {
			return nil, huma.Error404NotFound("no decision of that number is recorded, or it is too old")
		}
		return &accountReply{account}, nil
	})
	explain := func(ctx context.Context, q Question) (*explanationReply, error) {
		e, err := source.Explain(ctx, q)
		if err != nil {
			return nil, huma.Error422UnprocessableEntity(err.Error())
		}
		e.Bridges = orEmpty(e.Bridges)
		return &explanationReply{e}, nil
	}
	huma.Register(api, huma.Operation{
		OperationID: "explain", Method: http.MethodGet, Path: "/api/v1/explain",
		Summary: "Where a call would go now, and why, with no side effect",
	}, func(ctx context.Context, q *explainQuery) (*explanationReply, error) {
		return explain(ctx, Question{To: q.To, From: q.From, Landing: q.Landing})
	})
	huma.Register(api, huma.Operation{
		OperationID: "explainOffer", Method: http.MethodPost, Path: "/api/v1/explain",
		Summary: "The same for a call with an offer", MaxBodyBytes: maxOffer, DefaultStatus: http.StatusOK,
	}, func(ctx context.Context, o *explainOrder) (*explanationReply, error) { return explain(ctx, o.Body) })
}
