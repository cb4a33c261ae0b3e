package cmsapi

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"
)

// DirectoryOptions say where a [Directory] gets its spaces.
type DirectoryOptions struct {
	// Group is the group's name, for logs.
	Group string
	// Pollers are those of the group's bridges, in order of preference: the
	// first that can be asked is asked, through its budget. They must be running
	// for the directory to fill. Required.
	Pollers []*Poller
	// Refresh is the pause between two passes over all spaces; default 60 s.
	Refresh time.Duration
	// Logger gets changes of state; nil logs nothing.
	Logger *zap.Logger
}

// Directory knows which space a dialled user part means, by the spaces' uri.
type Directory struct{ options DirectoryOptions }

// NewDirectory checks o and returns an empty directory.
func NewDirectory(o DirectoryOptions) (*Directory, error) {
	if len(o.Pollers) == 0 {
		return nil, errors.New("cmsapi: a directory needs the poller of a bridge")
	}
	return &Directory{options: o}, nil
}

// Run lists the spaces again and again until ctx ends, and returns nil. It must
// be called once.
func (d *Directory) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// Lookup returns the id of the space that user, the %-decoded user part of a
// Request-URI without parameters, in any letter case, is a URI of. It never
// blocks and is safe for concurrent use.
func (d *Directory) Lookup(user string) (spaceID string, ok bool) { return "", false }

// DirectoryStatus tells how complete a directory is.
type DirectoryStatus struct {
	// Group is the group's name; Source the bridge asked last.
	Group, Source string
	// Spaces is the number of different URIs known.
	Spaces int
	// LastFull is when the newest pass over all spaces ended, Took how long it
	// took; zero before the first.
	LastFull time.Time
	Took     time.Duration
	// Error is why no bridge could be asked last, "" while one can.
	Error string
}

// Status returns what is known now; safe for concurrent use.
func (d *Directory) Status() DirectoryStatus { return DirectoryStatus{Group: d.options.Group} }
