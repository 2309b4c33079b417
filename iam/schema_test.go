// Tests of docs/schemas/awsiamconfiguration.schema.json against Load: Load must
// reject everything that the schema rejects, and what only Load rejects must be
// in a table. Both read every fixture and many small changes of each.

package iam

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"capaboot/internal/problem"
	"capaboot/policies/catalog"
)

// loadOnly lists the rules that only Load checks. example is the content of
// spec; "@v1alpha1" before it sets the version of the file. problem is a
// pattern for the problem that Load reports.
var loadOnly = []struct{ name, example, problem string }{
	{"a duplicate key", "namePrefix: a\nnamePrefix: b", `duplicate key`},
	{"a boolean in quotes", `allowAssumeRole: "yes"`, `want true or false`},
	{"a number with an exponent", "nodes: {extraStatements: [{Effect: Allow, Action: 's3:GetObject', Resource: '*', Condition: {NumericEquals: {'aws:x': 1.5e3}}}]}", `want a decimal number`},
	{"a field that v1alpha1 does not have", "@v1alpha1\nallowAssumeRole: true", `v1alpha1 does not have the field`},
	{"an ignored key that contradicts the effective value", "eks: {fargate: {enable: true, disable: true}}", `clusterawsadm ignores the field`},
	{"a field in a different letter case beside the field", "namePrefix: a\nnamepreFix: b", `unknown field "\w+" in spec[.\w]*, did you mean`},
	{"more values than any template has", "clusterAPIControllers: {allowedEC2InstanceProfiles: [" + strings.Repeat("x,", maxValues) + "x]}", `the file has more than`},
	{"a name that is too long with prefix and suffix", "namePrefix: " + strings.Repeat("a", 60), `has \d+ characters; allowed: \d+`},
	{"an availability zone as the region", "region: eu-west-1a", `is a zone|is not the name of a region|region`},
	{"a region outside the partition", "region: eu-west-1\npartition: aws-cn", `region [\w-]+ is in partition [\w-]+, not [\w-]+`},
	{"a role pattern that begins with a slash", "clusterAPIControllers: {allowedEC2InstanceProfiles: [/a]}", `begins with a slash`},
	{"the prefix of an alias", "eks: {kmsAliasPrefix: alias/x}", `which is added automatically`},
	{"an invalid ARN, or the ARN of something else", "nodes: {extraPolicyAttachments: [x]}", `is not an ARN|is not the ARN|names the account|has the unknown partition|is in the partition|in the ARN: `},
	{"a duplicate feature", "clusterAPIControllers: {features: [fargate, {name: fargate}]}", `features\[\d+\]: "[\w-]+" is already in the list`},
	{"a feature without a required value, or with a value of another feature", "clusterAPIControllers: {features: [ebs-encryption-cmk, {name: fargate, keys: ['arn:aws:kms:eu-west-1:123456789012:key/1']}]}", `the feature [\w-]+ (needs|does not take) \w+`},
	{"an invalid KMS key", "clusterAPIControllers: {features: [{name: ebs-encryption-cmk, keys: ['arn:aws:kms:eu-west-1:123456789012:alias/x']}]}", `features\[\d+\]\.keys\[\d+\]: `},
	{"patterns that match every role", "clusterAPIControllers: {features: [{name: fargate, roles: ['*']}, {name: rosa-role-config, prefixes: [/]}]}", `matches every role`},
	{"the user's own group as an extra group", "bootstrapUser: {groupName: a, extraGroups: [a]}", `is already a group of the user`},
	{"tags that differ only in letter case, or begin with aws:", "nodes: {tags: {a: x, A: y}}", `differ only in letter case|begins with "aws:"`},
	{"an invalid character in a tag", "nodes: {tags: {a: '!'}}", `the (key|value) of a tag, .* has `},
	{"a duplicate Sid", "nodes: {extraStatements: [{Sid: A, Effect: Allow, Action: 's3:*', Resource: '*'}, {Sid: A, Effect: Allow, Action: 's3:*', Resource: '*'}]}", `is already the Sid of`},
	{"an invalid action", "nodes: {extraStatements: [{Effect: Allow, Action: x, Resource: '*'}]}", `is not an action`},
	{"an invalid resource", "nodes: {extraStatements: [{Effect: Allow, Action: 's3:*', Resource: x}]}", `is not an ARN|has no service|as the service`},
	{"an invalid principal", "nodes: {trustStatements: [{Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: x}}]}", `is not a (service )?principal|is not an identity provider|has a wildcard`},
	{"an invalid condition key", "nodes: {extraStatements: [{Effect: Allow, Action: 's3:*', Resource: '*', Condition: {StringEquals: {x: y}}}]}", `is not a condition key`},
	{"a value of the wrong type for the operator", "nodes: {extraStatements: [{Effect: Allow, Action: 's3:*', Resource: '*', Condition: {Bool: {'aws:x': y}}}]}", `is not an? (boolean|number|IP address)`},
	{"a character that policy documents cannot contain", "nodes: {extraStatements: [{Effect: Allow, Action: 's3:*', Resource: '*', Condition: {StringEquals: {'aws:x': '€'}}}]}", `which a policy document cannot contain`},
	{"an exceeded quota", "nodes: {trustStatements: [{Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: [" + strings.Repeat("'a.example.com', ", 200) + "'b.example.com']}}]}", `would have \d+ characters|would be attached|has \d+ .*; allowed|more than`},
	{"a second document", "{}\n---\n{}", `a second YAML document`},
}

func configurationSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	compiled, err := jsonschema.NewCompiler().Compile(schemaPath)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// verdict has the results of the schema and of Load for a text.
type verdict struct {
	schemaError error
	problems    problem.List
}

func judge(t *testing.T, compiled *jsonschema.Schema, text []byte) verdict {
	t.Helper()
	var j verdict
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	j.schemaError = compiled.Validate(asJSON(&document))
	_, err := Load("x.yaml", text, latestOptions(t))
	if err != nil {
		list, ok := err.(problem.List)
		if !ok {
			t.Fatal(err)
		}
		j.problems = list
	}
	return j
}

func latestOptions(t *testing.T) Options {
	t.Helper()
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	return Options{Catalogue: catalogue, Release: catalogue.Newest()}
}

// asJSON converts a node as editors do, by the core schema of YAML 1.2.
func asJSON(node *yaml.Node) any {
	switch node.Kind {
	case yaml.DocumentNode:
		return asJSON(node.Content[0])
	case yaml.AliasNode:
		return asJSON(node.Alias)
	case yaml.SequenceNode:
		list := []any{}
		for _, item := range node.Content {
			list = append(list, asJSON(item))
		}
		return list
	case yaml.MappingNode:
		object := map[string]any{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			object[node.Content[i].Value] = asJSON(node.Content[i+1])
		}
		return object
	}
	switch node.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(node.Value, "true")
	case "!!int", "!!float":
		return json.Number(node.Value)
	}
	return node.Value
}

// check fails if the schema rejects what Load accepts, or if only Load rejects
// something and no row of loadOnly matches.
func (j verdict) check(t *testing.T, name string, text []byte) {
	t.Helper()
	if j.schemaError != nil && j.problems == nil {
		t.Errorf("%s: the schema rejects what Load accepts: %v\n%s", name, j.schemaError, text)
	}
	if j.schemaError != nil {
		return
	}
	for _, p := range j.problems {
		if !slices.ContainsFunc(loadOnly, func(row struct{ name, example, problem string }) bool {
			return regexp.MustCompile(row.problem).MatchString(p.Error())
		}) {
			t.Errorf("%s: only Load reports %q, and no row of loadOnly matches:\n%s", name, p.Error(), text)
		}
	}
}

func TestLoadOnly(t *testing.T) {
	compiled := configurationSchema(t)
	for _, row := range loadOnly {
		t.Run(row.name, func(t *testing.T) {
			version, spec := V1Beta1, row.example
			if rest, ok := strings.CutPrefix(spec, "@v1alpha1\n"); ok {
				version, spec = V1Alpha1, rest
			}
			text := []byte("apiVersion: " + version + "\nkind: " + Kind + "\nspec:\n  " + strings.ReplaceAll(spec, "\n", "\n  ") + "\n")
			if strings.Contains(spec, "---") {
				text = []byte(strings.ReplaceAll(string(text), "\n  ---\n  ", "\n---\n"))
			}
			_, err := Load("x.yaml", text, latestOptions(t))
			if err == nil || !regexp.MustCompile(row.problem).MatchString(err.Error()) {
				t.Errorf("Load reports %v, want %s", err, row.problem)
			}
			if row.name == "a duplicate key" || row.name == "a second document" {
				return // JSON cannot express this problem
			}
			var document yaml.Node
			if err := yaml.Unmarshal(text, &document); err != nil {
				t.Fatal(err)
			}
			if err := compiled.Validate(asJSON(&document)); err != nil {
				t.Errorf("the schema rejects it too: %v", err)
			}
		})
	}
}

// fixtures returns the configurations in testdata by path and, as
// "print-config", the default configuration as print-config prints it.
func fixtures(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, glob := range []string{"../testdata/configurations/*.yaml", "../testdata/peer/*.yaml"} {
		files, err := filepath.Glob(glob)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if IsConfiguration(text) {
				all[file] = text
			}
		}
	}
	if len(all) < 6 {
		t.Fatalf("only %d configurations", len(all))
	}
	printed, err := Default().Printed()
	if err != nil {
		t.Fatal(err)
	}
	if all["print-config"], err = printed.Format("yaml"); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestSchemaAcceptsEveryFixture(t *testing.T) {
	compiled := configurationSchema(t)
	for name, text := range fixtures(t) {
		if j := judge(t, compiled, text); j.schemaError != nil || j.problems != nil {
			t.Errorf("%s: %v, %v", name, j.schemaError, j.problems)
		}
	}
}

// changes are replacements for a value. Those with @ remove, rename or add a
// key instead, or change its letter case.
var changes = []string{"@remove", "@rename", "@case", "@disabled", "@eventBridge",
	"null", "''", "[]", "{}", "[null]", "{x: y}", "[x, x]", "x y", "true", "no", "7", "/x/", "{'aws:x': y}", "arn:aws:iam::123456789012:policy/x",
	"[{Effect: Allow, Action: 's3:*', Resource: '*'}]", "{Service: ec2.amazonaws.com}", "{StringEquals: {'aws:x': [true, 1]}}", "{'ForAnyValue:StringLikeIfExists': {'aws:x': a}}", "{NullIfExists: {'aws:x': true}}"}

// scalarChanges returns more replacements, for scalars only.
func scalarChanges() []string {
	all := []string{"'true'", "-1.5", "'*'", "aws-cn", "2026-01-01", "arn:aws-cn:iam::123456789012:policy/x", "${NAME}", "a+b", "a=b", "'a,b'", "a.b", "a@b", "a_b", "a-b", "a*b", "a?b", "a/b", "'-a'", "A", "é", "/a b/", "//", "/a//b/"}
	for _, n := range []int{62, 63, 64, 65, 128, 129, 250, 251, 256, 257, 600} { // around the maximum lengths in AWS, and a longer one
		all = append(all, strings.Repeat("a", n))
	}
	return all
}

// TestSchemaOfChangedFixtures makes one change at a time: it replaces a value,
// or removes, renames or adds a key, or changes its letter case.
func TestSchemaOfChangedFixtures(t *testing.T) {
	t.Parallel()
	compiled := configurationSchema(t)
	files := fixtures(t)
	triedCount, rejectedCount := 0, 0
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		var original yaml.Node
		if err := yaml.Unmarshal(files[name], &original); err != nil {
			t.Fatal(err)
		}
		for _, place := range places(&original, "", nil) {
			kind := kindOf(place.path)
			if seen[kind] {
				continue
			}
			seen[kind] = true
			replacements := changes
			if place.isScalar {
				replacements = slices.Concat(changes, scalarChanges())
			}
			for _, change := range replacements {
				text := place.changed(t, files[name], change)
				if text == nil {
					continue
				}
				triedCount++
				j := judge(t, compiled, text)
				if j.schemaError != nil {
					rejectedCount++
				}
				j.check(t, fmt.Sprintf("%s, %s: %s", name, place.path, change), text)
			}
		}
	}
	t.Logf("%d texts, %d rejected by the schema", triedCount, rejectedCount)
	if triedCount < 1000 || rejectedCount < triedCount/4 {
		t.Errorf("only %d texts, %d rejected", triedCount, rejectedCount)
	}
}

var (
	listIndex    = regexp.MustCompile(`\[\d+\]`)
	anyRoleField = regexp.MustCompile(`^\.spec\.(eks\.)?\w+\.(disable|path|permissionsBoundary|extraPolicyAttachments|extraStatements|trustStatements|tags)\b`)
)

// kindOf returns the same text for all items of a list, and for the same field
// of different roles, because a test of one of these paths is enough.
func kindOf(path string) string {
	return anyRoleField.ReplaceAllString(listIndex.ReplaceAllString(path, "[]"), "role.$2")
}

// place locates a value in a document by the indices of the nodes that lead to
// it.
type place struct {
	path           string
	steps          []int
	isMappingValue bool // the value of a mapping key
	// isScalar means that the value is a string, number or boolean.
	isScalar bool
}

func places(node *yaml.Node, path string, steps []int) (all []place) {
	for i, child := range node.Content {
		childSteps := append(slices.Clone(steps), i)
		switch node.Kind {
		case yaml.MappingNode:
			if i%2 == 1 {
				childPath := path + "." + node.Content[i-1].Value
				all = append(append(all, place{childPath, childSteps, true, child.Kind == yaml.ScalarNode}), places(child, childPath, childSteps)...)
			}
		case yaml.SequenceNode:
			childPath := fmt.Sprintf("%s[%d]", path, i)
			all = append(append(all, place{childPath, childSteps, false, child.Kind == yaml.ScalarNode}), places(child, childPath, childSteps)...)
		default:
			all = append(all, places(child, path, childSteps)...)
		}
	}
	return all
}

// changed returns the text with a change at the place, or nil if the change is
// not possible there.
func (p place) changed(t *testing.T, text []byte, change string) []byte {
	t.Helper()
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	if len(p.steps) > 4 { // Keep only this field of spec.
		spec := document.Content[0].Content[p.steps[1]]
		spec.Content = spec.Content[p.steps[2]-1 : p.steps[2]+1]
		p.steps = slices.Concat(p.steps[:2], []int{1}, p.steps[3:])
	}
	parent := &document
	for _, step := range p.steps[:len(p.steps)-1] {
		parent = parent.Content[step]
	}
	index := p.steps[len(p.steps)-1]
	switch kind, special := strings.CutPrefix(change, "@"); {
	case !special:
		var value yaml.Node
		if err := yaml.Unmarshal([]byte(change), &value); err != nil {
			t.Fatal(err)
		}
		parent.Content[index] = value.Content[0]
	case !p.isMappingValue:
		return nil
	case kind == "remove":
		parent.Content = slices.Delete(parent.Content, index-1, index+1)
	case kind == "rename":
		parent.Content[index-1].Value += "x"
	case kind == "case":
		parent.Content[index-1].Value = strings.ToUpper(parent.Content[index-1].Value)
	default:
		for i := 0; i < len(parent.Content); i += 2 {
			if parent.Content[i].Value == kind {
				return nil
			}
		}
		parent.Content = append(parent.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: kind}, &yaml.Node{Kind: yaml.ScalarNode, Value: "false"})
	}
	var b bytes.Buffer
	dumper, err := yaml.NewDumper(&b)
	if err != nil {
		t.Fatal(err)
	}
	if err := dumper.Dump(&document); err != nil {
		return nil // The change cannot be written as YAML.
	}
	if err := dumper.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
