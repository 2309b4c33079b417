// Loads a configuration file: from bytes to a checked Configuration.

package iam

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"capaboot/internal/nearword"
	"capaboot/internal/problem"
	"capaboot/policies/catalog"
)

// MaxFileSize is the largest size of a configuration file in bytes. A request
// can have a template of only 51,200 bytes, so a file that exceeds MaxFileSize
// is a mistake.
const MaxFileSize = 1 << 20

// Options say what a configuration is checked against.
type Options struct {
	// Catalogue and Release determine the template whose size is checked.
	Catalogue *catalog.Catalogue
	Release   catalog.Release
	// RaisedQuotas checks against the highest quotas that AWS grants on
	// request, instead of the default ones.
	RaisedQuotas bool
}

// Loaded is a valid configuration file.
type Loaded struct {
	Configuration *Configuration
	// Template is the template of the configuration at Options.Release. Load
	// generates it to check its size.
	Template *Template
	// Warnings name values that are allowed but probably a mistake.
	Warnings []string
	// Unfilled has the policy ARNs that contain a placeholder, as "PATH:
	// PLACEHOLDER". AWS rejects such an ARN. Warnings contains them too.
	Unfilled []string
}

// Load reads and checks a configuration file. name is its name in messages. The
// error is a [problem.List], except for a fault in the program, such as a broken
// embedded catalogue. The list has at most maxProblems problems and, if there
// are more, the number of the others.
func Load(name string, text []byte, options Options) (*Loaded, error) {
	r := newReport(name)
	root := parse(r, text)
	if root == nil {
		return nil, r.err()
	}
	if kind := otherKind(root); kind != "" {
		r.addAt(position{root.Line, root.Column}, "%s, not a configuration: want apiVersion: %s and kind: %s", kind, V1Beta1, Kind)
		return nil, r.err()
	}
	c := &Configuration{}
	d := decoder{report: r}
	d.decode(root, reflect.ValueOf(c).Elem(), "")
	if d.tooLarge {
		return nil, r.err()
	}
	checkVersion(r, root, c)
	d.warnForcedRegistryAccess(c)
	original := *c
	c.setDefaults()
	d.reportIgnored(c)
	check(r, c, &original)
	template, err := Generate(c, options.Catalogue, options.Release)
	if err != nil {
		return nil, err
	}
	warnPartlySet(r, &c.Spec, template)
	warnUnmatchedRoles(r, &c.Spec, &original.Spec, template)
	if err := checkQuotas(r, c, template, options); err != nil {
		return nil, err
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return &Loaded{c, template, r.warningLines(), r.unfilled}, nil
}

// parse returns the root mapping of the first document in the file, or nil after
// it reported why there is none. It reports a second document.
func parse(r *report, text []byte) *yaml.Node {
	whole := position{}
	switch {
	case len(text) > MaxFileSize:
		r.addAt(whole, "it is larger than 1 MiB, the limit for a configuration")
	case bytes.IndexByte(text, 0) >= 0 && !isUTF16(text):
		r.addAt(whole, "it is a binary file, not a configuration in YAML or JSON")
	case !utf8.Valid(text) && !isUTF16(text):
		valid := bytes.ToValidUTF8(text, []byte("\x00"))
		before := valid[:bytes.IndexByte(valid, 0)]
		r.addAt(position{bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')}, "invalid UTF-8")
	}
	if len(r.problems) > 0 {
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(text))
	if err != nil {
		r.addAt(whole, "%v", err)
		return nil
	}
	var document yaml.Node
	if err := loader.Load(&document); err != nil && !errors.Is(err, io.EOF) {
		reportSyntaxError(r, err)
		return nil
	}
	if len(document.Content) == 0 || document.Content[0].ShortTag() == "!!null" {
		r.addAt(whole, "it is empty: a configuration needs at least \"apiVersion: %s\" and \"kind: %s\"", V1Beta1, Kind)
		return nil
	}
	var second yaml.Node
	switch err := loader.Load(&second); {
	case err == nil:
		r.addAt(position{max(1, second.Line), max(1, second.Column)}, "a second YAML document begins here: a configuration file can have only one document")
	case !errors.Is(err, io.EOF):
		reportSyntaxError(r, err)
		return nil
	}
	root := document.Content[0]
	if root.Kind != yaml.MappingNode {
		// Do not quote the text, because the user may have named a different file,
		// with secrets.
		kind := "a single value"
		if root.Kind == yaml.SequenceNode {
			kind = "a list"
		}
		r.addAt(position{root.Line, root.Column}, "want a mapping with apiVersion, kind and spec, got %s", kind)
		return nil
	}
	return root
}

// isUTF16 reports whether the text begins with a UTF-16 byte order mark, which
// YAML allows.
func isUTF16(text []byte) bool {
	return bytes.HasPrefix(text, []byte{0xFF, 0xFE}) || bytes.HasPrefix(text, []byte{0xFE, 0xFF})
}

func reportSyntaxError(r *report, err error) {
	var loadError *yaml.LoadError
	if !errors.As(err, &loadError) {
		r.addAt(position{}, "invalid YAML: %v", err)
		return
	}
	mark, text := loadError.Mark, loadError.Message
	if loadError.ContextMsg != "" && loadError.ContextMark.Line > 0 && loadError.ContextMark.Line != mark.Line {
		text = fmt.Sprintf("%s (%s that begins on line %d)", text, loadError.ContextMsg, loadError.ContextMark.Line)
	}
	r.addAt(position{max(1, mark.Line), max(1, mark.Column)}, "%s", problem.InvalidYAML(text))
}

func checkVersion(r *report, root *yaml.Node, c *Configuration) {
	for _, field := range []struct {
		name, value string
		allowed     []string
	}{
		{"apiVersion", c.APIVersion, []string{V1Beta1, V1Alpha1}},
		{"kind", c.Kind, []string{Kind}},
	} {
		if r.hasProblem[field.name] {
			continue
		}
		if field.value == "" {
			r.addAt(position{root.Line, root.Column}, "missing %s; write \"%s: %s\"", field.name, field.name, field.allowed[0])
			continue
		}
		checkOneOf(r, field.name, field.value, field.allowed)
	}
}

// checkOneOf reports a value that is not among the allowed ones.
func checkOneOf(r *report, path, value string, allowed []string) {
	for _, a := range allowed {
		if value == a {
			return
		}
	}
	r.add(path, "unknown value %q%s", clip(value), nearword.Allowed(value, allowed))
}

// clip shortens text from the file to keep a message readable.
func clip(text string) string {
	const longest = 80
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + "..."
	}
	return text
}
