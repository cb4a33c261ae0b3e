package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bridgehead/config"
)

// Bounds on a question to a running edge.
const (
	clientTimeout = 5 * time.Second
	maxAnswer     = 64 << 20 // a decision is some kilobytes, and there may be thousands
)

// edgeFlags are what every verb that asks a running edge has: which edge, and how
// its answer is printed.
type edgeFlags struct {
	server, config, format *string
}

// addEdgeFlags adds --server, -c and -o.
func addEdgeFlags(cmd *cobra.Command) edgeFlags {
	return edgeFlags{
		server: cmd.Flags().String("server", "", "admin `ADDRESS` of the edge (default: admin.listen of the configuration, else 127.0.0.1:9495)"),
		config: configFlag(cmd),
		format: cmd.Flags().StringP("output", "o", "table", "table, json or csv"),
	}
}

// client returns the edge that the flags name.
func (f edgeFlags) client() (*edgeClient, error) {
	if err := oneOf(*f.format, "table", "json", "csv"); err != nil {
		return nil, err
	}
	return clientOf(*f.server, *f.config), nil
}

// clientOf returns the edge at an admin address, "" for the one that the
// configuration file names, or the default.
func clientOf(server, file string) *edgeClient {
	if server == "" {
		server = config.Default().Admin.Listen
		if c, err := config.Load(file); err == nil && c.Admin.Listen != "" {
			server = c.Admin.Listen
		}
	}
	return &edgeClient{server}
}

// edgeClient asks the admin API of one running edge. It blocks, for
// clientTimeout at most.
type edgeClient struct{ server string }

// refusedError is what the edge says when it understood and will not.
type refusedError struct {
	status int
	text   string
}

func (e *refusedError) Error() string { return e.text }

// get reads path into v.
func (c *edgeClient) get(ctx context.Context, path string, query url.Values, v any) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return c.do(ctx, http.MethodGet, path, nil, v)
}

// do sends one request, with body as JSON unless it is nil, and reads the answer
// into v: JSON, or the text itself if v is a *string.
func (c *edgeClient) do(ctx context.Context, method, path string, body, v any) error {
	ctx, cancel := context.WithTimeout(ctx, clientTimeout)
	defer cancel()
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+c.server+path, content)
	if err != nil {
		return fmt.Errorf("--server %s is no address: write 127.0.0.1:9495", c.server)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return &refusedError{res.StatusCode, problem(res.Status, b)}
	}
	if text, ok := v.(*string); ok {
		*text = strings.TrimSpace(string(b))
		return nil
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("the answer is no JSON (is this an edge?): %w", err)
	}
	return nil
}

// problem is what an answer other than 200 says: the detail of problem+json, else
// the text.
func problem(status string, body []byte) string {
	var p struct {
		Detail string `json:"detail"`
		Errors []struct {
			Message  string `json:"message"`
			Location string `json:"location"`
		} `json:"errors"`
	}
	if json.Unmarshal(body, &p) != nil || p.Detail == "" {
		return strings.TrimSpace(status + ": " + strings.TrimSpace(string(body)))
	}
	for _, e := range p.Errors {
		p.Detail += "; " + strings.TrimSpace(e.Location+" "+e.Message)
	}
	return p.Detail
}

// failed gives the error of a question its exit code: 64 for a name that the edge
// does not know, otherwise 3, since nothing is known.
func (c *edgeClient) failed(err error) error {
	var r *refusedError
	if errors.As(err, &r) && (r.status == http.StatusNotFound || r.status == http.StatusUnprocessableEntity) {
		return &exitError{exitUsage, err}
	}
	return &exitError{exitUnknown, fmt.Errorf("the edge at %s: %w", c.server, err)}
}
