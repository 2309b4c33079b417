// Tests of the documents that the catalogue renders for a release and settings.

package catalog

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// settings has a flag that is on, a flag that is off, and lists in a particular
// order.
var settings = Settings{
	Flags: map[string]bool{"on": true, "off": false},
	Lists: map[string][]string{"backends": {"b", "a"}, "patterns": {"x*", "y"}, "none": {}, "partition": {"aws-cn"}},
}

func TestDocument(t *testing.T) {
	v1, v2 := Release{1, 0, 0}, Release{2, 0, 0}
	action := func(name string, since Release, gate Gate) Grant { return Grant{Name: name, Since: since, When: gate} }
	grant := func(name string) []Grant { return []Grant{action(name, v1, "")} }
	for _, test := range []struct {
		name      string
		release   Release
		templates []StatementTemplate
		want      []PolicyStatement
	}{
		{"a later action is not granted", v1,
			[]StatementTemplate{{When: "always", Effect: "Allow", Actions: []Grant{action("s:A", v2, ""), action("s:B", v1, "")}, Resources: []string{"*"}}},
			[]PolicyStatement{{Effect: "Allow", Action: []string{"s:B"}, Resource: []string{"*"}}}},
		{"a statement that grants no action is omitted", v1,
			[]StatementTemplate{{When: "always", Effect: "Allow", Actions: []Grant{action("s:A", v2, "")}, Resources: []string{"*"}}}, nil},
		{"gates of statements and actions", v2,
			[]StatementTemplate{
				{When: "off", Effect: "Allow", Actions: grant("s:A")},
				{When: "on is false", Effect: "Allow", Actions: grant("s:B")},
				{When: "off is false", Effect: "Allow", Actions: []Grant{action("s:C", v1, ""), action("s:D", v1, "on"), action("s:E", v1, "off")}},
			},
			[]PolicyStatement{{Effect: "Allow", Action: []string{"s:C", "s:D"}}}},
		{"statements of a list are in the order of the list", v1,
			[]StatementTemplate{
				{When: "always", Effect: "Allow", Actions: grant("s:First")},
				{When: "backends has a", Effect: "Allow", Actions: grant("s:A")},
				{When: "backends has b", Effect: "Allow", Actions: grant("s:B")},
				{When: "backends has c", Effect: "Allow", Actions: grant("s:C")},
				{When: "on", Effect: "Allow", Actions: grant("s:Last")},
			},
			[]PolicyStatement{{Effect: "Allow", Action: []string{"s:First"}}, {Effect: "Allow", Action: []string{"s:B"}}, {Effect: "Allow", Action: []string{"s:A"}}, {Effect: "Allow", Action: []string{"s:Last"}}}},
		{"placeholders in resources and conditions", v1,
			[]StatementTemplate{{When: "always", Effect: "Allow", Actions: grant("s:A"), Resources: []string{"arn:*:role/{{patterns}}", "arn:{{partition}}:x"},
				Condition: Conditions{"StringLike": {"k": "alias/{{partition}}"}}}},
			[]PolicyStatement{{Effect: "Allow", Action: []string{"s:A"}, Resource: []string{"arn:*:role/x*", "arn:*:role/y", "arn:aws-cn:x"},
				Condition: Conditions{"StringLike": {"k": "alias/aws-cn"}}}}},
		{"several values of a condition", v1,
			[]StatementTemplate{{When: "always", Effect: "Allow", Actions: grant("s:A"), Condition: Conditions{"StringLike": {"k": "{{patterns}}"}}}},
			[]PolicyStatement{{Effect: "Allow", Action: []string{"s:A"}, Condition: Conditions{"StringLike": {"k": []any{"x*", "y"}}}}}},
		{"a release between two that have the grant", v1,
			[]StatementTemplate{{When: "always", Effect: "Allow", Actions: []Grant{{Name: "s:A", Since: Release{0, 9, 0}, Releases: []Span{{Release{0, 9, 0}, Release{0, 9, 0}}, {First: v2}}}, action("s:B", v1, "")}}},
			[]PolicyStatement{{Effect: "Allow", Action: []string{"s:B"}}}},
		{"a release that has the grant again", v2,
			[]StatementTemplate{{When: "always", Effect: "Allow", Actions: []Grant{{Name: "s:A", Since: Release{0, 9, 0}, Releases: []Span{{Release{0, 9, 0}, Release{0, 9, 0}}, {First: v2}}}}}},
			[]PolicyStatement{{Effect: "Allow", Action: []string{"s:A"}}}},
		{"a statement without resources is omitted", v1,
			[]StatementTemplate{{When: "always", Effect: "Allow", Actions: grant("s:A"), Resources: []string{"arn:{{none}}"}}}, nil},
		{"a later service principal", v1,
			[]StatementTemplate{{When: "always", Effect: "Allow", Actions: grant("sts:AssumeRole"), Services: []Grant{action("a.amazonaws.com", v1, ""), action("b.amazonaws.com", v2, "")}}},
			[]PolicyStatement{{Effect: "Allow", Action: []string{"sts:AssumeRole"}, Principal: Principals{"Service": {"a.amazonaws.com"}}}}},
		{"a trust statement without principals is omitted", v1,
			[]StatementTemplate{{When: "always", Effect: "Allow", Actions: grant("sts:AssumeRole"), Services: []Grant{action("b.amazonaws.com", v2, "")}}}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := Policy{Statements: test.templates}
			got, err := p.Document(test.release, settings)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(NewPolicyDocument(test.want...), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestDocumentRefusesUnknownFields(t *testing.T) {
	actions := []Grant{{Name: "s:A"}}
	for name, template := range map[string]StatementTemplate{
		"a gate":                      {When: "nowhere", Actions: actions},
		"a gate of a list":            {When: "always", Actions: []Grant{{Name: "s:A", When: "nowhere has x"}}},
		"a placeholder":               {When: "always", Actions: actions, Resources: []string{"{{nowhere}}"}},
		"a condition without a value": {When: "always", Actions: actions, Condition: Conditions{"StringLike": {"k": "{{none}}"}}},
	} {
		p := Policy{LogicalID: "P", Statements: []StatementTemplate{template}}
		if d, err := p.Document(Release{major: 9}, settings); err == nil {
			t.Errorf("%s: got %+v", name, d)
		}
	}
}
