package transaction

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bridgehead/sip/wire"
)

func keysOf(t *testing.T, sd *seeds, request string) (own, invite key) {
	t.Helper()
	var m wire.Message
	require.NoError(t, m.Parse([]byte(request)))
	return sd.keys(&m)
}

func TestKeyOfClientsWithCookie(t *testing.T) {
	sd := newSeeds()
	base := callerRequest("INVITE", "x1", "UDP")
	own, invite := keysOf(t, &sd, base)
	require.Equal(t, own, invite)

	same := map[string]string{
		"again":                     base,
		"other Via transport":       strings.Replace(base, "SIP/2.0/UDP", "SIP/2.0/TCP", 1),
		"other Request-URI":         strings.Replace(base, "sip:room@example.com SIP", "sip:other@example.com SIP", 1),
		"other Call-ID":             strings.Replace(base, "x1@192", "y@192", 1),
		"stamped by a middlebox":    strings.Replace(base, ";branch", ";received=192.0.2.9;branch", 1),
		"ACK of the same branch":    callerRequest("ACK", "x1", "UDP"),
		"ACK with a To tag and URI": strings.Replace(callerRequest("ACK", "x1", "UDP"), "To: <sip:room@example.com>", "To: <sip:room@example.com>;tag=z", 1),
	}
	for name, request := range same {
		t.Run("same: "+name, func(t *testing.T) {
			k, _ := keysOf(t, &sd, request)
			require.Equal(t, own, k)
		})
	}
	other := map[string]string{
		"branch":           callerRequest("INVITE", "x2", "UDP"),
		"branch in case":   callerRequest("INVITE", "X1", "UDP"),
		"longer branch":    callerRequest("INVITE", "x11", "UDP"),
		"host":             strings.Replace(base, "UDP 192.0.2.1", "UDP 192.0.2.2", 1),
		"port":             strings.Replace(base, "192.0.2.1:5060;", "192.0.2.1:5062;", 1),
		"no port":          strings.Replace(base, "192.0.2.1:5060;", "192.0.2.1;", 1),
		"method":           callerRequest("BYE", "x1", "UDP"),
		"CANCEL":           callerRequest("CANCEL", "x1", "UDP"),
		"unknown method":   callerRequest("invite", "x1", "UDP"),
		"unknown method 2": callerRequest("INVITED", "x1", "UDP"),
	}
	seen := map[key]string{own: "base"}
	for name, request := range other {
		k, inv := keysOf(t, &sd, request)
		require.NotContains(t, seen, k, name)
		seen[k] = name
		if strings.HasPrefix(request, "CANCEL ") {
			require.Equal(t, own, inv, "a CANCEL must find its INVITE")
			require.Equal(t, own.a, k.a, "and live in its shard")
		}
	}
	// Host names compare in any case.
	a, _ := keysOf(t, &sd, strings.Replace(base, "UDP 192.0.2.1", "UDP Phone.example.COM", 1))
	b, _ := keysOf(t, &sd, strings.Replace(base, "UDP 192.0.2.1", "UDP phone.EXAMPLE.com", 1))
	require.Equal(t, a, b)

	strange := newSeeds()
	k, _ := keysOf(t, &strange, base)
	require.NotEqual(t, own, k, "keys must not be predictable")
}

// Clients of RFC 2543 have no unique branch (RFC 3261 section 17.2.3).
func TestKeyOfOldClients(t *testing.T) {
	sd := newSeeds()
	for _, via := range []string{"192.0.2.1:5060", "192.0.2.1:5060;branch=1"} {
		old := func(method string) string {
			return strings.Replace(callerRequest(method, "c", "UDP"), "192.0.2.1:5060;branch=z9hG4bKc", via, 1)
		}
		base := old("INVITE")
		toTag := func(s string) string {
			return strings.Replace(s, "To: <sip:room@example.com>", "To: <sip:room@example.com>;tag=b9", 1)
		}
		own, _ := keysOf(t, &sd, base)
		ack, _ := keysOf(t, &sd, toTag(old("ACK")))
		require.Equal(t, own, ack, "an ACK has a To tag that its INVITE had not")
		_, invite := keysOf(t, &sd, old("CANCEL"))
		require.Equal(t, own, invite)

		seen := map[key]string{own: "base"}
		for name, request := range map[string]string{
			"Request-URI": strings.Replace(base, "sip:room@example.com SIP", "sip:hall@example.com SIP", 1),
			"From tag":    strings.Replace(base, "tag=a1", "tag=a2", 1),
			"Call-ID":     strings.Replace(base, "Call-ID: c", "Call-ID: d", 1),
			"CSeq":        strings.Replace(base, "CSeq: 1", "CSeq: 2", 1),
			"Via":         strings.Replace(base, "192.0.2.1:5060", "192.0.2.1:5061", 1),
			"method":      old("BYE"),
			"To tag":      toTag(old("BYE")),
			"CANCEL":      old("CANCEL"),
			"cookie":      callerRequest("INVITE", "c", "UDP"),
		} {
			k, _ := keysOf(t, &sd, request)
			require.NotContains(t, seen, k, name)
			seen[k] = name
		}
	}
}

func TestOldClientCall(t *testing.T) {
	w := newWorld(t, wire.UDP, wire.UDP, Options{})
	old := func(method string) string {
		return strings.Replace(callerRequest(method, "c", "UDP"), ";branch=z9hG4bKc", "", 1)
	}
	w.receive(old("INVITE"))
	require.Equal(t, "Request INVITE, up 100, down0 INVITE", w.look())
	w.receive(old("INVITE"))
	require.Equal(t, "up 100", w.look())
	w.reply(w.answer(0, "INVITE", 180))
	require.Equal(t, "Response0 180, up 180", w.look())
	w.receive(old("CANCEL"))
	require.Equal(t, "up 200 CANCEL, Cancelled, down0 CANCEL", w.look())
	w.reply(w.answer(0, "INVITE", 487))
	require.Equal(t, "down0 ACK, Response0 487, up 487, Released", w.look())
	w.receive(strings.Replace(old("ACK"), "To: <sip:room@example.com>", "To: <sip:room@example.com>;tag=b1", 1))
	require.Equal(t, "nothing", w.look())
	w.wait(4900 * 1e6)
	require.Equal(t, "nothing", w.look(), "Confirmed: no Timer G")
	w.wait(40 * 1e9)
	require.Equal(t, "Ended", w.look())
	w.requireEmpty()
}

func TestTagIsSecretAndStable(t *testing.T) {
	sd, strange := newSeeds(), newSeeds()
	k := key{1, 2}
	require.Len(t, sd.appendTag(nil, k), tagLen)
	require.Equal(t, sd.appendTag(nil, k), sd.appendTag(nil, k))
	require.NotEqual(t, sd.appendTag(nil, k), sd.appendTag(nil, key{2, 1}))
	require.NotEqual(t, sd.appendTag(nil, k), strange.appendTag(nil, k))
}

func FuzzReadBranch(f *testing.F) {
	c := branchCipher{block: newBranchKey()}
	f.Add(c.append(nil, branchName{shard: 3, index: 2, slot: 77, gen: 9}))
	f.Add([]byte(branchPrefix))
	f.Add([]byte("z9hG4bKbhaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, ok := readBranch(b)
		if !ok {
			return
		}
		if n, ok := c.open(s); ok {
			require.True(t, strings.EqualFold(string(b), string(c.append(nil, n))), "what opens must be what we made")
		}
	})
}
