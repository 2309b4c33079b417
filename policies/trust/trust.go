// Package trust writes the statements of trust policies: who may assume a role, with
// the conditions that [review.Review] asks for. What it writes is ready for the
// trustStatements of a configuration.
//
// Each function takes what a person knows (a repository, a service account, a role of
// another account) and refuses what would let in more than that.
package trust

import (
	_ "embed"
	"slices"
	"strings"

	"capaboot/internal/table"
	"capaboot/policies/catalog"
)

//go:embed forms.tsv
var formsTSV string

// The forms of forms.tsv.
const (
	webIdentity  = "web-identity"
	podIdentity  = "pod-identity"
	account      = "account"
	sessionTags  = "session-tags"
	service      = "service"
	assume       = "assume"
	assumeTagged = "assume-tagged"
)

// Trust is who may assume a role.
type Trust struct {
	// Statements are for a trust policy.
	Statements []catalog.PolicyStatement
	// Notes are what whoever uses it should know, a line each.
	Notes []string
}

// Document is a trust policy with only the statements.
func (t Trust) Document() catalog.PolicyDocument { return catalog.NewPolicyDocument(t.Statements...) }

// Input names what somebody gives: "oidc-provider". It is how a [Fault] calls it.
type Input string

// The inputs.
const (
	InputOIDCProvider   Input = "oidc-provider"
	InputAudience       Input = "audience"
	InputNamespace      Input = "namespace"
	InputServiceAccount Input = "service-account"
	InputCluster        Input = "cluster"
	InputFrom           Input = "from"
	InputExternalID     Input = "external-id"
	InputOrganization   Input = "organization"
	InputAccount        Input = "account"
	InputRepository     Input = "repository"
	InputBranch         Input = "branch"
	InputTag            Input = "tag"
	InputEnvironment    Input = "environment"
	InputService        Input = "service"
	InputSourceAccount  Input = "source-account"
	InputSourceARN      Input = "source-arn"
	InputRoleARN        Input = "role-arn"
)

// Fault is what is wrong with an input. It continues after the input's name: "is
// missing: ...", `is "x": ...`.
type Fault struct {
	Input Input
	Text  string
}

func (f *Fault) Error() string { return string(f.Input) + " " + f.Text }

// values are what {name} stands for.
type values map[string][]string

// fill makes the statement of a form.
func fill(form string, of values) catalog.PolicyStatement {
	s := catalog.PolicyStatement{Effect: "Allow"}
	for _, row := range table.Rows("forms.tsv", formsTSV, 5) {
		if row[0] != form {
			continue
		}
		operator, key, filled := row[2], of.one(row[3]), of.all(row[4])
		switch {
		case len(filled) == 0:
		case row[1] == "action":
			s.Action = append(s.Action, filled...)
		case row[1] == "resource":
			s.Resource = append(s.Resource, filled...)
		case row[1] == "principal":
			s.Principal = catalog.Principals{key: filled}
		case row[1] == "condition":
			if s.Condition == nil {
				s.Condition = catalog.Conditions{}
			}
			if s.Condition[operator] == nil {
				s.Condition[operator] = map[string]any{}
			}
			s.Condition[operator][key] = value(filled)
		}
	}
	return s
}

// all is a text with each of the values in place of a name that it consists of,
// or the text.
func (v values) all(text string) []string {
	name, braced := strings.CutPrefix(text, "{")
	if !braced {
		return []string{text}
	}
	return v[strings.TrimSuffix(name, "}")]
}

// one is a text with the first value in place of the name that it begins with.
func (v values) one(text string) string {
	name, rest, braced := strings.Cut(strings.TrimPrefix(text, "{"), "}")
	if !braced {
		return text
	}
	return v[name][0] + rest
}

// value is one value as a text, and several as a list without repetitions.
func value(all []string) any {
	var list []any
	for _, one := range all {
		if !slices.Contains(list, any(one)) {
			list = append(list, one)
		}
	}
	if len(list) == 1 {
		return list[0]
	}
	return list
}

// given are the texts that are not empty.
func given(all ...string) (list []string) {
	for _, one := range all {
		if one != "" {
			list = append(list, one)
		}
	}
	return list
}
