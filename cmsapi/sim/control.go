package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// actionTimeout bounds what one request to the control endpoint may take.
const actionTimeout = 10 * time.Second

// control is the endpoint that turns the knobs over HTTP, on loopback only.
//
//	GET    /sim/v1/bridges                      the bridges and their state, JSON
//	GET    /sim/v1/bridges/{bridge}
//	PUT    /sim/v1/bridges/{bridge}/load        body: load units, or "clear"
//	PUT    /sim/v1/bridges/{bridge}/limits      body: JSON of Limits
//	PUT    /sim/v1/bridges/{bridge}/sip         body: as ParseSIPMode reads it
//	PUT    /sim/v1/bridges/{bridge}/api         body: as ParseAPIMode reads it; ?path=system/load for one part
//	PUT    /sim/v1/bridges/{bridge}/stop        body: "sip", "api" or "all"
//	PUT    /sim/v1/bridges/{bridge}/start       body: "sip", "api" or "all"
//	POST   /sim/v1/bridges/{bridge}/dial        body: JSON of DialOptions
//	GET    /sim/v1/calls                        all calls, JSON; ?active=true for those not over
//	GET    /sim/v1/calls/{call}                 a SIP Call-ID or a leg's GUID
//	DELETE /sim/v1/calls/{call}                 hang up
//	POST   /sim/v1/calls/{call}/answer          also reinvite, update
type control struct {
	g      *Group
	url    string
	server *webServer
}

// newControl opens the endpoint.
func newControl(g *Group, addr string) (*control, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("sim: control address %q: write it as address:port, e.g. 127.0.0.1:0", addr)
	}
	if ip, err := netip.ParseAddr(host); err != nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("sim: control address %q: it has no password, so it must be a loopback address", addr)
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("sim: control address: %w", err)
	}
	c := &control{g: g, url: "http://" + listener.Addr().String() + "/sim/v1/"}
	c.server = serveOn(listener, c.routes())
	return c, nil
}

// routes are the paths.
func (c *control) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sim/v1/bridges", func(w http.ResponseWriter, _ *http.Request) {
		all := []bridgeState{}
		for _, b := range c.g.bridges {
			all = append(all, b.state())
		}
		reply(w, all)
	})
	mux.HandleFunc("GET /sim/v1/bridges/{bridge}", func(w http.ResponseWriter, r *http.Request) {
		if b := c.g.Bridge(r.PathValue("bridge")); b != nil {
			reply(w, b.state())
			return
		}
		fail(w, http.StatusNotFound, errors.New("no such bridge"))
	})
	mux.HandleFunc("GET /sim/v1/calls", func(w http.ResponseWriter, r *http.Request) {
		all := []Call{}
		for _, call := range c.g.Calls() {
			if call.Active() || r.FormValue("active") != "true" {
				all = append(all, call)
			}
		}
		reply(w, all)
	})
	mux.HandleFunc("GET /sim/v1/calls/{call}", c.onCall(func(_ context.Context, b *Bridge, id string) (any, error) {
		call, _ := b.Call(id)
		return call, nil
	}))
	mux.HandleFunc("DELETE /sim/v1/calls/{call}", c.onCall(func(ctx context.Context, b *Bridge, id string) (any, error) { return nil, b.Hangup(ctx, id) }))
	mux.HandleFunc("POST /sim/v1/calls/{call}/answer", c.onCall(func(_ context.Context, b *Bridge, id string) (any, error) { return nil, b.Answer(id) }))
	mux.HandleFunc("POST /sim/v1/calls/{call}/reinvite", c.onCall(func(ctx context.Context, b *Bridge, id string) (any, error) { return nil, b.Reinvite(ctx, id) }))
	mux.HandleFunc("POST /sim/v1/calls/{call}/update", c.onCall(func(ctx context.Context, b *Bridge, id string) (any, error) { return nil, b.Update(ctx, id) }))
	for _, k := range knobs {
		mux.HandleFunc(k.method+" /sim/v1/bridges/{bridge}/"+k.name, c.onBridge(k.turn))
	}
	return mux
}

// onBridge is a handler that does something to the bridge of the path.
func (c *control) onBridge(turn func(r *http.Request, b *Bridge, body string) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b := c.g.Bridge(r.PathValue("bridge"))
		if b == nil {
			fail(w, http.StatusNotFound, errors.New("no such bridge"))
			return
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, maxForm))
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), actionTimeout)
		defer cancel()
		v, err := turn(r.WithContext(ctx), b, strings.TrimSpace(string(body)))
		if err != nil {
			fail(w, http.StatusBadRequest, err)
			return
		}
		reply(w, v)
	}
}

// onCall is a handler that does something to the call of the path.
func (c *control) onCall(do func(ctx context.Context, b *Bridge, id string) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := r.PathValue("call")
		b, err := c.g.Find(id)
		if err != nil {
			fail(w, http.StatusNotFound, err)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), actionTimeout)
		defer cancel()
		v, err := do(ctx, b, id)
		if err != nil {
			fail(w, http.StatusBadGateway, err)
			return
		}
		reply(w, v)
	}
}

// reply writes JSON, nothing for nil.
func reply(w http.ResponseWriter, v any) {
	if v == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	_ = out.Encode(v)
}

// fail writes an error.
func fail(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
}

// bridgeState is what the endpoint tells of a bridge.
type bridgeState struct {
	Name, SIP, API   string
	SIPMode, APIMode string
	Load, Level      int
	Limits           Limits
	Counters         Counters
	Conferences      []Conference
}

// state collects it.
func (b *Bridge) state() bridgeState {
	return bridgeState{
		Name: b.Name(), SIP: b.SIPAddr(), API: b.APIURL(), SIPMode: b.SIPMode().String(), APIMode: b.APIMode().String(),
		Load: b.Load(), Level: b.Level(), Limits: b.Limits(), Counters: b.Counters(), Conferences: b.Conferences(),
	}
}
