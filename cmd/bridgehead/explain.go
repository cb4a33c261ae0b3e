package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"bridgehead/config"
	"bridgehead/internal/app"
	"bridgehead/lb"
	"bridgehead/sip"
)

func explainCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain -c FILE --to URI",
		Short: "Say where a call would go, and why, with no side effect",
		Long: `Read every bridge once, for two seconds at most, and say where a call would go
and why. No call is made and nothing is reserved. The exit code is 0 when a
bridge is chosen, 1 when the call would be refused, 3 when no bridge could be
read, 78 when the file has errors.`,
		Args: cobra.NoArgs,
	}
	path := configFlag(cmd)
	var q sip.Question
	cmd.Flags().StringVar(&q.To, "to", "", "dialled `URI`, such as room@meet.example.com")
	cmd.Flags().StringVar(&q.From, "from", "", "caller's `URI`")
	cmd.Flags().StringVar(&q.Landing, "landing", "", "`NAME` of the bridge that the call lands on")
	sdp := cmd.Flags().String("sdp", "", "`FILE` with the offer; without one a delayed offer is assumed")
	format := cmd.Flags().StringP("output", "o", "text", "text, json or cmslog")
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
		return printExplanation(cmd.OutOrStdout(), *format, e)
	}
	return cmd
}

// explanationView is an Explanation for JSON.
type explanationView struct {
	lb.DecisionView
	Bridges []lb.BridgeView `json:"bridges"`
}

func printExplanation(w io.Writer, format string, e *app.Explanation) error {
	var err error
	switch format {
	case "json":
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		err = enc.Encode(explanationView{e.Decision.View(e.Table), e.Bridges})
	case "cmslog":
		_, err = w.Write(e.Decision.AppendLog(nil, e.Table))
	default:
		if _, err = w.Write(e.Decision.AppendExplanation(nil, e.Table)); err == nil {
			err = printAges(w, e.Bridges)
		}
	}
	switch {
	case err != nil:
		return &exitError{exitUnknown, err}
	case !anyRead(e.Bridges):
		return &exitError{exitUnknown, fmt.Errorf("no bridge could be read: the decision is blind; see bridgehead check --online")}
	case e.Decision.Outcome != lb.Chosen:
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
