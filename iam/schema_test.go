// Tests of docs/schemas/awsiamconfiguration.schema.json against Load: what the
// schema refuses Load refuses, and what Load alone refuses is in a table. Both are
// tried on every fixture and on small changes of each.

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

// loaderAlone are the rules that no schema can say, or that it leaves to Load:
// examples, under spec unless they are whole, and what Load says.
var loaderAlone = []struct{ name, example, says string }{
	{"a duplicate key", "namePrefix: a\nnamePrefix: b", `duplicate key`},
	{"a boolean in quotes", `allowAssumeRole: "yes"`, `want true or false`},
	{"a number with an exponent", "nodes: {extraStatements: [{Effect: Allow, Action: 's3:GetObject', Resource: '*', Condition: {NumericEquals: {'aws:x': 1.5e3}}}]}", `want a decimal number`},
	{"a field that v1alpha1 does not have", "@v1alpha1\nallowAssumeRole: true", `it came with v1beta1`},
	{"a key that clusterawsadm ignores, and that says what does not hold", "nodes: {disabled: true}", `clusterawsadm ignores it`},
	{"a field in other letter case", "namepreFix: a", `unknown field "\w+" in spec[.\w]*, did you mean`},
	{"more values than any template has", "clusterAPIControllers: {allowedEC2InstanceProfiles: [" + strings.Repeat("x,", maxValues) + "x]}", `expands to more than`},
	{"prefix and suffix make a name that is too long", "namePrefix: " + strings.Repeat("a", 60), `has \d+ characters, allowed: \d+`},
	{"a region that is a zone", "region: eu-west-1a", `is a zone|is not the name of a region|region`},
	{"partition and region that do not belong together", "region: eu-west-1\npartition: aws-cn", `is not the partition of the region`},
	{"a pattern of roles that begins with a slash", "clusterAPIControllers: {allowedEC2InstanceProfiles: [/a]}", `without a slash at its start`},
	{"the prefix of an alias", "eks: {kmsAliasPrefix: alias/x}", `it is added automatically`},
	{"an ARN that is none, or is that of something else", "nodes: {extraPolicyAttachments: [x]}", `is not an ARN|is not the ARN|names the account|has the unknown partition|is in the partition|in it: `},
	{"a feature twice", "clusterAPIControllers: {features: [fargate, {name: fargate}]}", `features\[\d+\]: "[\w-]+" is already in the list`},
	{"a feature without its value, or with another one's", "clusterAPIControllers: {features: [ebs-encryption-cmk, {name: fargate, keys: ['arn:aws:kms:eu-west-1:123456789012:key/1']}]}", `the feature [\w-]+ (needs|does not take) \w+`},
	{"a key that is none", "clusterAPIControllers: {features: [{name: ebs-encryption-cmk, keys: ['arn:aws:kms:eu-west-1:123456789012:alias/x']}]}", `features\[\d+\]\.keys\[\d+\]: `},
	{"roles and prefixes that are every one", "clusterAPIControllers: {features: [{name: fargate, roles: ['*']}, {name: rosa-role-config, prefixes: [/]}]}", `matches every role|begins the name of every role`},
	{"a group of the user that is its own", "bootstrapUser: {groupName: a, extraGroups: [a]}", `the user is in the group`},
	{"tags that differ in letter case only, or begin with aws:", "nodes: {tags: {a: x, A: y}}", `differ in letter case only|begins with aws:`},
	{"a character that no tag may have", "nodes: {tags: {a: '!'}}", `the (key|value) of a tag, .* has `},
	{"a Sid twice", "nodes: {extraStatements: [{Sid: A, Effect: Allow, Action: 's3:*', Resource: '*'}, {Sid: A, Effect: Allow, Action: 's3:*', Resource: '*'}]}", `is the Sid of statement`},
	{"an action that is none", "nodes: {extraStatements: [{Effect: Allow, Action: x, Resource: '*'}]}", `is not an action`},
	{"a resource that is none", "nodes: {extraStatements: [{Effect: Allow, Action: 's3:*', Resource: x}]}", `is not an ARN|names no service|as the service`},
	{"a principal that is none", "nodes: {trustStatements: [{Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: x}}]}", `is not a (service )?principal|is not an identity provider|has a wildcard inside`},
	{"a condition key that is none", "nodes: {extraStatements: [{Effect: Allow, Action: 's3:*', Resource: '*', Condition: {StringEquals: {x: y}}}]}", `is not a condition key`},
	{"a value that the operator does not compare", "nodes: {extraStatements: [{Effect: Allow, Action: 's3:*', Resource: '*', Condition: {Bool: {'aws:x': y}}}]}", `is not an? (boolean|number|IP address)`},
	{"a character that no policy document may have", "nodes: {extraStatements: [{Effect: Allow, Action: 's3:*', Resource: '*', Condition: {StringEquals: {'aws:x': '€'}}}]}", `which no policy document may have`},
	{"a quota", "nodes: {trustStatements: [{Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: [" + strings.Repeat("'a.example.com', ", 200) + "'b.example.com']}}]}", `would have \d+ characters|would be attached|has \d+ .*, allowed|more than`},
	{"a second document", "{}\n---\n{}", `a second YAML document`},
}

// configurationSchema is the schema that is checked in.
func configurationSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	compiled, err := jsonschema.NewCompiler().Compile(schemaPath)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// judged is what both say of a text.
type judged struct {
	refusedBySchema error
	problems        problem.List
}

func judge(t *testing.T, compiled *jsonschema.Schema, text []byte) judged {
	t.Helper()
	var j judged
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	j.refusedBySchema = compiled.Validate(asJSON(&document))
	_, err := Load("x.yaml", text, latest(t))
	if err != nil {
		list, ok := err.(problem.List)
		if !ok {
			t.Fatal(err)
		}
		j.problems = list
	}
	return j
}

// latest is the newest release.
func latest(t *testing.T) Options {
	t.Helper()
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	return Options{Catalogue: catalogue, Release: catalogue.Newest()}
}

// asJSON is what an editor makes of a node: the values of YAML 1.2's core schema.
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

// check fails when the schema refuses what Load takes, and when Load alone refuses
// something that no row of the table names.
func (j judged) check(t *testing.T, what string, text []byte) {
	t.Helper()
	if j.refusedBySchema != nil && j.problems == nil {
		t.Errorf("%s: the schema refuses what Load takes: %v\n%s", what, j.refusedBySchema, text)
	}
	if j.refusedBySchema != nil {
		return
	}
	for _, p := range j.problems {
		if !slices.ContainsFunc(loaderAlone, func(row struct{ name, example, says string }) bool {
			return regexp.MustCompile(row.says).MatchString(p.Error())
		}) {
			t.Errorf("%s: Load alone says %q, and no row of the table has it:\n%s", what, p.Error(), text)
		}
	}
}

func TestLoaderAlone(t *testing.T) {
	compiled := configurationSchema(t)
	for _, row := range loaderAlone {
		t.Run(row.name, func(t *testing.T) {
			version, spec := V1Beta1, row.example
			if rest, ok := strings.CutPrefix(spec, "@v1alpha1\n"); ok {
				version, spec = V1Alpha1, rest
			}
			text := []byte("apiVersion: " + version + "\nkind: " + Kind + "\nspec:\n  " + strings.ReplaceAll(spec, "\n", "\n  ") + "\n")
			if strings.Contains(spec, "---") {
				text = []byte(strings.ReplaceAll(string(text), "\n  ---\n  ", "\n---\n"))
			}
			_, err := Load("x.yaml", text, latest(t))
			if err == nil || !regexp.MustCompile(row.says).MatchString(err.Error()) {
				t.Errorf("Load says %v, want %s", err, row.says)
			}
			if row.name == "a duplicate key" || row.name == "a second document" {
				return // YAML's own: no JSON has them
			}
			var document yaml.Node
			if err := yaml.Unmarshal(text, &document); err != nil {
				t.Fatal(err)
			}
			if refused := compiled.Validate(asJSON(&document)); refused != nil {
				t.Errorf("the schema refuses it too: %v", refused)
			}
		})
	}
}

// fixtures are the configurations of the tests.
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

func TestSchemaTakesEveryFixture(t *testing.T) {
	compiled := configurationSchema(t)
	for name, text := range fixtures(t) {
		if j := judge(t, compiled, text); j.refusedBySchema != nil || j.problems != nil {
			t.Errorf("%s: %v, %v", name, j.refusedBySchema, j.problems)
		}
	}
}

// changes are what a value is replaced by, or done to its key; texts replace a
// scalar alone.
var (
	changes = []string{"@remove", "@rename", "@case", "@disabled", "@eventBridge",
		"null", "''", "[]", "{}", "[null]", "{x: y}", "[x, x]", "x y", "true", "no", "7", "/x/", "{'aws:x': y}", "arn:aws:iam::123456789012:policy/x",
		"[{Effect: Allow, Action: 's3:*', Resource: '*'}]", "{Service: ec2.amazonaws.com}", "{StringEquals: {'aws:x': [true, 1]}}", "{'ForAnyValue:StringLikeIfExists': {'aws:x': a}}", "{NullIfExists: {'aws:x': true}}"}
	texts = []string{"'true'", "-1.5", "'*'", "aws-cn", "2026-01-01", "arn:aws-cn:iam::123456789012:policy/x", "${NAME}", "a+b", "a=b", "'a,b'", "a.b", "a@b", "a_b", "a-b", "a*b", "a?b", "a/b", "'-a'", "A", "é", "/a b/", "//", "/a//b/"}
)

func init() {
	for _, n := range []int{62, 63, 64, 65, 128, 129, 250, 251, 256, 257, 600} { // the lengths that AWS allows, and one more
		texts = append(texts, strings.Repeat("a", n))
	}
}

// TestSchemaOfChangedFixtures changes one thing at a time: a value is replaced, a
// key is removed, renamed, given in other letter case, or brought from elsewhere.
func TestSchemaOfChangedFixtures(t *testing.T) {
	t.Parallel()
	compiled := configurationSchema(t)
	files := fixtures(t)
	tried, refused := 0, 0
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
			tries := changes
			if place.scalar {
				tries = slices.Concat(changes, texts)
			}
			for _, change := range tries {
				text := place.changed(t, files[name], change)
				if text == nil {
					continue
				}
				tried++
				j := judge(t, compiled, text)
				if j.refusedBySchema != nil {
					refused++
				}
				j.check(t, fmt.Sprintf("%s, %s: %s", name, place.path, change), text)
			}
		}
	}
	t.Logf("%d texts, %d refused by the schema", tried, refused)
	if tried < 1000 || refused < tried/4 {
		t.Errorf("only %d texts, %d refused", tried, refused)
	}
}

var (
	index        = regexp.MustCompile(`\[\d+\]`)
	anyRoleField = regexp.MustCompile(`^\.spec\.(eks\.)?\w+\.(disable|path|permissionsBoundary|extraPolicyAttachments|extraStatements|trustStatements|tags)\b`)
)

// kindOf is the same for places of which one is tried: the items of a list, and
// the fields that all roles have.
func kindOf(path string) string {
	return anyRoleField.ReplaceAllString(index.ReplaceAllString(path, "[]"), "role.$2")
}

// place is a value in a document, by the indices of the nodes above it.
type place struct {
	path  string
	steps []int
	key   bool // the value of a key
	// scalar: it is a text, a number or a boolean.
	scalar bool
}

func places(node *yaml.Node, path string, steps []int) (all []place) {
	for i, child := range node.Content {
		at := append(slices.Clone(steps), i)
		switch node.Kind {
		case yaml.MappingNode:
			if i%2 == 1 {
				where := path + "." + node.Content[i-1].Value
				all = append(append(all, place{where, at, true, child.Kind == yaml.ScalarNode}), places(child, where, at)...)
			}
		case yaml.SequenceNode:
			where := fmt.Sprintf("%s[%d]", path, i)
			all = append(append(all, place{where, at, false, child.Kind == yaml.ScalarNode}), places(child, where, at)...)
		default:
			all = append(all, places(child, path, at)...)
		}
	}
	return all
}

// changed returns the text with a change at the place, nil when it cannot be made.
func (p place) changed(t *testing.T, text []byte, change string) []byte {
	t.Helper()
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	if len(p.steps) > 4 { // of the fields of spec, only the one in question
		spec := document.Content[0].Content[p.steps[1]]
		spec.Content = spec.Content[p.steps[2]-1 : p.steps[2]+1]
		p.steps = slices.Concat(p.steps[:2], []int{1}, p.steps[3:])
	}
	parent := &document
	for _, step := range p.steps[:len(p.steps)-1] {
		parent = parent.Content[step]
	}
	at := p.steps[len(p.steps)-1]
	switch kind, special := strings.CutPrefix(change, "@"); {
	case !special:
		var value yaml.Node
		if err := yaml.Unmarshal([]byte(change), &value); err != nil {
			t.Fatal(err)
		}
		parent.Content[at] = value.Content[0]
	case !p.key:
		return nil
	case kind == "remove":
		parent.Content = slices.Delete(parent.Content, at-1, at+1)
	case kind == "rename":
		parent.Content[at-1].Value += "x"
	case kind == "case":
		parent.Content[at-1].Value = strings.ToUpper(parent.Content[at-1].Value)
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
		return nil // what cannot be written
	}
	if err := dumper.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
