package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"bridgehead/cmsapi/sim"
	"bridgehead/internal/app"
)

// labOptions are the flags of lab.
type labOptions struct {
	listen, admin, control string
	from                   []string
	last                   time.Duration
	verbose                bool
}

func labCommand() *cobra.Command {
	var o labOptions
	cmd := &cobra.Command{
		Use:   "lab",
		Short: "Try it out: an edge in front of three simulated bridges, with a few calls",
		Long: `Start three simulated Call Bridges and an edge before them, with nothing else
installed, and place a few calls: to an idle space, to a space that is running,
many at once, and one too many. Every decision is printed as it is made, as CMS
writes it to its event log. Then the lab says what to try next, and goes on
until it is interrupted. It carries signalling, no sound and no pictures.

A port that is taken is replaced by a free one; what is printed tells.`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().StringVar(&o.listen, "listen", "127.0.0.1:5060", "SIP `ADDRESS` of the edge, UDP and TCP")
	cmd.Flags().StringVar(&o.admin, "admin", "127.0.0.1:9495", "HTTP `ADDRESS` of the edge's API, loopback only")
	cmd.Flags().StringVar(&o.control, "control", "127.0.0.1:9496", "HTTP `ADDRESS` where the simulated bridges are turned, loopback only")
	cmd.Flags().StringSliceVar(&o.from, "from", nil, "also take calls from `NETWORK`, such as 192.168.1.0/24; give --listen an address there too")
	cmd.Flags().DurationVar(&o.last, "for", 0, "end after this time, when the lab's own calls are done (default: until interrupted)")
	cmd.Flags().BoolVar(&o.verbose, "verbose", false, "let the edge log each call to standard error, not warnings only")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return runLab(cmd.Context(), o, cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	return cmd
}

// lab is everything that runs in the laboratory.
type lab struct {
	dir, config string
	sip         netip.AddrPort
	edge        *app.App
	group       *sim.Group
	caller      *caller
	journal     *journal
	moved       []string // what stands elsewhere than asked, and why
}

// runLab is the life of a laboratory: build, calls, hints, wait, end.
func runLab(ctx context.Context, o labOptions, stdout, stderr io.Writer) error {
	wanted, err := o.addresses()
	if err != nil {
		return &exitError{exitUsage, err}
	}
	var end <-chan time.Time
	if o.last > 0 {
		end = time.After(o.last)
	}
	level := "warn"
	if o.verbose {
		level = "info"
	}
	log, dropped, closeLog := app.NewLogger(stderr, level, "console")
	defer closeLog()

	l := &lab{journal: newJournal(stdout)}
	err = l.build(o, wanted, level, app.Options{
		Logger: log, Version: versionText(), Decided: l.journal.decided, LogDropped: dropped,
	})
	if err == nil {
		l.introduce()
		if l.perform(ctx) {
			l.hint()
			select {
			case <-ctx.Done():
			case <-end:
			}
		}
	}
	if failed := errors.Join(err, l.close()); failed != nil {
		return &exitError{exitCritical, fmt.Errorf("the lab cannot go on: %w", failed)}
	}
	return nil
}

// labAddresses are where the lab should stand.
type labAddresses struct{ sip, admin, control netip.AddrPort }

// addresses reads the flags that are addresses or networks.
func (o labOptions) addresses() (a labAddresses, err error) {
	for _, f := range []struct {
		name, text string
		to         *netip.AddrPort
		loopback   bool
	}{
		{"--listen", o.listen, &a.sip, false}, {"--admin", o.admin, &a.admin, true}, {"--control", o.control, &a.control, true},
	} {
		if *f.to, err = netip.ParseAddrPort(f.text); err != nil {
			return a, fmt.Errorf("%s %s: write an IP address and a port, such as 127.0.0.1:0 for any free one", f.name, f.text)
		}
		if f.loopback && !f.to.Addr().IsLoopback() {
			return a, fmt.Errorf("%s %s: it has no password, so it must be a loopback address", f.name, f.text)
		}
	}
	for _, n := range o.from {
		if _, err := netip.ParsePrefix(n); err != nil {
			return a, fmt.Errorf("--from %s: write a network, such as 192.168.1.0/24", n)
		}
	}
	return a, nil
}

// build starts the bridges, the caller and the edge. Whatever it has started
// when it fails is ended by close.
func (l *lab) build(o labOptions, wanted labAddresses, level string, options app.Options) (err error) {
	if l.dir, err = os.MkdirTemp("", "bridgehead-lab-"); err != nil {
		return err
	}
	control, err := l.place("the control address of the bridges", wanted.control)
	if err != nil {
		return err
	}
	if l.group, err = newLabGroup(control.String()); err != nil {
		return err
	}
	if l.caller, err = newCaller(); err != nil {
		return err
	}
	// The bridges' own address among the sources: whatever does not come from
	// their very ports is call control, since that is asked first.
	file := labFile{
		Caller: l.caller.addr(), Bridges: l.group.Bridges(), LogLevel: level,
		Sources: strings.Join(append([]string{"127.0.0.1", `"::1"`, "127.0.0.0/8"}, o.from...), ", "),
	}
	// Somebody may take a port between the look and the bind: look again then.
	for try := 0; ; try++ {
		if err = l.start(file, wanted, options); !errors.Is(err, syscall.EADDRINUSE) || try == portTries {
			return err
		}
	}
}

// start makes the edge and opens its sockets.
func (l *lab) start(file labFile, wanted labAddresses, options app.Options) (err error) {
	moved := l.moved
	if file.SIP, err = l.place("the edge's SIP address", wanted.sip); err != nil {
		return err
	}
	if file.Admin, err = l.place("the edge's admin address", wanted.admin); err != nil {
		return err
	}
	path, c, err := file.write(l.dir)
	if err != nil {
		return err
	}
	edge, err := app.New(c, options)
	if err != nil {
		return err
	}
	if err := edge.Start(); err != nil {
		l.moved = moved
		return err
	}
	l.edge, l.config, l.sip = edge, path, reachable(file.SIP)
	l.caller.edge = l.sip.String()
	return nil
}

// place finds a free port and remembers to tell if it is another one.
func (l *lab) place(what string, want netip.AddrPort) (netip.AddrPort, error) {
	got, err := freePort(want)
	if err == nil && got != want && want.Port() != 0 {
		l.moved = append(l.moved, fmt.Sprintf("%s is %s, as port %d is taken", what, got, want.Port()))
	}
	return got, err
}

// reachable is an address that this machine reaches a listener at.
func reachable(a netip.AddrPort) netip.AddrPort {
	switch {
	case !a.Addr().IsUnspecified():
		return a
	case a.Addr().Is4():
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), a.Port())
	}
	return netip.AddrPortFrom(netip.IPv6Loopback(), a.Port())
}

// close ends everything in reverse order. The calls that are up end without a
// word: everybody who is in them ends too.
func (l *lab) close() error {
	var errs []error
	if l.caller != nil {
		l.caller.close()
	}
	if l.edge != nil {
		errs = append(errs, l.edge.Stop())
	}
	if l.group != nil {
		errs = append(errs, l.group.Close())
	}
	l.journal.close()
	if l.dir != "" {
		errs = append(errs, os.RemoveAll(l.dir))
	}
	return errors.Join(errs...)
}
