// Reads suppression files, strictly: a misread entry could hide a finding.
//
//	version: 1                    # optional
//	suppressions:
//	- rule: any-resource          # the rule's ID
//	  policy: controllers.*       # optional patterns with * and ?: policy, action, principal, resource
//	  action: ec2:Create*
//	  principal: controllers.*    # or the principal that a trust policy or resource policy allows
//	  resource: "*"
//	  exactly:                    # instead of patterns: exactly this finding
//	    file: iam.yaml
//	    policy: controllers.cluster
//	    severity: medium
//	    statement: Statement[0]
//	    actions: ["ec2:RunInstances"]
//	    principals: [controllers.cluster]
//	    trusted: []               # compared only if present, like limits
//	    resources: ["*"]
//	    limits: ["StringEquals aws:RequestedRegion = eu-west-1"]
//	  reason: CAPA chooses the names of these resources at run time
//	  expires: 2027-03-31         # the last day; optional

package suppress

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"capaboot/internal/nearword"
	"capaboot/internal/problem"
)

// Limits of a suppression file. A file with more bytes or entries is refused.
// Reading stops after maxFileProblems problems. Reasons that are null, as
// --write-suppressions writes them, do not count for this limit.
const (
	maxSuppressionFile = 1 << 20
	maxSuppressions    = 2000
	maxFileProblems    = 20
)

// Read reads a suppression file, in YAML or JSON. file is its name in messages.
// checkRule returns an error for an invalid rule ID. The error of Read is a
// [problem.List] of the first maxFileProblems problems, and of the entries read
// until then whose reason is null.
func Read(file string, text []byte, checkRule func(id string) error) (*List, error) {
	r := &reader{file: file, checkRule: checkRule}
	if root := r.parse(text); root != nil {
		r.readRoot(root)
	}
	if err := append(r.problems, r.emptyReasons...).Err(); err != nil {
		return nil, err
	}
	return &List{file, r.entries}, nil
}

type reader struct {
	file         string
	checkRule    func(id string) error
	entries      []Entry
	problems     problem.List
	emptyReasons problem.List // reasons that are null, which do not count towards maxFileProblems
}

func (r *reader) reportAt(line, column int, format string, args ...any) {
	if len(r.problems) < maxFileProblems {
		r.problems = append(r.problems, problem.Problem{File: r.file, Line: line, Column: column, Message: fmt.Sprintf(format, args...)})
	}
}

func (r *reader) reportNode(n *yaml.Node, format string, args ...any) {
	r.reportAt(max(1, n.Line), max(1, n.Column), format, args...)
}

// parse returns the root of the only document. If the text does not have
// exactly one, or cannot be read, parse reports the problem and returns nil.
func (r *reader) parse(text []byte) *yaml.Node {
	switch {
	case len(text) > maxSuppressionFile:
		r.reportAt(0, 0, "it is larger than 1 MiB, the limit for a suppression file")
		return nil
	case bytes.IndexByte(text, 0) >= 0:
		r.reportAt(0, 0, "it is a binary file, not suppressions in YAML")
		return nil
	case !utf8.Valid(text):
		r.reportAt(0, 0, "it is not valid UTF-8")
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(text))
	if err != nil {
		r.reportAt(0, 0, "%v", err)
		return nil
	}
	var first, second yaml.Node
	if err := loader.Load(&first); err != nil && !errors.Is(err, io.EOF) {
		r.reportSyntax(err)
		return nil
	}
	if len(first.Content) == 0 || first.Content[0].ShortTag() == "!!null" {
		r.reportAt(0, 0, "it is empty; write a list of suppressions, or [] for none")
		return nil
	}
	switch err := loader.Load(&second); {
	case err == nil:
		r.reportNode(&second, "a second YAML document begins here: a suppression file has only one")
		return nil
	case !errors.Is(err, io.EOF):
		r.reportSyntax(err)
		return nil
	}
	return first.Content[0]
}

func (r *reader) reportSyntax(err error) {
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		r.reportAt(0, 0, "invalid YAML: %v", err)
		return
	}
	r.problems = append(r.problems, problem.Problem{File: r.file, Line: max(1, load.Mark.Line), Column: max(1, load.Mark.Column), Message: problem.InvalidYAML(load.Message), Syntax: true})
}

// otherFileKind says which other kind of file this is, among the kinds that are
// often stored next to a suppression file. It returns "" if the file may be a
// suppression file.
func otherFileKind(root *yaml.Node) string {
	present := map[string]bool{}
	if root.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(root.Content); i += 2 {
			present[root.Content[i].Value] = true
		}
	}
	switch {
	case present["suppressions"]:
		return ""
	case present["Statement"]:
		return "a policy document"
	case present["Resources"] || present["AWSTemplateFormatVersion"]:
		return "a CloudFormation template"
	case present["apiVersion"] && present["kind"]:
		return "a Kubernetes object, such as a configuration"
	case present["$schema"] || present["runs"]:
		return "a SARIF report"
	case present["findings"] && present["version"]:
		return "a report of a review"
	}
	return ""
}

func (r *reader) readRoot(root *yaml.Node) {
	if kind := otherFileKind(root); kind != "" {
		r.reportAt(0, 0, "want a suppression file, got %s", kind)
		return
	}
	list := root // a bare list is also accepted
	if root.Kind == yaml.MappingNode {
		fields := r.readFields(root, []string{"version", "suppressions"})
		if v := fields["version"]; v != nil && (v.Kind != yaml.ScalarNode || v.Value != "1") {
			r.reportNode(v, "version: unknown version; allowed: 1")
		}
		list = fields["suppressions"]
	}
	switch {
	case list == nil:
		if len(r.problems) == 0 {
			r.reportNode(root, "missing suppressions; write a list of entries with rule and reason")
		}
		return
	case list.Kind != yaml.SequenceNode:
		r.reportNode(list, "suppressions: want a list, got %s", describeNode(list))
		return
	case len(list.Content) > maxSuppressions:
		r.reportNode(list, "suppressions: has %d entries; allowed: %d; use patterns with * to write fewer entries", len(list.Content), maxSuppressions)
		return
	}
	seen := map[string]int{}
	for _, n := range list.Content {
		if len(r.problems) == maxFileProblems {
			return
		}
		e, ok := r.readEntry(n)
		if !ok {
			continue
		}
		key := fmt.Sprintf("%q", []string{e.Rule, e.Policy, strings.ToLower(e.Action), e.Principal, e.Resource})
		if e.Exactly != nil {
			key = e.key()
		}
		if line := seen[key]; line > 0 {
			r.reportNode(n, "the suppression of %s is already on line %d; remove one of the two suppressions", e, line)
			continue
		}
		seen[key] = n.Line
		r.entries = append(r.entries, e)
	}
}

// readEntry reads one suppression. It returns false if it finds a problem.
func (r *reader) readEntry(n *yaml.Node) (Entry, bool) {
	before := len(r.problems)
	if n.Kind != yaml.MappingNode {
		r.reportNode(n, "want a suppression with rule and reason, got %s", describeNode(n))
		return Entry{}, false
	}
	e := Entry{Line: n.Line, Column: n.Column}
	var empty *yaml.Node
	fields := r.readFields(n, []string{"rule", "policy", "action", "principal", "resource", "exactly", "reason", "expires"})
	if exactly := fields["exactly"]; exactly != nil {
		e.Exactly = r.readExactly(exactly)
		for _, name := range []string{"policy", "action", "principal", "resource"} {
			if fields[name] != nil {
				r.reportNode(fields[name], "%s is a pattern, but 'exactly' names one finding: remove %[1]s or 'exactly'", name)
			}
		}
	}
	for _, field := range []struct {
		name   string
		target *string
	}{{"rule", &e.Rule}, {"policy", &e.Policy}, {"action", &e.Action}, {"principal", &e.Principal}, {"resource", &e.Resource}, {"reason", &e.Reason}, {"expires", &e.Expires}} {
		value := fields[field.name]
		if value == nil {
			continue
		}
		tag := value.ShortTag()
		switch {
		case field.name == "reason" && value.Kind == yaml.ScalarNode && tag == "!!null":
			empty = value
			continue
		case value.Kind == yaml.ScalarNode && (tag == "!!str" || field.name == "expires" && tag == "!!timestamp"):
			*field.target = value.Value
		case value.Kind == yaml.ScalarNode && tag != "!!null":
			r.reportNode(value, "%s: want a string, got %s; if you mean a string, quote it: %q", field.name, describeNode(value), truncate(value.Value))
			continue
		default:
			r.reportNode(value, "%s: want a string, got %s; write a value, or omit the field", field.name, describeNode(value))
			continue
		}
		if strings.TrimSpace(*field.target) == "" {
			r.reportNode(value, "missing value for %s; %s", field.name, blankHint(field.name))
		}
	}
	if empty != nil {
		name := e.String()
		if e.Exactly != nil { // e.String would list all actions, perhaps a hundred
			name = e.Rule
			if e.Exactly.Policy != "" { // a finding about a role has no policy
				name += " for policy " + e.Exactly.Policy
			} else if len(e.Exactly.Principals) > 0 {
				name += " for " + e.Exactly.Principals[0]
			}
		}
		r.emptyReasons = append(r.emptyReasons, problem.Problem{File: r.file, Line: empty.Line, Column: empty.Column, Message: fmt.Sprintf("missing reason of %s; %s", name, blankHint("reason"))})
		return e, false
	}
	if len(r.problems) == before {
		r.checkEntry(n, fields, e)
	}
	return e, len(r.problems) == before
}

func (r *reader) readExactly(n *yaml.Node) *Finding {
	f := &Finding{}
	if n.Kind != yaml.MappingNode {
		r.reportNode(n, "exactly: want a finding with file, policy, severity, statement, actions, principals, trusted, resources and limits, got %s", describeNode(n))
		return f
	}
	fields := r.readFields(n, []string{"file", "policy", "severity", "statement", "actions", "principals", "trusted", "resources", "limits"})
	text := func(name string, value *yaml.Node) string {
		if value.Kind != yaml.ScalarNode || value.ShortTag() != "!!str" {
			r.reportNode(value, "%s: want a string, got %s", name, describeNode(value))
		}
		return value.Value
	}
	for _, field := range []struct {
		name   string
		target *string
	}{{"file", &f.File}, {"policy", &f.Policy}, {"severity", &f.Severity}, {"statement", &f.Statement}} {
		if value := fields[field.name]; value != nil {
			*field.target = text(field.name, value)
		}
	}
	for _, field := range []struct {
		name   string
		target *[]string
	}{{"actions", &f.Actions}, {"principals", &f.Principals}, {"trusted", &f.Trusted}, {"resources", &f.Resources}, {"limits", &f.Limits}} {
		value := fields[field.name]
		switch {
		case value == nil:
		case value.Kind != yaml.SequenceNode:
			r.reportNode(value, "%s: want a list, got %s", field.name, describeNode(value))
		default:
			*field.target = []string{} // an empty list differs from no list
			for _, item := range value.Content {
				*field.target = append(*field.target, text(field.name, item))
			}
		}
	}
	return f
}

func blankHint(name string) string {
	switch name {
	case "reason":
		return "say why the finding is accepted"
	case "rule":
		return "name the rule whose findings are accepted"
	}
	return `to match any value, omit the field, or write "*"`
}

func (r *reader) checkEntry(n *yaml.Node, fields map[string]*yaml.Node, e Entry) {
	if e.Rule == "" {
		r.reportNode(n, "missing rule; %s", blankHint("rule"))
	} else if err := r.checkRule(e.Rule); err != nil {
		r.reportNode(fields["rule"], "rule: %v", err)
	}
	if !strings.ContainsFunc(e.Reason, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }) {
		r.reportNode(n, "missing reason; %s", blankHint("reason"))
	}
	if e.Action != "" && !strings.Contains(e.Action, ":") && !matchesEverything(e.Action) {
		r.reportNode(fields["action"], `action: %q has no service, want an action as in the finding ("ec2:RunInstances", "ec2:*")`, truncate(e.Action))
	}
	if e.Expires != "" {
		if _, err := time.Parse(time.DateOnly, e.Expires); err != nil {
			r.reportNode(fields["expires"], "expires: %q is not a date, want the last day of the suppression as YYYY-MM-DD, such as 2027-03-31", truncate(e.Expires))
		}
	}
}

// readFields returns the values of a mapping by key. It reports unknown keys,
// duplicate keys and aliases.
func (r *reader) readFields(n *yaml.Node, known []string) map[string]*yaml.Node {
	fields, lines := map[string]*yaml.Node{}, map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode || key.ShortTag() != "!!str":
			r.reportNode(key, "unknown field; allowed: %s", strings.Join(known, ", "))
		case !slices.Contains(known, key.Value):
			r.reportNode(key, "unknown field %q%s", truncate(key.Value), nearword.Allowed(key.Value, known))
		case lines[key.Value] > 0:
			r.reportNode(key, "duplicate key %q: it is already on line %d", key.Value, lines[key.Value])
		case value.Kind == yaml.AliasNode:
			r.reportNode(value, "%s: aliases are not supported here; write the value itself", key.Value)
		default:
			fields[key.Value], lines[key.Value] = value, key.Line
		}
	}
	return fields
}

func describeNode(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	switch n.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!str":
		return "a string"
	case "!!bool":
		return "a boolean"
	case "!!int", "!!float":
		return "a number"
	}
	return "a value with the tag " + truncate(n.ShortTag())
}

func truncate(text string) string {
	const limit = 60
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit]) + "..."
	}
	return text
}
