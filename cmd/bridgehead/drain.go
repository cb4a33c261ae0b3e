package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"bridgehead/internal/admin"
	"bridgehead/lb"
)

// drainLook is how often drain --wait looks whether the bridge is empty.
const drainLook = 500 * time.Millisecond

func drainCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "drain NAME", Short: "Let a bridge run empty: no new conferences", Args: cobra.ExactArgs(1),
		Long: `Let a bridge run empty: it gets no new conferences, those that run there are
still joined; with --strict nobody joins them either. With --wait the command
ends once the last participant has left. The state outlives a restart of the
edge, and stays when the command is interrupted.

The exit code is 0; 1 when the state could not be kept; 2 when the bridge was
not empty in time; 3 when the edge does not answer; 64 when it has no such
bridge.`,
	}
	flags := addEdgeFlags(cmd)
	strict := cmd.Flags().Bool("strict", false, "nobody joins the conferences that run there")
	wait := cmd.Flags().Bool("wait", false, "wait until the bridge is empty")
	timeout := cmd.Flags().Duration("timeout", 2*time.Hour, "with --wait: how long at most")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := flags.client()
		if err != nil {
			return err
		}
		if cmd.Flags().Changed("timeout") && !*wait {
			return &exitError{exitUsage, fmt.Errorf("--timeout goes with --wait")}
		}
		state := lb.Drain
		if *strict {
			state = lb.DrainStrict
		}
		began := time.Now()
		reply, err := setState(cmd.Context(), c, args[0], state)
		if err != nil {
			return err
		}
		if *wait {
			ctx, cancel := context.WithTimeout(cmd.Context(), *timeout)
			defer cancel()
			if reply.Bridge, err = awaitEmpty(ctx, c, args[0], began, cmd.ErrOrStderr()); err != nil {
				return err
			}
		}
		return printState(cmd, *flags.format, reply)
	}
	return cmd
}

// awaitEmpty waits until a bridge has no participant, by a reading that began
// after since, and says on progress how many there are whenever that changes. An
// edge that is away for a moment is asked again.
func awaitEmpty(ctx context.Context, c *edgeClient, name string, since time.Time, progress io.Writer) (admin.Bridge, error) {
	tick := time.NewTicker(drainLook)
	defer tick.Stop()
	said := ""
	for {
		b, err := findBridge(ctx, c, name)
		text := ""
		switch {
		case err != nil:
			text = err.Error()
		case b.State != lb.Drain.String() && b.State != lb.DrainStrict.String():
			return b, &exitError{exitCritical, fmt.Errorf("%s is %s now: somebody else has ended the drain", name, b.State)}
		default:
			left, known := participants(b, since)
			if known && left == 0 {
				return b, nil
			}
			text = fmt.Sprintf("%s: %d participants", name, left)
			if !known {
				text = name + ": waiting for a reading of its status"
			}
		}
		if ctx.Err() != nil {
			return b, &exitError{exitCritical, fmt.Errorf("%s is not empty: %s", name, said)}
		}
		if text != said {
			fmt.Fprintln(progress, text)
			said = text
		}
		select {
		case <-ctx.Done():
			return b, &exitError{exitCritical, fmt.Errorf("%s is not empty; last: %s. It goes on draining", name, said)}
		case <-tick.C:
		}
	}
}

// participants counts who is on a bridge or on the way to it; known is false
// while no reading of its status began after since.
func participants(b admin.Bridge, since time.Time) (left int, known bool) {
	for _, p := range b.Polls {
		if p.Endpoint == lb.ReadStatus.String() && p.Age != nil && *p.Age < time.Since(since).Seconds() {
			known = true
		}
	}
	return b.Participants + b.Unseen, known
}
