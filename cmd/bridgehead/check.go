package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"bridgehead/config"
	"bridgehead/internal/app"
)

func checkCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check -c FILE",
		Short: "Check a configuration, with --online also what it names",
		Long: `Check a configuration file: its syntax, its meaning, and with --online the
names it uses, the API login of each bridge, and SIP OPTIONS to each bridge.
The exit code is 0 when all is well, 1 with warnings, 2 when something that is
named does not answer, 78 when the file has errors.`,
		Args: cobra.NoArgs,
	}
	path := configFlag(cmd)
	online := cmd.Flags().Bool("online", false, "ask DNS, the bridges' APIs and their SIP side as well")
	format := cmd.Flags().StringP("output", "o", "table", "table, json or csv")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := oneOf(*format, "table", "json", "csv"); err != nil {
			return err
		}
		c, err := config.Load(*path)
		if err != nil && *format != "table" {
			return printBadFile(cmd, *format, *path, err)
		}
		if err != nil {
			return &exitError{exitConfig, err}
		}
		findings := []app.Finding{{Severity: app.Good, Subject: *path, Text: "syntax and meaning are good"}}
		for _, w := range c.Warnings() {
			findings = append(findings, app.Finding{Severity: app.Warning, Subject: w.Path, Text: w.Message})
		}
		if *online {
			findings = append(findings, app.CheckOnline(cmd.Context(), c)...)
		}
		return printFindings(cmd, *format, findings)
	}
	return cmd
}

// printBadFile tells the problems of a file in the form that was asked for.
func printBadFile(cmd *cobra.Command, format, path string, err error) error {
	var findings []app.Finding
	var bad *config.Error
	if errors.As(err, &bad) {
		for _, p := range bad.Problems {
			where := path
			if p.Line > 0 { // what is missing has no place
				where = fmt.Sprintf("%s:%d:%d", path, p.Line, p.Column)
			}
			findings = append(findings, app.Finding{Severity: app.Critical, Subject: where, Text: p.Message})
		}
	} else {
		findings = append(findings, app.Finding{Severity: app.Critical, Subject: path, Text: err.Error()})
	}
	if err := printFindings(cmd, format, findings); err != nil {
		if e := new(exitError); errors.As(err, &e) && e.code == exitUnknown {
			return err
		}
	}
	return &exitError{code: exitConfig}
}

// findingView is a Finding for JSON.
type findingView struct {
	Severity string `json:"severity"`
	Subject  string `json:"subject"`
	Text     string `json:"text"`
}

func printFindings(cmd *cobra.Command, format string, findings []app.Finding) error {
	t := table{head: []string{"result", "subject", "text"}}
	worst, views := app.Good, []findingView{}
	for _, f := range findings {
		worst = max(worst, f.Severity)
		t.rows = append(t.rows, []string{f.Severity.String(), f.Subject, f.Text})
		views = append(views, findingView{f.Severity.String(), f.Subject, f.Text})
	}
	if err := t.print(cmd.OutOrStdout(), format, views); err != nil {
		return &exitError{exitUnknown, err}
	}
	if worst != app.Good {
		return &exitError{code: int(worst)}
	}
	return nil
}
