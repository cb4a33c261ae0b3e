package main

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"bridgehead/internal/admin"
)

func conferenceCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "conference", Short: "Show which conference runs where", RunE: needsVerb}
	cmd.AddCommand(conferenceListCommand())
	return cmd
}

func conferenceListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Short: "List the running conferences, those on several bridges first", Args: cobra.NoArgs,
		Long: `List the conferences that run, by what the bridges themselves say: those on
several bridges first, because each costs distribution links between them. The
exit code is 0; 3 when the edge does not answer.`,
	}
	flags := addEdgeFlags(cmd)
	spread := cmd.Flags().Bool("spread", false, "only those that run on more than one bridge")
	most := cmd.Flags().Int("limit", 1000, "list at most `N`")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := flags.client()
		if err != nil {
			return err
		}
		query := url.Values{"limit": {strconv.Itoa(*most)}}
		if *spread {
			query.Set("spread", "true")
		}
		var reply admin.ConferencesReply
		if err := c.get(cmd.Context(), "/api/v1/conferences", query, &reply); err != nil {
			return c.failed(err)
		}
		t := table{head: []string{"space", "participants", "spread", "bridges"}}
		for _, x := range reply.Conferences {
			var where []string
			for _, s := range x.Bridges {
				count := "?"
				if s.Participants != nil {
					count = strconv.Itoa(*s.Participants)
				}
				where = append(where, s.Bridge+" ("+count+")")
			}
			t.rows = append(t.rows, []string{x.Space, strconv.Itoa(x.Participants), yes(x.Spread), strings.Join(where, ", ")})
		}
		if err := t.print(cmd.OutOrStdout(), *flags.format, reply); err != nil {
			return &exitError{exitUnknown, err}
		}
		if *flags.format == "table" {
			fmt.Fprintf(cmd.OutOrStdout(), "%d conferences, %d of them on more than one bridge\n", reply.Total, reply.Spread)
		}
		return nil
	}
	return cmd
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
