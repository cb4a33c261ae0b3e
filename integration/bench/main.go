package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// options are what the flags say.
type options struct {
	rows, proxies   string
	rounds, seconds int
	markdown        bool
	history, base   string
	profile         string
	keep            bool
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == relayVerb {
		fmt.Fprintln(os.Stderr, relayMain(os.Args[2:]))
		os.Exit(1)
	}
	var o options
	flag.StringVar(&o.rows, "rows", "all", "rows to measure, with commas; all and growth are those of the two tables: "+rowNames())
	flag.StringVar(&o.proxies, "proxies", "all", "proxies to measure, with commas")
	flag.IntVar(&o.rounds, "rounds", 3, "measurements of each proxy with each row; the table has their medians")
	flag.IntVar(&o.seconds, "seconds", 8, "how long each is, but for the row of a minute")
	flag.BoolVar(&o.markdown, "markdown", false, "print the table as Markdown")
	flag.StringVar(&o.history, "history", "", "file to append the medians to")
	flag.StringVar(&o.base, "base", "", "program of another build of the edge, to measure beside this one")
	flag.StringVar(&o.profile, "profile", "", "file for a CPU profile of the edge over all its runs")
	flag.BoolVar(&o.keep, "keep", false, "keep logs and configurations, and say where")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench measures and prints. Interrupted, it prints the rows that it has.
func bench(ctx context.Context, o options) (err error) {
	chosen, err := chooseRows(o.rows)
	if err != nil {
		return err
	}
	names, err := chooseProxies(o.proxies)
	if err != nil {
		return err
	}
	if o.rounds < 1 || o.seconds < 1 || flag.NArg() > 0 {
		return errors.New("-rounds and -seconds are 1 or more, and nothing follows the flags")
	}
	if _, err := exec.LookPath("sipp"); err != nil {
		return fmt.Errorf("install sipp (Debian's package sip-tester): %w", err)
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	if o.keep {
		fmt.Fprintln(os.Stderr, "logs are in", dir)
	} else {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	if err := errors.Join(writeScripts(dir), buildEdge(ctx, dir, true)); err != nil {
		return err
	}
	if o.base != "" {
		if err := useBase(dir, o.base); err != nil {
			return err
		}
		names = append(names, nameBase)
	}
	if o.profile != "" {
		if err := os.Mkdir(filepath.Join(dir, profiles), 0o700); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, mergeProfiles(dir, o.profile)) }()
	}
	about := run{at: time.Now(), machine: machine(), version: version(ctx), seconds: o.seconds}
	fmt.Printf("%s, %s, %s\n", about.at.Format(time.DateOnly), about.machine, about.version)
	fmt.Fprintf(os.Stderr, "this takes about %s\n", expected(chosen, names, o).Round(time.Second))
	var results []result
	for _, r := range chosen {
		got, err := measureRow(ctx, dir, r, names, o)
		if err != nil {
			return errors.Join(err, show(results, about, o))
		}
		results = append(results, got...)
	}
	return show(results, about, o)
}

// expected is how long the run will take.
func expected(chosen []row, names []string, o options) time.Duration {
	var sum time.Duration
	for _, r := range chosen {
		for _, name := range names {
			if r.suits(name) {
				sum += time.Duration(o.rounds) * r.takes(o.seconds)
			}
		}
	}
	return sum
}

// measureRow measures each proxy in turn, in every round another first.
func measureRow(ctx context.Context, dir string, r row, names []string, o options) ([]result, error) {
	samples := map[string][]sample{}
	for round := range o.rounds {
		for i := range names {
			name := names[(i+round)%len(names)]
			if !r.suits(name) {
				continue
			}
			s, err := measure(ctx, dir, name, r, r.lasts(o.seconds))
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(os.Stderr, "%s, round %d, %s: %.1f µs/call, %.1f MB, %.0f failed\n", r.name, round+1, name, s.cpu, s.memory, s.failed)
			samples[name] = append(samples[name], s)
		}
	}
	var results []result
	for _, name := range names {
		if len(samples[name]) > 0 {
			results = append(results, result{r.name, name, o.rounds, medians(samples[name])})
		}
	}
	return results, nil
}

// show prints the table and remembers it.
func show(results []result, about run, o options) error {
	if len(results) == 0 {
		return nil
	}
	if o.markdown {
		fmt.Print("\n", markdown(lines(results)))
	} else {
		fmt.Print(text(lines(results)))
	}
	if line := price(results); line != "" {
		fmt.Print("\n", line)
	}
	if o.history == "" {
		return nil
	}
	return remember(o.history, about, results)
}
