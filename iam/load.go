// Loading a configuration file: from bytes to a checked Configuration.

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

// MaxFileSize is how many bytes a configuration file may have. A template may
// have 51,200, so nothing longer can be meant.
const MaxFileSize = 1 << 20

// Options say what a configuration is checked for.
type Options struct {
	// Catalogue and Release say what the template holds whose size is checked.
	Catalogue *catalog.Catalogue
	Release   catalog.Release
	// RaisedQuotas checks against the quotas that AWS grants on request
	// instead of the default ones.
	RaisedQuotas bool
}

// Loaded is a configuration file that was found in order.
type Loaded struct {
	Configuration *Configuration
	// Template is what the configuration makes at Options.Release; it was
	// generated to check its size.
	Template *Template
	// Warnings name what is allowed but probably not meant.
	Warnings []string
	// Unfilled are the ARNs of policies with a placeholder, as "PATH: PLACEHOLDER".
	// Warnings has them too; AWS attaches no such policy.
	Unfilled []string
}

// Load reads and checks a configuration file. name stands for the file in
// messages. The error is [problem.List] and has everything that is wrong, unless
// the program was built with a broken catalogue.
func Load(name string, text []byte, options Options) (*Loaded, error) {
	r := newReport(name)
	root := parse(r, text)
	if root == nil {
		return nil, r.err()
	}
	c := &Configuration{}
	d := decoder{report: r}
	d.decode(root, reflect.ValueOf(c).Elem(), "")
	if d.tooMuch {
		return nil, r.err()
	}
	checkVersion(r, root, c)
	d.warnForcedRegistryAccess(c)
	given := *c
	c.setDefaults()
	d.judgeIgnored(c)
	check(r, c, &given)
	template, err := Generate(c, options.Catalogue, options.Release)
	if err != nil {
		return nil, err
	}
	warnMissed(r, &c.Spec, template)
	if err := checkQuotas(r, c, template, options); err != nil {
		return nil, err
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return &Loaded{c, template, r.warned(), r.unfilled}, nil
}

// parse returns the root mapping of the file's only document, or nil when
// there is none to look into; then it has reported why.
func parse(r *report, text []byte) *yaml.Node {
	whole := position{}
	switch {
	case len(text) > MaxFileSize:
		r.at(whole, "is larger than 1 MiB, the limit for a configuration")
	case bytes.IndexByte(text, 0) >= 0 && !isUTF16(text):
		r.at(whole, "is a binary file, not a configuration in YAML or JSON")
	case !utf8.Valid(text) && !isUTF16(text):
		valid := bytes.ToValidUTF8(text, []byte("\x00"))
		before := valid[:bytes.IndexByte(valid, 0)]
		r.at(position{bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')}, "is not valid UTF-8 here")
	}
	if len(r.problems) > 0 {
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(text))
	if err != nil {
		r.at(whole, "%v", err)
		return nil
	}
	var document yaml.Node
	if err := loader.Load(&document); err != nil && !errors.Is(err, io.EOF) {
		syntaxError(r, err)
		return nil
	}
	if len(document.Content) == 0 || document.Content[0].ShortTag() == "!!null" {
		r.at(whole, "is empty: a configuration has at least apiVersion: %s and kind: %s", V1Beta1, Kind)
		return nil
	}
	var second yaml.Node
	switch err := loader.Load(&second); {
	case err == nil:
		r.at(position{max(1, second.Line), max(1, second.Column)}, "a second YAML document begins here: a configuration file has one")
	case !errors.Is(err, io.EOF):
		syntaxError(r, err)
		return nil
	}
	root := document.Content[0]
	if root.Kind != yaml.MappingNode {
		// Not what it is: another file, given by mistake, may have secrets.
		what := "a text"
		if root.Kind == yaml.SequenceNode {
			what = "a list"
		}
		r.at(position{root.Line, root.Column}, "is %s: a configuration is a mapping with apiVersion, kind and spec", what)
		return nil
	}
	return root
}

// isUTF16 reports whether the text begins with a byte order mark of UTF-16,
// which YAML allows.
func isUTF16(text []byte) bool {
	return bytes.HasPrefix(text, []byte{0xFF, 0xFE}) || bytes.HasPrefix(text, []byte{0xFE, 0xFF})
}

func syntaxError(r *report, err error) {
	var loadError *yaml.LoadError
	if !errors.As(err, &loadError) {
		r.at(position{}, "invalid YAML: %v", err)
		return
	}
	mark, text := loadError.Mark, loadError.Message
	if loadError.ContextMsg != "" && loadError.ContextMark.Line > 0 && loadError.ContextMark.Line != mark.Line {
		text = fmt.Sprintf("%s (%s that begins in line %d)", text, loadError.ContextMsg, loadError.ContextMark.Line)
	}
	r.at(position{max(1, mark.Line), max(1, mark.Column)}, "%s", problem.InvalidYAML(text))
}

func checkVersion(r *report, root *yaml.Node, c *Configuration) {
	for _, field := range []struct {
		name, value string
		allowed     []string
	}{
		{"apiVersion", c.APIVersion, []string{V1Beta1, V1Alpha1}},
		{"kind", c.Kind, []string{Kind}},
	} {
		if r.broken[field.name] {
			continue
		}
		if field.value == "" {
			r.at(position{root.Line, root.Column}, "%s is missing: write %s: %s", field.name, field.name, field.allowed[0])
			continue
		}
		notOneOf(r, field.name, field.value, field.allowed)
	}
}

// notOneOf reports a value that is not among the allowed ones.
func notOneOf(r *report, path, value string, allowed []string) {
	for _, a := range allowed {
		if value == a {
			return
		}
	}
	r.on(path, "unknown value %q%s", clip(value), nearword.Allowed(value, allowed))
}

// clip shortens a text of the file so that a message stays readable.
func clip(text string) string {
	const longest = 80
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + "..."
	}
	return text
}
