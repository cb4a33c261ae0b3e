package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/emiago/sipgo/sip"
	"github.com/spf13/cobra"
)

// Exit codes, the same for every verb: those of monitoring plugins, and those
// of sysexits.h for wrong usage and wrong configuration.
const (
	exitGood     = 0
	exitWarning  = 1
	exitCritical = 2
	exitUnknown  = 3
	exitUsage    = 64
	exitConfig   = 78
)

// exitError ends the process with a code of its own.
type exitError struct {
	code int
	err  error // nil: everything was said already
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func main() {
	// sipgo talks about its sockets to a logger of the whole process.
	sip.SetDefaultLogger(slog.New(slog.DiscardHandler))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run executes one command line until it is done or ctx ends, and returns the
// exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := command()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitGood
	}
	var e *exitError
	if !errors.As(err, &e) {
		// cobra's own complaints are about the command line.
		fmt.Fprintln(stderr, "bridgehead:", err)
		return exitUsage
	}
	if e.err != nil {
		fmt.Fprintln(stderr, e.err)
	}
	return e.code
}

// command is the tree of verbs.
func command() *cobra.Command {
	root := &cobra.Command{
		Use:           "bridgehead",
		Short:         "A load-balancing front proxy for Cisco Meeting Server Call Bridge groups",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cmd.Help() //nolint:errcheck // to a terminal
			return &exitError{code: exitUsage}
		},
	}
	root.AddCommand(serveCommand(), labCommand(), checkCommand(), explainCommand(), statusCommand(), bridgeCommand(), conferenceCommand(), versionCommand())
	return root
}

// configFlag is the -c of the verbs that read a configuration.
func configFlag(cmd *cobra.Command) *string {
	return cmd.Flags().StringP("config", "c", "/etc/bridgehead/bridgehead.yaml", "configuration `FILE`")
}
