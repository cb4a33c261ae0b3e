package transaction

import (
	"bytes"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"bridgehead/sip/wire"
)

// The buffers against a map of copies.
func TestBuffersKeepWhatTheyAreGiven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bs := newBuffers()
		kept := map[handle][]byte{}
		var order []handle
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				n := rapid.OneOf(rapid.IntRange(0, 300), rapid.IntRange(0, 3000), rapid.IntRange(0, 20_000), rapid.IntRange(60_000, 70_000)).Draw(t, "size")
				p := bytes.Repeat([]byte{byte(len(order))}, n)
				for range rapid.IntRange(1, 1+min(70, 100_000/(n+1))).Draw(t, "times") {
					h := bs.put(p)
					require.NotZero(t, h)
					require.NotContains(t, kept, h)
					kept[h] = p
					order = append(order, h)
				}
			},
			"free": func(t *rapid.T) {
				for range min(len(order), rapid.IntRange(1, 90).Draw(t, "times")) {
					i := rapid.IntRange(0, len(order)-1).Draw(t, "which")
					h := order[i]
					order = append(order[:i], order[i+1:]...)
					require.True(t, bytes.Equal(kept[h], bs.get(h)), "buffer %d", h)
					delete(kept, h)
					bs.free(&h)
					require.Zero(t, h)
				}
			},
		})
		for _, h := range order {
			require.True(t, bytes.Equal(kept[h], bs.get(h)), "buffer %d", h)
			bs.free(&h)
		}
		for i := range bs.classes {
			require.Zero(t, bs.classes[i].busy)
			require.LessOrEqual(t, len(bs.classes[i].spare), 1)
		}
		require.LessOrEqual(t, bs.bytes, classes*slabSize, "the memory of a burst goes back")
		var none handle
		bs.free(&none)
		require.Nil(t, bs.get(none))
	})
}

func TestBuffersDoNotAllocateInSteadyState(t *testing.T) {
	bs := newBuffers()
	p := make([]byte, 900)
	var kept [100]handle
	n := 0
	require.Zero(t, testing.AllocsPerRun(10_000, func() {
		bs.free(&kept[n%len(kept)])
		kept[n%len(kept)] = bs.put(p)
		n += 37
	}))
}

// The index against a map.
func TestIndexFindsKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var records slots[record]
		x := newIndex(&records)
		known := map[key]uint32{}
		// Few distinct low bits make long chains.
		drawKey := func(t *rapid.T) key {
			return key{uint64(rapid.IntRange(0, 3).Draw(t, "a")), rapid.Uint64Range(0, 200).Draw(t, "b") << rapid.IntRange(0, 8).Draw(t, "shift")}
		}
		t.Repeat(map[string]func(*rapid.T){
			"insert": func(t *rapid.T) {
				for range rapid.IntRange(1, 60).Draw(t, "times") {
					k := drawKey(t)
					if i := x.find(k); i != 0 || known[k] != 0 {
						require.Equal(t, known[k], i)
						continue
					}
					i := records.take()
					records.at(i).key = k
					x.insert(i)
					known[k] = i
				}
			},
			"remove": func(t *rapid.T) {
				k := drawKey(t)
				i := x.find(k)
				require.Equal(t, known[k], i)
				if i != 0 {
					require.True(t, x.remove(i))
					require.False(t, x.remove(i))
					delete(known, k)
					records.put(i)
				}
			},
		})
		require.Equal(t, len(known), x.count)
		for k, i := range known {
			require.Equal(t, i, x.find(k))
		}
	})
}

func TestHopsArePackedWithoutLoss(t *testing.T) {
	var p places
	addr := rapid.SampledFrom([]netip.AddrPort{
		{}, netip.MustParseAddrPort("192.0.2.1:5060"), netip.MustParseAddrPort("[2001:db8::1]:5061"),
		netip.MustParseAddrPort("[fe80::1%eth0]:5060"), netip.MustParseAddrPort("[fe80::1%eth1]:5060"),
		netip.MustParseAddrPort("[::ffff:192.0.2.1]:5060"), netip.MustParseAddrPort("0.0.0.0:0"),
	})
	rapid.Check(t, func(t *rapid.T) {
		h := wire.Hop{
			Transport: rapid.SampledFrom([]wire.Transport{wire.UDP, wire.TCP, wire.TLS}).Draw(t, "transport"),
			Listener:  rapid.Uint16().Draw(t, "listener"),
			Remote:    addr.Draw(t, "remote"),
			Local:     addr.Draw(t, "local"),
			Conn:      rapid.Uint64().Draw(t, "conn"),
		}
		packed := p.pack(h)
		require.Equal(t, h, p.unpack(&packed))
	})
}

func TestPlacesAreBounded(t *testing.T) {
	var p places
	a := netip.MustParseAddr("2001:db8::")
	for range maxPlaces + 10 {
		a = a.Next()
		h := p.pack(wire.Hop{Remote: netip.AddrPortFrom(a, 1), Local: netip.AddrPortFrom(a, 1)})
		require.Equal(t, a, p.unpack(&h).Remote.Addr())
	}
	require.Len(t, p.locals, maxPlaces)
	h := p.pack(wire.Hop{Local: netip.AddrPortFrom(a, 1)})
	require.False(t, p.unpack(&h).Local.IsValid(), "routing decides")
}

func TestResponseHop(t *testing.T) {
	source := netip.MustParseAddrPort("192.0.2.77:40000")
	for _, c := range []struct {
		name, via string
		transport wire.Transport
		port      uint16
	}{
		{"sent-by port", "192.0.2.1:5070;branch=z9hG4bK1", wire.UDP, 5070},
		{"default port", "192.0.2.1;branch=z9hG4bK1", wire.UDP, 5060},
		{"rport", "192.0.2.1:5070;rport;branch=z9hG4bK1", wire.UDP, 40000},
		{"rport that the sender filled", "192.0.2.1:5070;rport=9;branch=z9hG4bK1", wire.UDP, 40000},
		{"maddr is ignored", "192.0.2.1:5070;maddr=10.0.0.1;branch=z9hG4bK1", wire.UDP, 5070},
		{"received is ignored", "192.0.2.1:5070;received=10.0.0.1;branch=z9hG4bK1", wire.UDP, 5070},
		{"TCP falls back to sent-by", "192.0.2.1:5070;rport;branch=z9hG4bK1", wire.TCP, 5070},
		{"TCP default", "192.0.2.1;branch=z9hG4bK1", wire.TCP, 5060},
		{"TLS default", "192.0.2.1;branch=z9hG4bK1", wire.TLS, 5061},
	} {
		t.Run(c.name, func(t *testing.T) {
			var m wire.Message
			request := callerRequest("INVITE", "1", c.transport.String())
			request = string(bytes.Replace([]byte(request), []byte("192.0.2.1:5060;branch=z9hG4bK1"), []byte(c.via), 1))
			require.NoError(t, m.Parse([]byte(request)))
			from := wire.Hop{Transport: c.transport, Remote: source, Listener: 3, Conn: 9}
			want := from
			want.Remote = netip.AddrPortFrom(source.Addr(), c.port)
			require.Equal(t, want, ResponseHop(&m, from))
		})
	}
}
