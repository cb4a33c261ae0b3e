package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"bridgehead/internal/admin"
	"bridgehead/lb"
)

func bridgeCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "bridge", Short: "Show the bridges of a running edge, take them out and put them back", RunE: needsVerb}
	cmd.AddCommand(bridgeListCommand(), bridgeShowCommand(), drainCommand(),
		stateCommand("maint", lb.Maintenance, "Put a bridge into maintenance: no calls at all, and no alarms about it"),
		stateCommand("ready", lb.Ready, "Let a bridge take calls again"))
	return cmd
}

// needsVerb prints the help of a noun that stands alone.
func needsVerb(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return &exitError{exitUsage, fmt.Errorf("bridgehead: %s has no verb %q; see bridgehead %s --help", cmd.Name(), args[0], cmd.Name())}
	}
	cmd.Help() //nolint:errcheck // to a terminal
	return &exitError{code: exitUsage}
}

// listBridges asks for all bridges.
func listBridges(ctx context.Context, c *edgeClient) ([]admin.Bridge, error) {
	var reply struct{ Bridges []admin.Bridge }
	if err := c.get(ctx, "/api/v1/bridges", nil, &reply); err != nil {
		return nil, c.failed(err)
	}
	return reply.Bridges, nil
}

func bridgeListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Short: "List the bridges as they stand now", Args: cobra.NoArgs,
		Long: `List the bridges of a running edge as they stand now. The exit code is 0 when
every bridge that is ready takes calls, 1 when some do not, 2 when none does, 3
when the edge does not answer.`,
	}
	flags := addEdgeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := flags.client()
		if err != nil {
			return err
		}
		bridges, err := listBridges(cmd.Context(), c)
		if err != nil {
			return err
		}
		if err := bridgeTable(bridges).print(cmd.OutOrStdout(), *flags.format, bridges); err != nil {
			return &exitError{exitUnknown, err}
		}
		return codeOf(bridges)
	}
	return cmd
}

// codeOf is the exit code for a set of bridges. Those that an operator took out
// are as they should be.
func codeOf(bridges []admin.Bridge) error {
	serving, amiss := 0, 0
	for _, b := range bridges {
		switch {
		case b.InService:
			serving++
		case b.State == lb.Ready.String():
			amiss++
		}
	}
	switch {
	case serving == 0:
		return &exitError{code: exitCritical}
	case amiss > 0:
		return &exitError{code: exitWarning}
	}
	return nil
}

// bridgeTable is a row for each bridge.
func bridgeTable(bridges []admin.Bridge) table {
	t := table{head: []string{"bridge", "group", "state", "reach", "level", "load", "reserved", "new from", "full from", "participants", "conferences", "age", "takes no new conference because"}}
	for _, b := range bridges {
		t.rows = append(t.rows, []string{
			b.Name, b.Group, b.State, b.Reach, strconv.Itoa(b.Level), number(b.Load), number(b.Reserved), limit(b, b.NewLimit), limit(b, b.ExistingLimit),
			strconv.Itoa(b.Participants), strconv.Itoa(b.Conferences), ageOf(b, lb.ReadLoad), b.Veto,
		})
	}
	return t
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// limit shows a threshold; a bridge without a loadLimit has none.
func limit(b admin.Bridge, n int64) string {
	if b.LoadLimit == 0 {
		return "none"
	}
	return number(n)
}

// ageOf shows how old the last good reading of an endpoint is.
func ageOf(b admin.Bridge, e lb.Endpoint) string {
	for _, p := range b.Polls {
		if p.Endpoint == e.String() && p.Age != nil {
			return fmt.Sprintf("%.1f s", *p.Age)
		}
	}
	return "never read"
}

func bridgeShowCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "show NAME", Short: "Show all that is known of one bridge", Args: cobra.ExactArgs(1),
		Long: `Show all that is known of one bridge. The exit code is that of list, for this
bridge alone; 64 when the edge has no such bridge.`,
	}
	flags := addEdgeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := flags.client()
		if err != nil {
			return err
		}
		b, err := findBridge(cmd.Context(), c, args[0])
		if err != nil {
			return err
		}
		if err := showBridge(cmd.OutOrStdout(), *flags.format, b); err != nil {
			return &exitError{exitUnknown, err}
		}
		if !b.InService && b.State != lb.Ready.String() {
			return nil
		}
		return codeOf([]admin.Bridge{b})
	}
	return cmd
}

// findBridge asks for one bridge.
func findBridge(ctx context.Context, c *edgeClient, name string) (admin.Bridge, error) {
	bridges, err := listBridges(ctx, c)
	if err != nil {
		return admin.Bridge{}, err
	}
	var known []string
	for _, b := range bridges {
		if b.Name == name {
			return b, nil
		}
		known = append(known, b.Name)
	}
	return admin.Bridge{}, &exitError{exitUsage, fmt.Errorf("no bridge has the name %q; known: %s", name, strings.Join(known, ", "))}
}

func showBridge(w io.Writer, format string, b admin.Bridge) error {
	t := table{head: []string{"field", "value"}}
	add := func(field, value string) { t.rows = append(t.rows, []string{field, value}) }
	add("name", b.Name)
	add("group", b.Group)
	state := b.State
	if b.StateSince != nil {
		state += " since " + b.StateSince.Local().Format("2006-01-02 15:04:05")
	}
	add("state", state)
	add("reach", b.Reach+", SIP "+b.SIP)
	add("in service", strconv.FormatBool(b.InService))
	add("takes no new conference because", b.Veto)
	add("level", strconv.Itoa(b.Level))
	add("load", fmt.Sprintf("%d, and %d reserved", b.Load, b.Reserved))
	add("new conferences until", limit(b, b.NewLimit))
	add("full from", limit(b, b.ExistingLimit))
	add("participants", strconv.Itoa(b.Participants))
	add("conferences", strconv.Itoa(b.Conferences))
	add("SIP address", b.SIPAddress)
	add("API", b.API)
	for _, p := range b.Polls {
		age := "never read"
		if p.Age != nil {
			age = fmt.Sprintf("read %.1f s ago", *p.Age)
		}
		if p.Error != "" {
			age += ", failed " + strconv.Itoa(p.Failures) + " times: " + p.Error
		}
		add("API "+p.Endpoint, age)
	}
	return t.print(w, format, b)
}

// setState orders a state.
func setState(ctx context.Context, c *edgeClient, name string, s lb.AdminState) (admin.StateReply, error) {
	var reply admin.StateReply
	body := map[string]string{"state": s.String()}
	if err := c.do(ctx, http.MethodPut, "/api/v1/bridges/"+url.PathEscape(name)+"/state", body, &reply); err != nil {
		return reply, c.failed(err)
	}
	return reply, nil
}

// printState says what was done; a state that could not be kept is a warning.
func printState(cmd *cobra.Command, format string, r admin.StateReply) error {
	t := table{head: []string{"bridge", "state", "participants", "conferences", "warning"}}
	t.rows = [][]string{{r.Bridge.Name, r.Bridge.State, strconv.Itoa(r.Bridge.Participants), strconv.Itoa(r.Bridge.Conferences), r.Warning}}
	if err := t.print(cmd.OutOrStdout(), format, r); err != nil {
		return &exitError{exitUnknown, err}
	}
	if r.Warning != "" {
		return &exitError{code: exitWarning}
	}
	return nil
}

func stateCommand(verb string, s lb.AdminState, short string) *cobra.Command {
	cmd := &cobra.Command{
		Use: verb + " NAME", Short: short, Args: cobra.ExactArgs(1),
		Long: short + `.
The state outlives a restart of the edge. Calls that are up are not touched. The
exit code is 0; 1 when the state could not be kept; 3 when the edge does not
answer; 64 when it has no such bridge.`,
	}
	flags := addEdgeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := flags.client()
		if err != nil {
			return err
		}
		reply, err := setState(cmd.Context(), c, args[0], s)
		if err != nil {
			return err
		}
		return printState(cmd, *flags.format, reply)
	}
	return cmd
}
