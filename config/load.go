package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"unicode/utf8"

	yaml "github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxFile bounds the size of a configuration file, in bytes.
const maxFile = 1 << 20

// Load reads and checks the file at path. The error is an *Error that lists
// every problem with its place, or the reason why the file could not be read.
// It reads the files that the configuration names (passwords, certificates) and
// the environment; it asks no network and writes nothing.
func Load(path string) (*Config, error) {
	b, err := readBounded(path, maxFile)
	if err != nil {
		return nil, &Error{Problems: []Problem{{File: path, Message: err.Error()}}}
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, &Error{Problems: []Problem{{File: path, Message: err.Error()}}}
	}
	return parse(b, path, filepath.Dir(absolute), os.LookupEnv)
}

// Parse is Load for bytes: relative paths in b are below baseDir, and problems
// name the file as "config".
func Parse(b []byte, baseDir string) (*Config, error) {
	return parse(b, "config", baseDir, os.LookupEnv)
}

// parse takes a file through all steps. Each step goes on where the one before
// found mistakes, and says nothing about what is known to be wrong.
func parse(b []byte, file, baseDir string, environment func(string) (string, bool)) (*Config, error) {
	d := &document{
		file: file, baseDir: baseDir, environment: environment,
		places: map[string]place{}, failed: map[string]bool{},
	}
	c := Default()
	if d.tree(b, func(dec *decoder, body ast.Node) { dec.value(reflect.ValueOf(&c).Elem(), body, "") }) {
		d.complete(&c)
		d.validate(&c)
		d.rules(&c)
		d.refer(&c)
	}
	if len(d.problems) > 0 {
		return nil, &Error{Problems: d.finish(d.problems), More: d.more}
	}
	c.warnings = d.finish(d.warnings)
	return &c, nil
}

// tree parses b as one YAML document and hands its body to decode; an empty file
// has none. It returns false when b is no YAML.
func (d *document) tree(b []byte, decode func(*decoder, ast.Node)) (ok bool) {
	source := strings.TrimPrefix(string(b), "\ufeff")
	source = strings.ReplaceAll(source, "\r\n", "\n")
	d.lines = strings.Split(source, "\n")
	for i, line := range d.lines {
		if !utf8.ValidString(line) || strings.ContainsAny(line, marks+"\x00") {
			d.syntax("the file is no UTF-8 text", &token.Token{Position: &token.Position{Line: i + 1, Column: 1}})
			return false
		}
	}
	defer func() { // The parser is made for well-meant files; a crafted one must not end the process.
		if r := recover(); r != nil {
			d.syntax(fmt.Sprintf("cannot be read as YAML: %v", r), nil)
			ok = false
		}
	}()
	tokens := lexer.Tokenize(mark(source))
	masks := append(token.Tokens(nil), tokens...)
	tree, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		var e yaml.Error
		if errors.As(err, &e) {
			d.syntax(unmark(e.GetMessage()), e.GetToken())
		} else {
			d.syntax(unmark(err.Error()), nil)
		}
		return false
	}
	var bodies []ast.Node
	for _, doc := range tree.Docs {
		if doc.Body != nil {
			bodies = append(bodies, doc.Body)
		}
	}
	switch len(bodies) {
	case 0:
	case 1:
		d.mask = newMask(masks, bodies[0])
		dec := &decoder{document: d, anchors: map[string]ast.Node{}}
		ast.Walk(dec, bodies[0])
		decode(dec, bodies[0])
		if dec.nodes > maxNodes {
			d.syntax("the file has too many values", nil)
			return false
		}
	default:
		d.syntax("the file has more than one YAML document; remove the --- line and what follows", start(bodies[1]))
		return false
	}
	return true
}

// syntax records a mistake that ends the reading of the file.
func (d *document) syntax(message string, at *token.Token) {
	d.report("", at, maskUserInfo(message))
}

// readBounded reads a file of at most limit bytes.
func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, readError(err)
	}
	defer f.Close() // read only: nothing to lose
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, readError(err)
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("the file is larger than %d bytes", limit)
	}
	return b, nil
}

// readError says why a file could not be read, without its path, which the
// message around it names.
func readError(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return fmt.Errorf("cannot be read: %w", e.Err)
	}
	return fmt.Errorf("cannot be read: %w", err)
}
