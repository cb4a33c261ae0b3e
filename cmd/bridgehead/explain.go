package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/spf13/cobra"

	"bridgehead/config"
	"bridgehead/internal/admin"
	"bridgehead/internal/app"
	"bridgehead/lb"
	"bridgehead/sip"
)

func explainCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain -c FILE --to URI",
		Short: "Say where a call would go, and why, with no side effect",
		Long: `Read every bridge once, for two seconds at most, and say where a call would go
and why. With --server a running edge is asked instead, which also knows what it
has placed since. No call is made and nothing is reserved. The exit code is 0
when a bridge is chosen, 1 when the call would be refused, 3 when no bridge could
be read or the edge does not answer, 78 when the file has errors.`,
		Args: cobra.NoArgs,
	}
	path := configFlag(cmd)
	var q sip.Question
	cmd.Flags().StringVar(&q.To, "to", "", "dialled `URI`, such as room@meet.example.com")
	cmd.Flags().StringVar(&q.From, "from", "", "caller's `URI`")
	cmd.Flags().StringVar(&q.Landing, "landing", "", "`NAME` of the bridge that the call lands on")
	sdp := cmd.Flags().String("sdp", "", "`FILE` with the offer; without one a delayed offer is assumed")
	format := cmd.Flags().StringP("output", "o", "text", "text, json or cmslog")
	server := cmd.Flags().String("server", "", "admin `ADDRESS` of a running edge to ask, such as 127.0.0.1:9495")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := oneOf(*format, "text", "json", "cmslog"); err != nil {
			return err
		}
		if q.To == "" {
			return &exitError{exitUsage, fmt.Errorf("--to is missing: write the URI that is dialled")}
		}
		if *sdp != "" {
			b, err := os.ReadFile(*sdp)
			if err != nil {
				return &exitError{exitUsage, err}
			}
			q.SDP = b
		}
		if *server != "" {
			if cmd.Flags().Changed("config") {
				return &exitError{exitUsage, fmt.Errorf("--server asks a running edge, -c a file: give one of them")}
			}
			return explainAt(cmd.Context(), cmd.OutOrStdout(), *server, *format, q)
		}
		c, err := config.Load(*path)
		if err != nil {
			return &exitError{exitConfig, err}
		}
		a, err := app.New(c, app.Options{})
		if err != nil {
			return &exitError{exitConfig, err}
		}
		e, err := a.ExplainOnce(cmd.Context(), q)
		if err != nil {
			return &exitError{exitWarning, err}
		}
		return printExplanation(cmd.OutOrStdout(), *format, explainedOf(e))
	}
	return cmd
}

// explanationView is an Explanation for JSON.
type explanationView struct {
	lb.DecisionView
	Bridges []lb.BridgeView `json:"bridges"`
}

// explainAt asks a running edge.
func explainAt(ctx context.Context, w io.Writer, server, format string, q sip.Question) error {
	c := clientOf(server, "")
	var e admin.Explanation
	question := admin.Question{To: q.To, From: q.From, Landing: q.Landing, SDP: string(q.SDP)}
	if err := c.do(ctx, http.MethodPost, "/api/v1/explain", question, &e); err != nil {
		var r *refusedError
		if errors.As(err, &r) && r.status == http.StatusUnprocessableEntity {
			return &exitError{exitWarning, err} // as when a file is asked
		}
		return c.failed(err)
	}
	return printExplanation(w, format, explained{
		view: explanationView{e.DecisionView, e.Bridges}, text: e.Explanation, log: e.CMSLog,
		refused: e.Outcome != lb.Chosen.String(),
	})
}

// explained is a decision in every form that it is printed in.
type explained struct {
	view      explanationView
	text, log string
	refused   bool
}

func explainedOf(e *app.Explanation) explained {
	return explained{
		view:    explanationView{e.Decision.View(e.Table), e.Bridges},
		text:    string(e.Decision.AppendExplanation(nil, e.Table)),
		log:     string(e.Decision.AppendLog(nil, e.Table)),
		refused: e.Decision.Outcome != lb.Chosen,
	}
}

func printExplanation(w io.Writer, format string, e explained) error {
	var err error
	switch format {
	case "json":
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		err = enc.Encode(e.view)
	case "cmslog":
		_, err = io.WriteString(w, e.log)
	default:
		if _, err = io.WriteString(w, e.text); err == nil {
			err = printAges(w, e.view.Bridges)
		}
	}
	switch {
	case err != nil:
		return &exitError{exitUnknown, err}
	case !anyRead(e.view.Bridges):
		return &exitError{exitUnknown, fmt.Errorf("no bridge could be read: the decision is blind; see bridgehead check --online")}
	case e.refused:
		return &exitError{code: exitWarning}
	}
	return nil
}

// printAges says how fresh the readings are that a decision was made from.
func printAges(w io.Writer, bridges []lb.BridgeView) error {
	t := table{head: []string{"bridge", "reading", "age", "error"}}
	for _, b := range bridges {
		for _, p := range b.Polls {
			age := "never read"
			if p.Age != nil {
				age = fmt.Sprintf("%.1f s", *p.Age)
			}
			t.rows = append(t.rows, []string{b.Name, p.Endpoint, age, p.Error})
		}
	}
	fmt.Fprintln(w)
	return t.print(w, "table", nil)
}

func anyRead(bridges []lb.BridgeView) bool {
	for _, b := range bridges {
		for _, p := range b.Polls {
			if p.Endpoint == lb.ReadLoad.String() && p.Age != nil {
				return true
			}
		}
	}
	return false
}
