package sim

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// client asks a bridge's API.
type client struct {
	t    *testing.T
	b    *Bridge
	http *http.Client
}

func newClient(t *testing.T, b *Bridge) *client {
	transport := &http.Transport{}
	if pem := b.CertPEM(); pem != nil {
		roots := x509.NewCertPool()
		require.True(t, roots.AppendCertsFromPEM(pem))
		transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &client{t, b, &http.Client{Transport: transport, Timeout: patience}}
}

// do makes a request and gives status, body and headers.
func (c *client) do(method, path string, form url.Values) (int, string, http.Header) {
	c.t.Helper()
	res, body, err := c.try(method, path, form)
	require.NoError(c.t, err)
	return res.StatusCode, body, res.Header
}

// try is do with the error.
func (c *client) try(method, path string, form url.Values) (*http.Response, string, error) {
	c.t.Helper()
	req, err := http.NewRequest(method, c.b.APIURL()+"/api/v1/"+path, strings.NewReader(form.Encode()))
	require.NoError(c.t, err)
	req.SetBasicAuth(c.b.Username(), c.b.Password())
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := c.http.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	return res, string(body), err
}

// get is the document at path, without its XML declaration.
func (c *client) get(path string) string {
	c.t.Helper()
	status, body, headers := c.do("GET", path, nil)
	require.Equal(c.t, 200, status, "%s: %s", path, body)
	require.Equal(c.t, "text/xml", headers.Get("Content-Type"))
	return strings.TrimPrefix(body, "<?xml version=\"1.0\"?>\n")
}

func TestAPIAuthentication(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprint("TLS ", secure), func(t *testing.T) {
			g := start(t, Options{Bridges: []BridgeOptions{{Name: "cluster1", TLS: secure, Username: "api", Password: "p:w"}}})
			b := g.Bridge("cluster1")
			c := newClient(t, b)
			require.Equal(t, "<load><mediaProcessingLoad>0</mediaProcessingLoad></load>", c.get("system/load"))
			require.Equal(t, secure, strings.HasPrefix(b.APIURL(), "https://"))
			require.Equal(t, secure, strings.HasPrefix(b.Fingerprint(), "sha256:"))
			for _, pair := range [][2]string{{"api", "wrong"}, {"other", "p:w"}, {"", ""}} {
				req, err := http.NewRequest("GET", b.APIURL()+"/api/v1/system/load", nil)
				require.NoError(t, err)
				req.SetBasicAuth(pair[0], pair[1])
				res, err := c.http.Do(req)
				require.NoError(t, err)
				body, err := io.ReadAll(res.Body)
				require.NoError(t, err)
				require.NoError(t, res.Body.Close())
				require.Equal(t, 401, res.StatusCode)
				require.Empty(t, body)
			}
			res, err := c.http.Get(b.APIURL() + "/api/v1/system/load")
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			require.Equal(t, 401, res.StatusCode)
			require.Equal(t, `Basic realm="acano"`, res.Header.Get("WWW-Authenticate"))
		})
	}
}

func TestAPIDocuments(t *testing.T) {
	g := start(t, Options{
		Name: "london", Domains: []string{"meet.example.com"}, Users: []string{"bob"}, IVRs: []string{"lobby"},
		InboundRules:    []InboundRule{{Domain: "tenant.example.com", Priority: 9, Tenant: "t1", ToSpaces: true}},
		ForwardingRules: []ForwardingRule{{Pattern: "*.org", Priority: 4}},
		Spaces: []Space{
			{ID: room, Name: "Board & Room", URI: "room", CallID: "100", AccessMethods: []AccessMethod{{ID: "am1", URI: "room.host", Passcode: "1"}}},
			{ID: "s2", URI: "room", Tenant: "t1"},
		},
		Bridges: []BridgeOptions{{Name: "cluster1", LoadLimit: 96000}, {Name: "cluster2", ParticipantLimit: 5}},
	})
	b, b2 := g.Bridge("cluster1"), g.Bridge("cluster2")
	c, c2 := newClient(t, b), newClient(t, b2)
	p := newPeer(t, "UDP", b)
	here := p.newCall(roomURI(b))
	here.answered()
	_, err := b2.AddConference(Conference{Space: room, Participants: 3})
	require.NoError(t, err)
	conf := b.Conferences()[0]
	leg := b.Calls()[0].Leg
	link := distributionID(conf.Correlator, b.id, b2.id)
	inbound, forwarding := g.db.inbound, g.db.forwarding

	for path, want := range map[string]string{
		"system/load":                             `<load><mediaProcessingLoad>1000</mediaProcessingLoad></load>`,
		"SYSTEM/Load/":                            `<load><mediaProcessingLoad>1000</mediaProcessingLoad></load>`,
		"system/configuration/cluster":            `<cluster><uniqueName>cluster1</uniqueName><peerLinkBitRate/><participantLimit/><loadLimit>96000</loadLimit><newConferenceLoadLimitBasisPoints>5000</newConferenceLoadLimitBasisPoints><existingConferenceLoadLimitBasisPoints>8000</existingConferenceLoadLimitBasisPoints><maxPeerVideoStreams>4</maxPeerVideoStreams></cluster>`,
		"calls":                                   `<calls total="1"><call id="` + conf.ID + `"><name>Board &amp; Room</name><coSpace>` + room + `</coSpace><callCorrelator>` + conf.Correlator + `</callCorrelator></call></calls>`,
		"calls?coSpaceFilter=" + room:             `<calls total="1"><call id="` + conf.ID + `"><name>Board &amp; Room</name><coSpace>` + room + `</coSpace><callCorrelator>` + conf.Correlator + `</callCorrelator></call></calls>`,
		"calls?cospacefilter=s2":                  `<calls total="0"/>`,
		"calls/" + conf.ID:                        `<call id="` + conf.ID + `"><name>Board &amp; Room</name><callType>coSpace</callType><coSpace>` + room + `</coSpace><callCorrelator>` + conf.Correlator + `</callCorrelator><durationSeconds>0</durationSeconds><numCallLegs>2</numCallLegs><maxCallLegs>1</maxCallLegs><numParticipantsLocal>1</numParticipantsLocal><numParticipantsRemote>3</numParticipantsRemote><numDistributedInstances>1</numDistributedInstances><locked>false</locked><recording>false</recording><streaming>false</streaming><allowAllMuteSelf>true</allowAllMuteSelf><allowAllPresentationContribution>true</allowAllPresentationContribution><joinAudioMuteOverride/><activeWhenEmpty>false</activeWhenEmpty><endpointRecording>false</endpointRecording></call>`,
		"callLegs":                                `<callLegs total="2"><callLeg id="` + leg + `"><name>alice@example.com</name><remoteParty>alice@example.com</remoteParty><call>` + conf.ID + `</call></callLeg><callLeg id="` + link + `"><name>cluster2</name><remoteParty>cluster2</remoteParty><call>` + conf.ID + `</call></callLeg></callLegs>`,
		"callLegs/" + link:                        `<callLeg id="` + link + `"><name>cluster2</name><remoteParty>cluster2</remoteParty><call>` + conf.ID + `</call><type>acano</type><subType>distributionLink</subType><status><state>connected</state></status></callLeg>`,
		"callBridges":                             `<callBridges total="2"><callBridge id="` + b.id + `"><name>cluster1</name></callBridge><callBridge id="` + b2.id + `"><name>cluster2</name></callBridge></callBridges>`,
		"callBridges/" + b2.id:                    `<callBridge id="` + b2.id + `"><name>cluster2</name><address>` + b2.APIURL() + `/</address><sipDomain/><callBridgeGroup>` + g.id + `</callBridgeGroup></callBridge>`,
		"callBridgeGroups":                        `<callBridgeGroups total="1"><callBridgeGroup id="` + g.id + `"><name>london</name></callBridgeGroup></callBridgeGroups>`,
		"callBridgeGroups/" + g.id:                `<callBridgeGroup id="` + g.id + `"><name>london</name><loadBalancingEnabled>true</loadBalancingEnabled><loadBalanceLyncCalls>false</loadBalanceLyncCalls><loadBalanceOutgoingCalls>false</loadBalanceOutgoingCalls><loadBalanceUserCalls>true</loadBalanceUserCalls><loadBalanceIndirectCalls>false</loadBalanceIndirectCalls></callBridgeGroup>`,
		"coSpaces":                                `<coSpaces total="2"><coSpace id="` + room + `"><name>Board &amp; Room</name><autoGenerated>false</autoGenerated><uri>room</uri><callId>100</callId></coSpace><coSpace id="s2"><name>room</name><autoGenerated>false</autoGenerated><uri>room</uri><tenant>t1</tenant></coSpace></coSpaces>`,
		"cospaces?filter=board":                   `<coSpaces total="1"><coSpace id="` + room + `"><name>Board &amp; Room</name><autoGenerated>false</autoGenerated><uri>room</uri><callId>100</callId></coSpace></coSpaces>`,
		"coSpaces?offset=1&limit=5":               `<coSpaces total="2"><coSpace id="s2"><name>room</name><autoGenerated>false</autoGenerated><uri>room</uri><tenant>t1</tenant></coSpace></coSpaces>`,
		"coSpaces?offset=7":                       `<coSpaces total="2"/>`,
		"coSpaces/" + room:                        `<coSpace id="` + room + `"><name>Board &amp; Room</name><autoGenerated>false</autoGenerated><uri>room</uri><callId>100</callId><nonMemberAccess>true</nonMemberAccess><defaultLayout/></coSpace>`,
		"coSpaces/" + room + "/accessMethods":     `<accessMethods total="1"><accessMethod id="am1"><uri>room.host</uri></accessMethod></accessMethods>`,
		"coSpaces/" + room + "/accessMethods/am1": `<accessMethod id="am1"><uri>room.host</uri><passcode>1</passcode><scope>public</scope></accessMethod>`,
		"inboundDialPlanRules?limit=1":            `<inboundDialPlanRules total="2"><inboundDialPlanRule id="` + inbound[0].id + `"><domain>tenant.example.com</domain><priority>9</priority><tenant>t1</tenant><resolveToUsers>false</resolveToUsers><resolveTocoSpaces>true</resolveTocoSpaces><resolveToIvrs>false</resolveToIvrs><resolveToLyncConferences>false</resolveToLyncConferences><resolveToLyncSimplejoin>false</resolveToLyncSimplejoin></inboundDialPlanRule></inboundDialPlanRules>`,
		"forwardingDialPlanRules":                 `<forwardingDialPlanRules total="1"><forwardingDialPlanRule id="` + forwarding[0].id + `"><matchPattern>*.org</matchPattern><priority>4</priority><action>forward</action><callerIdMode>preserve</callerIdMode><uriParameters>discard</uriParameters></forwardingDialPlanRule></forwardingDialPlanRules>`,
		"ivrs":                                    `<ivrs total="1"><ivr id="` + g.db.ivrs[0].id + `"><uri>lobby</uri></ivr></ivrs>`,
		"ivrs/" + g.db.ivrs[0].id:                 `<ivr id="` + g.db.ivrs[0].id + `"><uri>lobby</uri><resolveCoSpaceCallIds>true</resolveCoSpaceCallIds><resolveLyncConferenceIds>false</resolveLyncConferenceIds></ivr>`,
		"users?filter=bo":                         `<users total="1"><user id="` + g.db.users[0].id + `"><userJid>bob@tenant.example.com</userJid></user></users>`,
		"webBridges":                              `<webBridges total="0"/>`,
		"system/alarms":                           `<alarms total="0"/>`,
	} {
		require.Equal(t, want, c.get(path), path)
	}
	require.Contains(t, c.get("callLegs/"+leg), "<sipCallId>"+here.id+"</sipCallId>")
	require.Contains(t, c.get("system/status"), "<callLegsActive>1</callLegsActive>")
	require.Contains(t, c2.get("system/status"), "<callLegsActive>3</callLegsActive>")
	require.Contains(t, c2.get("system/configuration/cluster"), "<participantLimit>5</participantLimit><loadLimit/>")
	require.Contains(t, c.get("system/database"), `<node hostname="cluster2" up="true" master="false" syncBehind="0"/>`)
	require.Contains(t, c2.get("calls/"+b2.Conferences()[0].ID), "<numParticipantsLocal>3</numParticipantsLocal><numParticipantsRemote>1</numParticipantsRemote>")
	require.Equal(t, conf.Correlator, b2.Conferences()[0].Correlator, "a space has one correlator in the group")
	remote := c2.get("participants")
	require.Contains(t, remote, `<participant id="`+leg+`">`)
	require.Contains(t, remote, "<callBridge>"+b.id+"</callBridge>", "participants elsewhere name their bridge")
	require.NotContains(t, c.get("participants"), "callBridge>")

	for path, reason := range map[string]string{
		"calls/unknown":                    "callDoesNotExist",
		"calls/unknown/callLegs":           "callDoesNotExist",
		"calls/unknown/participants":       "callDoesNotExist",
		"callLegs/unknown":                 "callLegDoesNotExist",
		"participants/unknown":             "participantDoesNotExist",
		"ivrs/unknown":                     "ivrDoesNotExist",
		"coSpaces/unknown/accessMethods":   "coSpaceDoesNotExist",
		"coSpaces/unknown/accessMethods/x": "accessMethodDoesNotExist",
		"callBridgeGroups/unknown":         "callBridgeGroupDoesNotExist",
		"coSpaces/unknown":                 "coSpaceDoesNotExist",
		"callBridges/unknown":              "callBridgeDoesNotExist",
		"system/configuration":             "unrecognizedObject",
		"nonsense":                         "unrecognizedObject",
	} {
		status, body, _ := c.do("GET", path, nil)
		require.Equal(t, 404, status, path)
		require.Contains(t, body, "<failureDetails><"+reason+"/></failureDetails>")
	}
	status, body, _ := c.do("GET", "calls?limit=many", nil)
	require.Equal(t, 400, status)
	require.Contains(t, body, `<parameterError parameter="limit" error="invalid"/>`)
}

func TestAPIPaging(t *testing.T) {
	o := Options{Bridges: []BridgeOptions{{Name: "cluster1", PageCap: 8}}}
	for i := range 21 {
		o.Spaces = append(o.Spaces, Space{ID: "id" + strconv.Itoa(i), URI: "u" + strconv.Itoa(i)})
	}
	g := start(t, o)
	c := newClient(t, g.Bridge("cluster1"))
	type page struct {
		Total  int `xml:"total,attr"`
		Spaces []struct {
			ID string `xml:"id,attr"`
		} `xml:"coSpace"`
	}
	var ids []string
	sizes := []int{}
	for {
		var p page
		require.NoError(t, xml.Unmarshal([]byte(c.get(fmt.Sprintf("coSpaces?limit=10&offset=%d", len(ids)))), &p))
		require.Equal(t, 21, p.Total)
		if len(p.Spaces) == 0 {
			break
		}
		sizes = append(sizes, len(p.Spaces))
		for _, s := range p.Spaces {
			ids = append(ids, s.ID)
		}
	}
	require.Equal(t, []int{8, 8, 5}, sizes, "the server's cap counts, not the limit asked for")
	require.Equal(t, "id20", ids[20])
}

func TestAPIChanges(t *testing.T) {
	g := start(t, Options{Domains: []string{"example.com"}, Users: []string{"bob"}, IVRs: []string{"lobby"}})
	b := g.Bridge("cluster1")
	c := newClient(t, b)
	set := func(kv ...string) int {
		form := url.Values{}
		for i := 0; i < len(kv); i += 2 {
			form.Set(kv[i], kv[i+1])
		}
		status, _, _ := c.do("PUT", "system/configuration/cluster", form)
		return status
	}
	require.Equal(t, 200, set("loadLimit", "1000", "existingConferenceLoadLimitBasisPoints", "9000"))
	require.Equal(t, Limits{LoadLimit: 1000, NewBP: 5000, ExistingBP: 9000}, b.Limits())
	require.Equal(t, 200, set("participantLimit", "3"))
	require.Equal(t, Limits{LoadLimit: 1000, ParticipantLimit: 3, NewBP: 5000, ExistingBP: 9000}, b.Limits(), "what is left out stays")
	require.Equal(t, 200, set("loadLimit", "", "participantLimit", ""))
	require.Equal(t, Limits{NewBP: 5000, ExistingBP: 9000}, b.Limits(), "what is empty is unset")
	require.Equal(t, 400, set("loadLimit", "much"))
	require.Equal(t, 400, set("newConferenceLoadLimitBasisPoints", "10001"))

	status, _, headers := c.do("POST", "coSpaces", url.Values{"name": {"New"}, "uri": {"new"}})
	require.Equal(t, 200, status)
	id := strings.TrimPrefix(headers.Get("Location"), "/api/v1/coSpaces/")
	status, body, _ := c.do("POST", "coSpaces", url.Values{"uri": {"NEW"}})
	require.Equal(t, 400, status)
	require.Contains(t, body, "duplicateCoSpaceUri")
	status, _, _ = c.do("PUT", "coSpaces/"+id, url.Values{"uri": {"renamed"}})
	require.Equal(t, 200, status)
	require.Contains(t, c.get("coSpaces/"+id), "<name>New</name>")
	for uri, want := range map[string]string{
		"Renamed": "<uriUsageQuery><coSpaceId>" + id + "</coSpaceId></uriUsageQuery>",
		"new":     "<uriUsageQuery/>",
		"bob":     "<uriUsageQuery><userId>" + g.db.users[0].id + "</userId></uriUsageQuery>",
		"lobby":   "<uriUsageQuery><ivrId>" + g.db.ivrs[0].id + "</ivrId></uriUsageQuery>",
	} {
		status, body, _ = c.do("POST", "uriUsageQuery", url.Values{"uri": {uri}})
		require.Equal(t, 200, status)
		require.Contains(t, body, want)
	}

	status, _, headers = c.do("POST", "calls", url.Values{"coSpace": {id}})
	require.Equal(t, 200, status)
	call := strings.TrimPrefix(headers.Get("Location"), "/api/v1/")
	require.Contains(t, c.get(call), "<numParticipantsLocal>0</numParticipantsLocal>")
	require.Contains(t, c.get(call), "<activeWhenEmpty>true</activeWhenEmpty>")

	p := newPeer(t, "UDP", b)
	status, _, headers = c.do("POST", call+"/participants", url.Values{"remoteParty": {"bob@" + p.local}})
	require.Equal(t, 200, status)
	leg := strings.TrimPrefix(headers.Get("Location"), "/api/v1/participants/")
	invite := p.expect("INVITE")
	p.reply(invite, 200)
	p.expect("ACK")
	until(t, g, "joined", func() bool { return b.Conferences()[0].Legs == 1 })
	require.Contains(t, c.get("callLegs/"+leg), "<direction>outgoing</direction>")
	status, _, _ = c.do("DELETE", "callLegs/"+leg, nil)
	require.Equal(t, 200, status)
	p.reply(p.expect("BYE"), 200)
	status, _, _ = c.do("DELETE", "callLegs/"+leg, nil)
	require.Equal(t, 404, status)
	require.Len(t, b.Conferences(), 1, "active when empty")
	status, _, _ = c.do("DELETE", call, nil)
	require.Equal(t, 200, status)
	require.Empty(t, b.Conferences())
	status, _, _ = c.do("DELETE", "coSpaces/"+id, nil)
	require.Equal(t, 200, status)
	require.Len(t, g.Spaces(), 1)
	status, _, _ = c.do("PUT", "callBridgeGroups/"+g.id, url.Values{"loadBalanceIndirectCalls": {"true"}})
	require.Equal(t, 200, status)
	require.Contains(t, c.get("callBridgeGroups/"+g.id), "<loadBalanceIndirectCalls>true<")
	for _, tc := range []struct {
		method, path string
		form         url.Values
		status       int
	}{
		{"PATCH", "calls", nil, 405},
		{"POST", "nonsense", nil, 404},
		{"PUT", "nonsense", nil, 404},
		{"DELETE", "nonsense", nil, 404},
		{"POST", "calls", url.Values{"coSpace": {"unknown"}}, 400},
		{"POST", "calls/unknown/participants", url.Values{"remoteParty": {"x@y"}}, 404},
		{"POST", "calls/unknown/participants", nil, 400},
		{"POST", "uriUsageQuery", nil, 400},
		{"DELETE", "calls/unknown", nil, 404},
		{"DELETE", "coSpaces/unknown", nil, 404},
		{"PUT", "coSpaces/unknown", nil, 404},
		{"PUT", "callBridgeGroups/unknown", nil, 404},
		{"PUT", "callBridgeGroups/" + g.id, url.Values{"loadBalancingEnabled": {"maybe"}}, 400},
	} {
		status, body, _ := c.do(tc.method, tc.path, tc.form)
		require.Equal(t, tc.status, status, "%s %s: %s", tc.method, tc.path, body)
	}
}
