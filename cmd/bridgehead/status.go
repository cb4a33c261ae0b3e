package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"bridgehead/internal/admin"
	"bridgehead/lb"
)

func statusCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show on one screen how a running edge and its bridges stand",
		Long: `Show on one screen how a running edge stands: its groups, its bridges, and
what is amiss. The exit code is 0 when all is well, 1 with warnings, 2 when a
group has no bridge in service or the edge does not answer. With --quiet only
/healthz is asked and nothing printed: 0 when the edge is healthy, else 2.`,
		Args: cobra.NoArgs,
	}
	quiet := cmd.Flags().BoolP("quiet", "q", false, "print nothing, for health checks")
	flags := addEdgeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := flags.client()
		if err != nil {
			return err
		}
		var health string
		if err := c.get(cmd.Context(), "/healthz", nil, &health); err != nil {
			if *quiet {
				return &exitError{code: exitCritical}
			}
			return &exitError{exitCritical, fmt.Errorf("the edge at %s is not healthy: %w", c.server, err)}
		}
		if *quiet {
			return nil
		}
		s, err := readStatus(cmd.Context(), c)
		if err != nil {
			return err
		}
		if err := printStatus(cmd.OutOrStdout(), *flags.format, s); err != nil {
			return &exitError{exitUnknown, err}
		}
		if code := s.code(); code != exitGood {
			return &exitError{code: code}
		}
		return nil
	}
	return cmd
}

// edgeStatus is what status shows.
type edgeStatus struct {
	Server   string             `json:"server"`
	Ready    bool               `json:"ready"`
	Groups   []admin.Group      `json:"groups"`
	Bridges  []admin.Bridge     `json:"bridges"`
	Observed *admin.Observation `json:"observation,omitempty"`
	Problems []statusProblem    `json:"problems"`
}

// statusProblem is one thing that is amiss.
type statusProblem struct {
	Severity string `json:"severity"` // critical, warning or note
	Text     string `json:"text"`
}

func readStatus(ctx context.Context, c *edgeClient) (*edgeStatus, error) {
	s := &edgeStatus{Server: c.server, Problems: []statusProblem{}}
	var groups struct{ Groups []admin.Group }
	if err := c.get(ctx, "/api/v1/groups", nil, &groups); err != nil {
		return nil, c.failed(err)
	}
	s.Groups = groups.Groups
	var err error
	if s.Bridges, err = listBridges(ctx, c); err != nil {
		return nil, err
	}
	var seen admin.Observation
	if err := c.get(ctx, "/api/v1/observe", nil, &seen); err != nil {
		return nil, c.failed(err)
	}
	if seen.Mode == "observe" {
		s.Observed = &seen
	}
	var ready string
	var r *refusedError
	switch err := c.get(ctx, "/readyz", nil, &ready); {
	case err == nil:
		s.Ready = true
	case errors.As(err, &r) && r.status == http.StatusServiceUnavailable:
		_, reasons, _ := strings.Cut(r.text, ": ")
		for line := range strings.SplitSeq(reasons, "\n") {
			s.add("warning", "not ready: %s", line)
		}
	default:
		return nil, c.failed(err)
	}
	s.judge()
	return s, nil
}

func (s *edgeStatus) add(severity, format string, args ...any) {
	s.Problems = append(s.Problems, statusProblem{severity, fmt.Sprintf(format, args...)})
}

// judge finds what is amiss. What an operator did on purpose is none of it.
func (s *edgeStatus) judge() {
	for _, g := range s.Groups {
		switch {
		case g.InService == 0:
			s.add("critical", "group %s: no bridge is in service", g.Name)
		case g.Open == 0:
			s.add("warning", "group %s: no bridge takes a new conference", g.Name)
		}
		if g.Directory.Error != "" {
			s.add("warning", "group %s: its spaces cannot be read: %s", g.Name, g.Directory.Error)
		}
		if g.Spread > 0 {
			s.add("note", "group %s: %d conferences run on more than one bridge; see bridgehead conference list --spread", g.Name, g.Spread)
		}
	}
	for _, b := range s.Bridges {
		if b.State == lb.Maintenance.String() {
			continue
		}
		if !b.InService && b.State == lb.Ready.String() {
			s.add("warning", "bridge %s takes no calls: %s", b.Name, b.Veto)
		}
		if b.Reach != "up" && b.InService {
			s.add("warning", "bridge %s is %s", b.Name, b.Reach)
		}
		for _, p := range b.Polls {
			if p.Error != "" {
				s.add("warning", "bridge %s: %s was not read %d times in a row: %s", b.Name, p.Endpoint, p.Failures, p.Error)
			}
			if p.Endpoint == lb.ReadLimits.String() && p.Age != nil && b.LoadLimit == 0 {
				s.add("note", "bridge %s has no loadLimit: it never counts as full", b.Name)
			}
		}
	}
}

// code is the exit code: that of the worst problem.
func (s *edgeStatus) code() int {
	code := exitGood
	for _, p := range s.Problems {
		switch p.Severity {
		case "critical":
			return exitCritical
		case "warning":
			code = exitWarning
		}
	}
	return code
}

func printStatus(w io.Writer, format string, s *edgeStatus) error {
	bridges := bridgeTable(s.Bridges)
	if format != "table" {
		return bridges.print(w, format, s)
	}
	ready := "ready"
	if !s.Ready {
		ready = "not ready"
	}
	fmt.Fprintf(w, "edge %s: %s\n\n", s.Server, ready)
	groups := table{head: []string{"group", "in service", "take new conferences", "load", "reserved", "new from", "full from", "participants", "conferences", "spread"}}
	for _, g := range s.Groups {
		groups.rows = append(groups.rows, []string{
			g.Name, fmt.Sprintf("%d of %d", g.InService, len(g.Bridges)), strconv.Itoa(g.Open), number(g.Load), number(g.Reserved),
			sum(g.NewLimit), sum(g.ExistingLimit), strconv.Itoa(g.Participants), strconv.Itoa(g.Conferences), strconv.Itoa(g.Spread),
		})
	}
	if err := groups.print(w, format, nil); err != nil {
		return err
	}
	fmt.Fprintln(w)
	if err := bridges.print(w, format, nil); err != nil {
		return err
	}
	if o := s.Observed; o != nil {
		fmt.Fprintf(w, "\nobserving: %d of %d calls would have gone elsewhere (%.1f %%)\n", o.Differed, o.Decisions, 100*o.Share)
	}
	fmt.Fprintln(w)
	if len(s.Problems) == 0 {
		fmt.Fprintln(w, "nothing is amiss")
	}
	for _, p := range s.Problems {
		fmt.Fprintf(w, "%s: %s\n", p.Severity, p.Text)
	}
	return nil
}

func sum(n *int64) string {
	if n == nil {
		return "none"
	}
	return number(*n)
}
