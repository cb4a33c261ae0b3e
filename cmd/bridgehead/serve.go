package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"syscall"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"bridgehead/config"
	"bridgehead/internal/app"
)

func serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve -c FILE",
		Short: "Run an edge until SIGTERM",
		Long: `Run an edge. SIGTERM and SIGINT end it, after policy.drainTimeout for calls
that are being set up. SIGHUP checks the file again and logs the result; the
running configuration is kept until a restart.`,
		Args: cobra.NoArgs,
	}
	path := configFlag(cmd)
	profile := cmd.Flags().String("cpuprofile", "", "write a CPU profile of the whole run to `FILE`")
	_ = cmd.Flags().MarkHidden("cpuprofile") // for those who build it: make profile
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		stop, err := startProfile(*profile)
		if err != nil {
			return &exitError{exitCritical, err}
		}
		defer stop()
		return serve(cmd.Context(), *path, cmd.OutOrStdout())
	}
	return cmd
}

// startProfile profiles the process until stop; "" does nothing.
func startProfile(path string) (stop func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() {
		pprof.StopCPUProfile()
		f.Close() //nolint:errcheck // a profile that is cut short shows it
	}, nil
}

func serve(ctx context.Context, path string, out io.Writer) error {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP) // first of all: it must never end the process
	defer signal.Stop(hup)
	c, err := config.Load(path)
	if err != nil {
		return &exitError{exitConfig, err}
	}
	makeRoomForReaders(c)
	keepHeapSmall()
	log, dropped, closeLog := app.NewLogger(out, c.Log.Level, c.Log.Format)
	defer closeLog()
	a, err := app.New(c, app.Options{Logger: log, Version: versionText(), LogDropped: dropped})
	if err != nil {
		return &exitError{exitConfig, err}
	}
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-hup:
				a.FileRead(recheck(log, path))
			}
		}
	}()
	log.Info("bridgehead starts", zap.String("version", versionText()), zap.String("config", path))
	if err := a.Run(ctx); err != nil {
		return &exitError{exitCritical, err}
	}
	log.Info("bridgehead has ended")
	return nil
}

// makeRoomForReaders gives Go's scheduler, on a machine with few processors, one
// more than there are threads that wait for SIP in the kernel: each of these holds
// one, though it uses none. Whoever sets GOMAXPROCS has said how many there may be.
func makeRoomForReaders(c *config.Config) {
	if os.Getenv("GOMAXPROCS") != "" {
		return
	}
	readers, streams := 0, 0
	for _, l := range c.SIP.Listen {
		if l.Transport == config.TCP {
			streams = 1 // one for all of them
		} else {
			readers++
		}
	}
	if least := readers + streams + 1; runtime.GOMAXPROCS(0) < least {
		runtime.GOMAXPROCS(least)
	}
}

// garbage is how much of it, in percent of what is in use, may gather before it is
// collected. Calls make next to none, so to collect it sooner costs nothing, and
// memory is never far above what transactions need.
const garbage = 40

// keepHeapSmall sets that, unless whoever started the process did with GOGC.
func keepHeapSmall() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
}

// recheck tells what a restart with the file as it is now would meet.
func recheck(log *zap.Logger, path string) bool {
	if _, err := config.Load(path); err != nil {
		log.Error("SIGHUP: the file has errors; the running configuration is kept", zap.String("config", path), zap.Error(err))
		return false
	}
	log.Info("SIGHUP: the file is good; the running configuration is kept, restart to apply the file", zap.String("config", path))
	return true
}
