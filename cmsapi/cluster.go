package cmsapi

import "context"

// ClusterConfiguration is what system/configuration/cluster tells of one
// bridge. Every bridge has its own, so it is read on each. A nil limit is unset
// there.
type ClusterConfiguration struct {
	// UniqueName is the bridge's own name, which equals its name in callBridges.
	UniqueName string
	// LoadLimit in load units; nil is unset, and 0 is taken for unset as well
	// by those who apply it.
	LoadLimit *int
	// NewConferenceBasisPoints is the share of LoadLimit, in 1/10000, from
	// which calls to conferences not running here are disfavoured; nil means
	// CMS's default of 5000.
	NewConferenceBasisPoints *int
	// ExistingConferenceBasisPoints is the share of LoadLimit, in 1/10000, from
	// which calls are rejected; nil means CMS's default of 8000.
	ExistingConferenceBasisPoints *int
	// ParticipantLimit is the number of participants from which inbound calls
	// are rejected; nil is no limit.
	ParticipantLimit *int
}

// Cluster reads system/configuration/cluster.
func (c *Client) Cluster(ctx context.Context) (ClusterConfiguration, error) {
	return fetch(ctx, c, "/system/configuration/cluster", nil, decodeCluster)
}

// decodeCluster reads a cluster document.
func decodeCluster(b []byte) (ClusterConfiguration, error) {
	var doc struct {
		UniqueName   text `xml:"uniqueName"`
		Load         text `xml:"loadLimit"`
		New          text `xml:"newConferenceLoadLimitBasisPoints"`
		Existing     text `xml:"existingConferenceLoadLimitBasisPoints"`
		Participants text `xml:"participantLimit"`
	}
	if err := unmarshal(b, "cluster", &doc); err != nil {
		return ClusterConfiguration{}, err
	}
	c := ClusterConfiguration{UniqueName: doc.UniqueName.value()}
	for _, f := range []struct {
		to   **int
		from text
		name string
		most int
	}{
		{&c.LoadLimit, doc.Load, "loadLimit", maxUnits},
		{&c.NewConferenceBasisPoints, doc.New, "newConferenceLoadLimitBasisPoints", 10000},
		{&c.ExistingConferenceBasisPoints, doc.Existing, "existingConferenceLoadLimitBasisPoints", 10000},
		{&c.ParticipantLimit, doc.Participants, "participantLimit", maxCount},
	} {
		n, err := f.from.number(f.name, f.most)
		if err != nil {
			return ClusterConfiguration{}, err
		}
		*f.to = n
	}
	return c, nil
}
