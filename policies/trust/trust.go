// Package trust writes the statements of trust policies: who may assume a role,
// with the conditions that [review.Review] requires. The output can be used as
// the trustStatements of a configuration.
//
// Each function takes inputs that the user knows (a repository, a service
// account, a role of another account), and refuses inputs that would trust
// more principals than the user named.
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

// The names of the forms in forms.tsv.
const (
	formWebIdentity  = "web-identity"
	formPodIdentity  = "pod-identity"
	formAccount      = "account"
	formSessionTags  = "session-tags"
	formService      = "service"
	formAssume       = "assume"
	formAssumeTagged = "assume-tagged"
)

// Trust describes who may assume a role.
type Trust struct {
	// Statements are the statements of a trust policy.
	Statements []catalog.PolicyStatement
	// Notes are notes for the user of the policy, one line each.
	Notes []string
}

// Document returns a trust policy with these statements.
func (t Trust) Document() catalog.PolicyDocument { return catalog.NewPolicyDocument(t.Statements...) }

// Input is the name of an input in a [Fault], such as "oidc-provider".
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

// Fault describes what is wrong with an input.
type Fault struct {
	Input Input
	// Others are the inputs that can be given instead of a missing one, or that
	// conflict with this one.
	Others []Input
	Kind   FaultKind
	// Value is the value of the input; "" if it is missing or must not be
	// shown.
	Value string
	// Text says what is wrong, and what is wanted.
	Text string
}

// FaultKind says in which way an input is wrong.
type FaultKind int

// The kinds of faults.
const (
	FaultInvalid FaultKind = iota
	FaultMissing
	FaultConflict // the inputs cannot be combined
)

func (f *Fault) Error() string { return f.Describe("") }

// Describe returns the text of the error, with prefix before the name of each
// input: "--" for a flag.
func (f *Fault) Describe(prefix string) string {
	var names []string
	for _, input := range append([]Input{f.Input}, f.Others...) {
		names = append(names, prefix+string(input))
	}
	last := len(names) - 1
	switch {
	case f.Kind == FaultConflict:
		return strings.Join(names, " and ") + " cannot be combined: " + f.Text
	case f.Kind == FaultMissing && last > 0:
		return "missing " + strings.Join(names[:last], ", ") + " or " + names[last] + ": " + f.Text
	case f.Kind == FaultMissing:
		return "missing " + names[0] + ": " + f.Text
	case f.Value == "":
		return "invalid value for " + names[0] + ": " + f.Text
	}
	return "invalid value " + quote(f.Value) + " for " + names[0] + ": " + f.Text
}

// placeholderValues has the values of the placeholders in a form, by
// placeholder.
type placeholderValues map[string][]string

// fillForm returns the statement of a form with its placeholders filled in. It
// leaves out the elements whose placeholder has no value.
func fillForm(form string, v placeholderValues) catalog.PolicyStatement {
	s := catalog.PolicyStatement{Effect: "Allow"}
	for _, row := range table.Rows("forms.tsv", formsTSV, 5) {
		if row[0] != form {
			continue
		}
		operator, key, filled := row[2], v.replaceFirst(row[3]), v.expand(row[4])
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
			s.Condition[operator][key] = singleOrList(filled)
		}
	}
	return s
}

// expand returns the values of the placeholder if text is a placeholder, and
// otherwise text itself.
func (v placeholderValues) expand(text string) []string {
	name, braced := strings.CutPrefix(text, "{")
	if !braced {
		return []string{text}
	}
	return v[strings.TrimSuffix(name, "}")]
}

// replaceFirst replaces a placeholder at the start of text with its first value.
func (v placeholderValues) replaceFirst(text string) string {
	name, rest, braced := strings.Cut(strings.TrimPrefix(text, "{"), "}")
	if !braced {
		return text
	}
	return v[name][0] + rest
}

// singleOrList returns one value as a string, and several as a list without
// duplicates.
func singleOrList(all []string) any {
	var list []any
	for _, text := range all {
		if !slices.Contains(list, any(text)) {
			list = append(list, text)
		}
	}
	if len(list) == 1 {
		return list[0]
	}
	return list
}

func nonEmpty(all ...string) (list []string) {
	for _, text := range all {
		if text != "" {
			list = append(list, text)
		}
	}
	return list
}
