package dns

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// tryTimeout is how long one name server has. All of them are asked in turn for
// as long as the caller's context lasts.
const (
	tryTimeout = 400 * time.Millisecond
	rounds     = 3
	udpSize    = 1232 // what fits everywhere, DNS flag day 2020
)

// exchange asks for the records of a name. None and no error mean that there are
// none. A name server that fails or says nothing makes room for the next.
func (c *Client) exchange(ctx context.Context, name string, kind uint16) ([]dns.RR, error) {
	if _, ok := dns.IsDomainName(name); !ok || name == "" {
		return nil, fmt.Errorf("%q is no domain name", name)
	}
	ask := new(dns.Msg)
	ask.SetQuestion(dns.Fqdn(name), kind)
	ask.SetEdns0(udpSize, false)
	failure := errors.New("no name server is configured in " + resolvConf)
	for range rounds {
		for _, server := range c.servers.now() {
			answer, err := question(ctx, ask, server)
			switch {
			case err == nil && answer.Rcode == dns.RcodeSuccess:
				return answer.Answer, nil
			case err == nil && answer.Rcode == dns.RcodeNameError:
				return nil, nil
			case err == nil:
				err = errors.New(dns.RcodeToString[answer.Rcode])
			}
			failure = fmt.Errorf("%s %s at name server %s: %w", name, dns.TypeToString[kind], server, err)
			if ctx.Err() != nil {
				return nil, failure
			}
		}
	}
	return nil, failure
}

// question asks one name server, over TCP if the answer is too large for UDP.
func question(ctx context.Context, ask *dns.Msg, server string) (*dns.Msg, error) {
	m := ask.Copy()
	m.Id = dns.Id()
	var answer *dns.Msg
	for _, network := range []string{"udp", "tcp"} {
		one, cancel := context.WithTimeout(ctx, tryTimeout)
		client := dns.Client{Net: network, Timeout: tryTimeout}
		got, _, err := client.ExchangeContext(one, m, server)
		cancel()
		if err != nil {
			return nil, err
		}
		// Only an answer to this very question counts: an address is believed here.
		if len(got.Question) != 1 || got.Question[0].Qtype != m.Question[0].Qtype || !strings.EqualFold(got.Question[0].Name, m.Question[0].Name) {
			return nil, errors.New("it answers another question")
		}
		if answer = got; !got.Truncated {
			break
		}
	}
	return answer, nil
}
