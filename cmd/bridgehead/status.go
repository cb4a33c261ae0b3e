package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bridgehead/config"
)

// statusTimeout bounds the question to a running edge.
const statusTimeout = 3 * time.Second

func statusCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Ask a running edge for its health",
		Long: `Ask /healthz of a running edge. The exit code is 0 when it is healthy, 2 when
it answers otherwise or not at all.`,
		Args: cobra.NoArgs,
	}
	quiet := cmd.Flags().BoolP("quiet", "q", false, "print nothing, for health checks")
	server := cmd.Flags().String("server", "", "admin `ADDRESS` of the edge (default: admin.listen of the configuration, else 127.0.0.1:9495)")
	path := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		addr := *server
		if addr == "" {
			addr = config.Default().Admin.Listen
			if c, err := config.Load(*path); err == nil && c.Admin.Listen != "" {
				addr = c.Admin.Listen
			}
		}
		text, err := health(cmd.Context(), addr)
		if err != nil {
			if *quiet {
				return &exitError{code: exitCritical}
			}
			return &exitError{exitCritical, fmt.Errorf("the edge at %s is not healthy: %w", addr, err)}
		}
		if !*quiet {
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", addr, text)
		}
		return nil
	}
	return cmd
}

// health asks one edge.
func health(ctx context.Context, addr string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/healthz", nil)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 4096))
	if err != nil {
		return "", err
	}
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", res.Status, strings.TrimSpace(string(b)))
	}
	return strings.TrimSpace(string(b)), nil
}
