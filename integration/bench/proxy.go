package main

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Names of the proxies, in the order in which they take their turns.
const (
	nameBare     = "bare-relay"
	nameRelay    = "relay"
	nameKamailio = "kamailio"
	nameEdge     = "bridgehead"
	nameBase     = "base" // another build of the edge, where the flags name one
)

// proxy is what stands between callers and bridges.
type proxy interface {
	// door is where a caller on that port sends to.
	door(caller uint16) netip.AddrPort
	// pid is the process that all the others come from.
	pid() int
	// ended tells if it has ended by itself.
	ended() bool
	// failure is an error that quotes what it wrote.
	failure(what string) error
	// stop ends the proxy and all that was started for it alone.
	stop()
}

// chooseProxies picks proxies by name, in the order of their turns.
func chooseProxies(names string) ([]string, error) {
	order := []string{nameBare, nameRelay, nameKamailio, nameEdge}
	if names == "all" {
		return order, nil
	}
	wanted := map[string]bool{}
	for name := range strings.SplitSeq(names, ",") {
		if !slices.Contains(order, name) {
			return nil, fmt.Errorf("there is no proxy %q; there are %s", name, strings.Join(order, ", "))
		}
		wanted[name] = true
	}
	var chosen []string
	for _, name := range order {
		if wanted[name] {
			chosen = append(chosen, name)
		}
	}
	return chosen, nil
}

// startProxy starts one of them for a site whose bridges listen.
func startProxy(ctx context.Context, name string, s *site) (proxy, error) {
	switch name {
	case nameBare, nameRelay:
		return startRelay(s, name)
	case nameKamailio:
		return startKamailio(ctx, s)
	default:
		return startEdge(ctx, s, name)
	}
}
