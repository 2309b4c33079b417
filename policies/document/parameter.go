// Parameters of a template: their values, or possible values.
//
// Source: CloudFormation User Guide, "Parameters".

package document

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"capaboot/internal/problem"
)

// Options has the choices that a template leaves to the deployment.
type Options struct {
	// Parameters has the values of parameters, and of pseudo parameters
	// ("AWS::Region"), by name. A parameter without an entry takes all its
	// allowed values in turn. If the template does not list allowed values, the
	// parameter has its default, except in a condition and as the name or a key
	// of a mapping: a deployment can replace the default, so everything that
	// another value can lead to is read too. The value is unknown if the
	// template has neither allowed values nor a default, if there are too many
	// allowed values, or if the value comes from Systems Manager or is secret.
	Parameters map[string]string
	// AWSPolicyPath returns the name of an AWS managed policy with its path
	// ("service-role/AWSLambdaBasicExecutionRole"), or "" if the name is unknown.
	// Templates of SAM name policies without the path. If AWSPolicyPath is nil, every
	// name is unknown.
	AWSPolicyPath func(name string) string
	// withoutDefaults has the parameters whose defaults are not used: their values
	// are known only at deployment. See [Set.WithoutDefaults].
	withoutDefaults []string
}

type parameter struct {
	name         string
	line, column int
	isList       bool // the value is a comma-separated list
	// fromSSM is true if the value is read from a parameter of Systems Manager
	// at deployment; the default is then the name of that parameter.
	fromSSM bool
	noEcho  bool // see isSecret

	defaultValue  *string // nil if there is none
	givenValue    *string // nil if there is none; see Options
	allowedValues []string
}

// AssumedParameter is a template parameter whose value was assumed. A
// deployment can choose another value.
type AssumedParameter struct {
	Name string
	// Default is the value that was used if Values is nil. It is "" for a
	// secret and if EveryBranch or NoValue is true.
	Default string
	// Values has the allowed values, if the template lists several. All of them
	// were used, even if there is a default. It is nil for a secret, for a value
	// from Systems Manager, and if there are too many.
	Values []string
	// If Values is set, Tried has the values that were used. For a list
	// parameter it includes lists of several values, with commas. Partial is
	// true if it does not include every such list.
	Tried   []string
	Partial bool
	// EveryBranch is true if the parameter has a default, a condition or a mapping
	// depends on the parameter, and the other values are evaluated too; see
	// [Options.Parameters].
	EveryBranch bool
	// Secret is true for a parameter with NoEcho or with the value of a secret.
	Secret bool
	// NoValue is true if the parameter has no value before the deployment and
	// something depends on it.
	NoValue bool

	File         string
	Line, Column int
}

func (r *resolver) readParameters(root *node) {
	section := root.get("Parameters")
	if section == nil || section.kind != mappingNode {
		return
	}
	for _, f := range section.fields {
		p := &parameter{name: f.key, line: f.line, column: f.column}
		if t := f.value.get("Type"); t != nil {
			p.fromSSM = strings.HasPrefix(t.value, "AWS::SSM::Parameter::Value<")
			p.isList = t.value == "CommaDelimitedList" || strings.HasPrefix(t.value, "List<")
		}
		if n := f.value.get("NoEcho"); n != nil {
			p.noEcho = !strings.EqualFold(n.value, "false") // an invalid value may be meant as true
		}
		if n := f.value.get("Default"); n.isScalar() && !slices.Contains(r.options.withoutDefaults, f.key) {
			p.defaultValue = &n.value
		}
		if n := f.value.get("AllowedValues"); n != nil && n.kind == listNode {
			for _, item := range n.items {
				if item.isScalar() {
					p.allowedValues = append(p.allowedValues, item.value)
				}
			}
		}
		r.parameters[f.key] = p
		if value, ok := r.options.Parameters[f.key]; ok {
			p.givenValue = &value
		}
	}
}

// checkGivenValues reports the given values that the template does not allow.
func (r *resolver) checkGivenValues() {
	for _, name := range slices.Sorted(maps.Keys(r.parameters)) {
		if p := r.parameters[name]; p.givenValue != nil {
			r.checkAllowed(p, *p.givenValue)
		}
	}
}

// checkAllowed reports a problem if the template does not allow a value.
func (r *resolver) checkAllowed(p *parameter, value string) {
	if len(p.allowedValues) == 0 || p.fromSSM {
		return
	}
	for _, part := range p.parts(value) {
		if slices.Contains(p.allowedValues, part) {
			continue
		}
		if r.isSecret(p.name) {
			r.d.problemAt(p.line, p.column, "parameter %s: the value is not one of its AllowedValues, which are not shown", clip(p.name))
			return
		}
		message := fmt.Sprintf("parameter %s: the value %q is not one of its AllowedValues (%s)", clip(p.name), clip(part), clip(strings.Join(p.allowedValues, ", ")))
		if read, ok := yaml11Bool(part); ok && slices.Contains(p.allowedValues, read) {
			message += fmt.Sprintf("; CloudFormation reads %s without quotes as %s", part, read)
		}
		r.d.problemAt(p.line, p.column, "%s", message)
		return
	}
}

// parts returns the entries of a list value without surrounding white space, or
// any other value as it is.
func (p *parameter) parts(value string) []string {
	if !p.isList {
		return []string{value}
	}
	all := strings.Split(value, ",")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}

// parameterValue returns a node with a value of a parameter, at the position of
// another node. CloudFormation resolves a dynamic reference in the value
// wherever a resource refers to the parameter. Source: CloudFormation User
// Guide, "Get a plaintext value from Systems Manager Parameter Store".
func (r *resolver) parameterValue(p *parameter, position *node, value string) *node {
	text := func(part string) *node {
		n := textAt(position, part)
		if strings.Contains(part, "{{resolve:") {
			return r.concat(n, []*node{n})
		}
		return n
	}
	if !p.isList {
		return text(value)
	}
	n := &node{kind: listNode, line: position.line, column: position.column}
	for _, part := range p.parts(value) {
		n.items = append(n.items, text(part))
	}
	return n
}

// ref returns the value of a Ref to a parameter, or every value that it may have. It
// returns nil in four cases: the value is unknown; the value is a default that would
// select a branch, see [Options.Parameters]; a surrounding branch excludes the default,
// see branchDefaults; or the parameter is secret, unless mayUseSecrets is true and there
// is only one value.
func (r *resolver) ref(n *node, name string, mayUseSecrets bool) []outcome {
	p := r.parameters[name]
	if p == nil {
		value, ok := r.options.Parameters[name]
		if !ok || r.resources.get(name) != nil {
			return nil
		}
		if !IsPseudo(name) {
			// The file is a part of a template: it refers to a parameter
			// without declaring it.
			r.undefinedParameters[name] = true
		}
		if r.isSecret(name) && !mayUseSecrets {
			return nil
		}
		return []outcome{{n: textAt(n, value)}}
	}
	if p.fromSSM || r.isSecret(name) && !mayUseSecrets {
		return nil
	}
	switch {
	case p.givenValue != nil:
		return []outcome{{n: r.parameterValue(p, n, *p.givenValue)}}
	case r.hasChoices(p):
		values, _ := p.choices()
		all := make([]outcome, len(values))
		for i, value := range values {
			all[i] = outcome{[]string{valueCondition(name, value)}, r.parameterValue(p, n, value)}
		}
		return all
	case len(p.allowedValues) > 1:
		return nil
	case len(p.allowedValues) == 1:
		return []outcome{{n: r.parameterValue(p, n, p.allowedValues[0])}}
	case p.defaultValue != nil && r.selections > 0 && r.branches.tried != name:
		r.undecidedDefaults = append(r.undecidedDefaults, name)
		return nil
	case r.branches.excluded[name] > 0:
		return nil
	case p.defaultValue != nil:
		value := *r.parameterValue(p, n, *p.defaultValue)
		value.setDefaultedParameters([]string{name})
		return []outcome{{n: &value}}
	}
	return nil
}

// maxCombinedValues is the largest number of allowed values for which every
// combination of a list parameter is evaluated.
const maxCombinedValues = 5

// hasChoices reports whether each of several allowed values is evaluated. It
// returns false if there are too many values, and for a secret parameter,
// because the values would appear in the conditions.
func (r *resolver) hasChoices(p *parameter) bool {
	return !r.isSecret(p.name) && len(p.allowedValues) > 1 && len(p.allowedValues) < maxOutcomes
}

// choices returns the values to evaluate: the allowed values and, for a list
// parameter, every combination of them. If there are too many combinations, it
// returns each value alone and the list of all values, and partial is true.
func (p *parameter) choices() (values []string, partial bool) {
	if !p.isList || len(p.allowedValues) < 2 {
		return p.allowedValues, false
	}
	if len(p.allowedValues) > maxCombinedValues {
		return append(slices.Clone(p.allowedValues), strings.Join(p.allowedValues, ",")), true
	}
	values = slices.Clone(p.allowedValues)
	for subset := 1; subset < 1<<len(p.allowedValues); subset++ {
		var parts []string
		for i, value := range p.allowedValues {
			if subset>>i&1 == 1 {
				parts = append(parts, value)
			}
		}
		if len(parts) > 1 {
			values = append(values, strings.Join(parts, ","))
		}
	}
	return values, false
}

// assumedParameters returns the declared parameters that the set depends on and that have
// no given value.
func (r *resolver) assumedParameters(set *Set) (all []AssumedParameter) {
	names := slices.Concat(set.parametersUsed(), r.d.defaultedParameters, r.undecidedDefaults)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		p := r.parameters[name]
		if p == nil {
			continue
		}
		a := AssumedParameter{Name: name, Secret: r.isSecret(name), File: r.d.file, Line: p.line, Column: p.column}
		switch {
		case p.fromSSM: // its default and its allowed values are names
			a.NoValue = true
		case len(p.allowedValues) > 1 && !r.hasChoices(p):
			a.NoValue = true
		case r.hasChoices(p):
			a.Values = p.allowedValues
			a.Tried, a.Partial = p.choices()
		case p.defaultValue == nil:
			a.NoValue = true
		case slices.Contains(r.undecidedDefaults, name):
			a.EveryBranch = true
		case a.Secret:
		default:
			a.Default = *p.defaultValue
		}
		all = append(all, a)
	}
	return all
}

// parametersUsed returns the names of the parameters in all template conditions
// of the set, sorted.
func (s *Set) parametersUsed() []string {
	var names []string
	add := func(branch []string) {
		for _, w := range branch {
			if name, _, ok := ParameterValues(w); ok {
				names = append(names, name)
			}
		}
	}
	document := func(d *Document) {
		if d == nil {
			return
		}
		for i := range d.Statements {
			add(d.Statements[i].When)
		}
	}
	for _, h := range slices.Concat(s.Principals, s.Boundaries) {
		add([]string{h.When})
		for _, when := range []map[string][][]string{h.AttachedWhen, h.GroupsWhen} {
			for _, branches := range when {
				for _, branch := range branches {
					add(branch)
				}
			}
		}
		for _, tag := range h.Tags {
			add(tag.When)
		}
		document(h.Trust)
		document(h.BoundaryPolicy)
		for _, p := range h.Policies {
			document(p.Document)
		}
	}
	for _, source := range s.CredentialSources {
		for _, p := range source.Principals {
			add(p.When)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// IsPseudo reports whether a name is the name of a pseudo parameter other than
// AWS::NoValue. Source: CloudFormation Template Reference, "Pseudo parameters
// reference".
func IsPseudo(name string) bool {
	return slices.Contains([]string{"AWS::AccountId", "AWS::NotificationARNs", "AWS::Partition", "AWS::Region", "AWS::StackId", "AWS::StackName", "AWS::URLSuffix"}, name)
}

// Place returns the position of the parameter: "FILE:LINE:COLUMN".
func (a AssumedParameter) Place() string {
	return strings.TrimSuffix(problem.Problem{File: a.File, Line: a.Line, Column: a.Column}.Error(), ": ")
}
