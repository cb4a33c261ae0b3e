package sim

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"
)

// TestAnotherStack calls a bridge with sipgo's own user agent, sockets
// included, with an offer that is larger than a UDP packet may usually be.
func TestAnotherStack(t *testing.T) {
	both(t, func(t *testing.T, network string) {
		g := start(t, Options{SendRinging: true})
		b := g.Bridge("cluster1")
		host, port, err := net.SplitHostPort(b.SIPAddr())
		require.NoError(t, err)

		ua, err := sipgo.NewUA(sipgo.WithUserAgent("another"))
		require.NoError(t, err)
		defer func() { require.NoError(t, ua.Close()) }()
		client, err := sipgo.NewClient(ua, sipgo.WithClientHostname("127.0.0.1"))
		require.NoError(t, err)
		defer func() { require.NoError(t, client.Close()) }()
		dialogs := sipgo.NewDialogClientCache(client, sip.ContactHeader{Address: sip.Uri{Scheme: "sip", User: "alice", Host: "127.0.0.1"}})

		var uri sip.Uri
		require.NoError(t, sip.ParseUri("sip:room@"+host+":"+port+";transport="+strings.ToLower(network), &uri))
		offer := video1080 + strings.Repeat("a=x-filler:0123456789012345678901234567890123456789\r\n", 100)
		ctx := within(t)
		dialog, err := dialogs.Invite(ctx, uri, []byte(offer), sip.NewHeader("Content-Type", "application/sdp"))
		require.NoError(t, err)
		defer func() { _ = dialog.Close() }()
		require.NoError(t, dialog.WaitAnswer(ctx, sipgo.AnswerOptions{}))
		require.NoError(t, dialog.Ack(ctx))
		until(t, g, "connected", func() bool { return b.Calls()[0].State == StateConnected })
		require.Equal(t, 2000, b.Load())
		require.Contains(t, b.Calls()[0].INVITE, offer)
		require.NoError(t, dialog.Bye(ctx))
		until(t, g, "ended", func() bool { return b.Calls()[0].State == StateEnded })

		b.SetLoad(1 << 30)
		b.SetLimits(Limits{LoadLimit: 1, NewBP: 5000, ExistingBP: 8000})
		refused, err := dialogs.Invite(ctx, uri, []byte(video720), sip.NewHeader("Content-Type", "application/sdp"))
		require.NoError(t, err)
		defer func() { _ = refused.Close() }()
		var answer *sipgo.ErrDialogResponse
		require.ErrorAs(t, refused.WaitAnswer(context.Background(), sipgo.AnswerOptions{}), &answer)
		require.Equal(t, 488, answer.Res.StatusCode)
	})
}
