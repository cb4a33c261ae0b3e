package integration

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// module is the name before every import path of ours.
const module = "bridgehead"

// arrows are the imports of our own packages that each package may have, and why
// no more. Tests are exempt: they may look at a package from anywhere. A folder
// stands for itself alone.
var arrows = map[string]struct {
	may []string
	why string
}{
	"lb":                {nil, "the algorithm is pure: it can be read, tested and replayed with nothing around it"},
	"sip/wire":          {nil, "bytes in, bytes out: the parser knows neither sockets nor selection"},
	"sip/transport":     {[]string{"sip/wire"}, "sockets move messages and do not know what they mean"},
	"sip/transaction":   {[]string{"sip/wire"}, "the state machines are driven by messages and time that are passed in, so tests need no socket"},
	"sip/replaces":      {[]string{"sip/transport", "sip/transaction", "sip/wire", "lb"}, "sip declares what it needs of a mover; importing sip would close a circle"},
	"sip":               {[]string{"sip/wire", "sip/transport", "sip/transaction", "lb"}, "the call half reads the table and never waits for the API half"},
	"cmsapi":            {[]string{"lb"}, "the API half writes the table and knows no SIP"},
	"cmsapi/eventlog":   {[]string{"lb"}, "event-log lines become readings and orders"},
	"cmsapi/webbridge":  {nil, "leaked sessions have nothing to do with calls"},
	"cmsapi/sim":        {[]string{"lb"}, "a simulated bridge shares no code with what it tests, but for the names of load and limits"},
	"config":            {nil, "the file is plain data; internal/app alone turns it into options of the parts"},
	"internal/admin":    {[]string{"lb"}, "the API shows what it is handed and reaches into nothing"},
	"internal/cluster":  {[]string{"lb"}, "what edges share is soft state of lb"},
	"internal/dns":      {[]string{"sip"}, "it answers what sip asks, in the types of sip"},
	"internal/app":      {[]string{"lb", "sip", "sip/wire", "sip/transport", "sip/transaction", "sip/replaces", "cmsapi", "cmsapi/eventlog", "cmsapi/webbridge", "config", "internal/admin", "internal/cluster", "internal/dns"}, "the one place that knows the configuration and all the parts; the simulator is no part of an edge"},
	"cmd/bridgehead":    {[]string{"lb", "sip", "config", "internal/app", "internal/admin", "cmsapi", "cmsapi/sim"}, "flags, signals and printing; of the parts it knows the questions and answers, and internal/app puts them"},
	"cmd/cmssim":        {[]string{"cmsapi/sim"}, "the simulator as a program"},
	"integration":       {nil, "whole-system tests only"},
	"internal/proof":    {nil, "it serves tests alone, and knows nothing of what they test"},
	"integration/bench": {[]string{"cmsapi/sim"}, "it measures the programs as people run them, so it shares no code with any"},
}

// libraries are the modules that code other than tests may import, each with
// the need that it serves and the packages that have it; nil stands for all.
var libraries = map[string]struct {
	need string
	only []string
}{
	"github.com/emiago/sipgo":                {"user agents and message model of the simulator and of moved calls", []string{"cmsapi/sim", "sip/replaces", "internal/app", "cmd/bridgehead"}},
	"github.com/pion/sdp/v3":                 {"SDP", []string{"sip", "sip/replaces", "cmsapi/sim"}},
	"github.com/google/uuid":                 {"ids of the simulator's objects, as CMS has them", []string{"cmsapi/sim"}},
	"github.com/icholy/digest":               {"digest authentication of the simulator's user agents", []string{"cmsapi/sim"}},
	"go.uber.org/zap":                        {"logging", nil},
	"github.com/hashicorp/go-retryablehttp":  {"REST", []string{"cmsapi"}},
	"github.com/goccy/go-yaml":               {"YAML with places", []string{"config"}},
	"github.com/go-playground/validator/v10": {"validation by tags", []string{"config"}},
	"github.com/spf13/cobra":                 {"command line", []string{"cmd/bridgehead", "cmd/cmssim"}},
	"github.com/prometheus/client_golang":    {"metrics", []string{"internal/app", "internal/admin"}},
	"github.com/prometheus/client_model":     {"the metrics that client_golang writes", []string{"internal/app"}},
	"github.com/danielgtaylor/huma/v2":       {"API with an OpenAPI document", []string{"internal/admin"}},
	"github.com/coder/websocket":             {"events socket", []string{"cmsapi"}},
	"github.com/miekg/dns":                   {"NAPTR and SRV", []string{"internal/dns"}},
	"github.com/cespare/xxhash/v2":           {"hash", nil},
	"github.com/dchest/siphash":              {"MAC of the route token", []string{"sip"}},
	"github.com/leodido/go-syslog/v4":        {"syslog", []string{"cmsapi/eventlog"}},
	"github.com/skeema/knownhosts":           {"SSH host keys", []string{"cmsapi/webbridge"}},
	"github.com/go-co-op/gocron/v2":          {"schedule", []string{"cmsapi/webbridge"}},
	"github.com/nats-io/nats-server/v2":      {"several edges", []string{"internal/cluster"}},
	"github.com/nats-io/nats.go":             {"several edges", []string{"internal/cluster"}},
	"golang.org/x/net":                       {"batched UDP, a bound on connections", []string{"sip/transport", "internal/admin"}},
	"golang.org/x/crypto":                    {"SSH", []string{"cmsapi/webbridge"}},
	"golang.org/x/sync":                      {"coalescing", nil},
	"golang.org/x/sys":                       {"socket options, blocking sockets of the blind relay, network namespaces of tests", []string{"sip/transport", "integration/bench", "internal/proof"}},
	"golang.org/x/time":                      {"rate limits", nil},
}

// bare are the packages that import the standard library and what stands here.
var bare = map[string][]string{
	"lb":       {"github.com/cespare/xxhash/v2"},
	"sip/wire": nil,
}

// maxLines is where a file wants splitting by meaning.
const maxLines = 350

// vague are file names that say nothing of what is inside.
var vague = regexp.MustCompile(`(^|_)(util|utils|common|helper|helpers|manager|types|misc)(_|$)`)

// source is one parsed Go file of ours.
type source struct {
	path, pkg string // Relative to the root; pkg is the folder.
	name      string // Of the package.
	test      bool
	lines     int
	file      *ast.File
}

// sources parses every Go file of the module.
func sources(t *testing.T) []source {
	t.Helper()
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	var all []source
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || path != root && strings.HasPrefix(d.Name(), ".")) {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(path) != ".go" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		all = append(all, source{
			path: filepath.ToSlash(relative), pkg: filepath.ToSlash(filepath.Dir(relative)), name: file.Name.Name,
			test: strings.HasSuffix(path, "_test.go"), lines: strings.Count(string(text), "\n"), file: file,
		})
		return nil
	})
	require.NoError(t, err)
	require.NotEmpty(t, all)
	return all
}

// imports returns the import paths of s.
func (s source) imports() []string {
	var paths []string
	for _, i := range s.file.Imports {
		paths = append(paths, strings.Trim(i.Path.Value, `"`))
	}
	return paths
}

// library returns the module of the table that path belongs to.
func library(path string) (string, bool) {
	for m := range libraries {
		if path == m || strings.HasPrefix(path, m+"/") {
			return m, true
		}
	}
	return "", false
}

// TestArrows fails on an import that the architecture does not have.
func TestArrows(t *testing.T) {
	for _, s := range sources(t) {
		rule, known := arrows[s.pkg]
		if !known {
			t.Errorf("%s: the folder %s has no line in arrows; add what it may import, and why no more", s.path, s.pkg)
			continue
		}
		if s.test {
			continue
		}
		for _, path := range s.imports() {
			if fault := forbidden(s.pkg, path, rule.may); fault != "" {
				t.Errorf("%s imports %s: %s (%s)", s.path, path, fault, rule.why)
			}
		}
	}
}

// forbidden says why pkg must not import path; "" if it may.
func forbidden(pkg, path string, may []string) string {
	if ours, ok := strings.CutPrefix(path, module+"/"); ok {
		if !slices.Contains(may, ours) {
			return fmt.Sprintf("%s may import of ours only [%s]", pkg, strings.Join(may, ", "))
		}
		return ""
	}
	if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
		return "" // The standard library.
	}
	lib, ok := library(path)
	if !ok {
		return "a library that is not in the table; add it with the need that it serves"
	}
	if allowed, isBare := bare[pkg]; isBare && !slices.Contains(allowed, lib) {
		return fmt.Sprintf("%s imports the standard library and [%s] alone", pkg, strings.Join(allowed, ", "))
	}
	if only := libraries[lib].only; only != nil && !slices.Contains(only, pkg) {
		return fmt.Sprintf("%s is for [%s]", libraries[lib].need, strings.Join(only, ", "))
	}
	return ""
}

// TestArrowsHaveReasons keeps the tables themselves honest.
func TestArrowsHaveReasons(t *testing.T) {
	for pkg, rule := range arrows {
		require.NotEmpty(t, rule.why, pkg)
		for _, to := range rule.may {
			require.Contains(t, arrows, to, "%s may import a folder that has no line", pkg)
		}
	}
	for lib, l := range libraries {
		require.NotEmpty(t, l.need, lib)
		for _, pkg := range l.only {
			require.Contains(t, arrows, pkg, "%s is for a folder that has no line", lib)
		}
	}
}

// TestForbidden shows that the check can fail.
func TestForbidden(t *testing.T) {
	for _, c := range []struct {
		pkg, path string
		fault     bool
	}{
		{"lb", "strings", false},
		{"lb", "github.com/cespare/xxhash/v2", false},
		{"lb", "go.uber.org/zap", true},
		{"lb", module + "/sip", true},
		{"sip", module + "/lb", false},
		{"sip", module + "/cmsapi", true},
		{"sip", module + "/config", true},
		{"cmsapi", module + "/sip/wire", true},
		{"cmsapi", "github.com/hashicorp/go-retryablehttp", false},
		{"sip/wire", "github.com/cespare/xxhash/v2", true},
		{"sip/transaction", "github.com/emiago/sipgo/sip", true},
		{"config", "example.com/new", true},
	} {
		require.Equal(t, c.fault, forbidden(c.pkg, c.path, arrows[c.pkg].may) != "", "%s imports %s", c.pkg, c.path)
	}
}

// TestOnePackageComment wants exactly one, in doc.go: the place to look for what
// a package is for. That of a program may stand in main.go.
func TestOnePackageComment(t *testing.T) {
	comments, programs := map[string][]string{}, map[string]bool{}
	for _, s := range sources(t) {
		if s.test && strings.HasSuffix(s.name, "_test") {
			continue
		}
		if _, seen := comments[s.pkg]; !seen {
			comments[s.pkg] = nil
		}
		programs[s.pkg] = s.name == "main"
		if s.file.Doc != nil {
			comments[s.pkg] = append(comments[s.pkg], s.path)
		}
	}
	for pkg, files := range comments {
		want := []string{pkg + "/doc.go"}
		if programs[pkg] && slices.Contains(files, pkg+"/main.go") {
			want = []string{pkg + "/main.go"}
		}
		if !slices.Equal(files, want) {
			t.Errorf("package comments of %s are in %v, want exactly %v", pkg, files, want)
		}
	}
}

// TestFiles wants one idea per file, with a name that says which.
func TestFiles(t *testing.T) {
	for _, s := range sources(t) {
		if !s.test && s.lines > maxLines {
			t.Errorf("%s has %d lines; split it by meaning at %d", s.path, s.lines, maxLines)
		}
		base := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(s.path), ".go"), "_test")
		if vague.MatchString(base) {
			t.Errorf("%s: name the file after what is inside", s.path)
		}
	}
}
