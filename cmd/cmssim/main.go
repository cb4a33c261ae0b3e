package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"bridgehead/cmsapi/sim"
)

// Exit codes.
const (
	exitGood     = 0
	exitCritical = 2
	exitUsage    = 64
)

// errStart marks errors that are not the command line's fault.
var errStart = errors.New("the group does not run")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run executes a command line until ctx ends and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	cmd := command()
	cmd.SetArgs(args)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	err := cmd.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitGood
	case errors.Is(err, errStart):
		_, _ = fmt.Fprintln(stderr, "cmssim:", err)
		return exitCritical
	}
	_, _ = fmt.Fprintln(stderr, "cmssim:", err)
	return exitUsage
}

// command is the one verb.
func command() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "cmssim",
		Short: "A simulated Cisco Meeting Server Call Bridge group",
		Long: "Runs a simulated Call Bridge group until SIGINT or SIGTERM, prints how to reach it,\n" +
			"and then the event log of its bridges. A control endpoint sets loads and faults.",
		Args: cobra.NoArgs, SilenceErrors: true, SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd.Context(), f, cmd.OutOrStdout()) },
	}
	f.register(cmd)
	return cmd
}

// serve runs the group until ctx ends.
func serve(ctx context.Context, f flags, stdout io.Writer) error {
	o, err := f.options()
	if err != nil {
		return err
	}
	if !f.quiet {
		o.Log = sim.LogTo(stdout)
	}
	g, err := sim.NewGroup(o)
	if err != nil {
		return fmt.Errorf("%w: %w", errStart, err)
	}
	greet(stdout, g, f)
	<-ctx.Done()
	return g.Close()
}
