// Secrets that a template contains or shows in clear text: passwords of users, the
// values of Secrets Manager secrets, and secret access keys in outputs. The values
// are never kept.
//
// Sources: CloudFormation User Guide, "Get values stored in other services using
// dynamic references", "CloudFormation template Parameters syntax" (NoEcho),
// "CloudFormation template Outputs syntax" and "Get exported outputs from a deployed
// CloudFormation stack".

package document

import (
	"cmp"
	"slices"
	"strings"
)

// ClearText says how a secret becomes visible.
type ClearText string

// The ways in which a secret becomes visible.
const (
	InTemplate       ClearText = "in the template"                 // as a value or in a mapping
	InDefault        ClearText = "in the default of a parameter"   // with or without NoEcho
	InParameter      ClearText = "in a parameter without NoEcho"   // CloudFormation shows its value
	InSystemsManager ClearText = "in Systems Manager, unencrypted" // the type String, not SecureString
	InExport         ClearText = "in the export of a stack"
	InOutput         ClearText = "in an output of the stack"
)

// Secret is a secret of a template that is visible in clear text.
type Secret struct {
	// Type and LogicalID identify the resource, and Property is the path of the
	// property: "LoginProfile.Password". For an output, Type is "Outputs", and
	// LogicalID is the name of the output.
	Type, LogicalID, Property string
	// Name is the name of the user that has the password, or "".
	Name string
	How  ClearText
	// Parameter is the name of the parameter, or "".
	Parameter    string
	File         string
	Line, Column int
}

// secretProperties are the properties with secrets, by resource type. Source:
// CloudFormation Template Reference, "AWS resource and property types reference".
var secretProperties = []struct {
	resourceType string
	path         []string
}{
	{"AWS::IAM::User", []string{"LoginProfile", "Password"}},
	{"AWS::SecretsManager::Secret", []string{"SecretString"}},
	{"AWS::RDS::DBInstance", []string{"MasterUserPassword"}},
	{"AWS::RDS::DBCluster", []string{"MasterUserPassword"}},
	{"AWS::DocDB::DBCluster", []string{"MasterUserPassword"}},
	{"AWS::Redshift::Cluster", []string{"MasterUserPassword"}},
	{"AWS::ElastiCache::ReplicationGroup", []string{"AuthToken"}},
	{"AWS::DirectoryService::MicrosoftAD", []string{"Password"}},
	{"AWS::DirectoryService::SimpleAD", []string{"Password"}},
}

// readSecrets records the secrets of a resource that are visible in clear text. The
// intrinsic functions of the resource are not resolved.
func (r *templateReader) readSecrets(f field, t string) {
	for _, p := range secretProperties {
		if p.resourceType != t {
			continue
		}
		// A property or one of its parents can be an Fn::If.
		values := []*node{f.value.get("Properties")}
		for _, name := range p.path {
			var next []*node
			for _, n := range values {
				for _, branch := range ifBranches(n) {
					next = append(next, branch.get(name))
				}
			}
			values = next
		}
		for _, value := range values {
			if value == nil {
				continue
			}
			exposed, ok := r.exposure(value, 0)
			if !ok {
				continue
			}
			exposed.Type, exposed.LogicalID, exposed.Property = t, f.key, strings.Join(p.path, ".")
			exposed.File, exposed.Line, exposed.Column = r.file, value.line, value.column
			if user := f.value.get("Properties").get("UserName"); t == "AWS::IAM::User" {
				exposed.Name = f.key
				if user.isScalar() {
					exposed.Name = literal(user.value)
				}
			}
			r.secrets = append(r.secrets, exposed)
			break
		}
	}
}

// ifBranches returns the branches of an Fn::If, or the node itself.
func ifBranches(n *node) []*node {
	if name, argument, ok := n.intrinsic(); ok && name == "If" && argument != nil && argument.kind == listNode && len(argument.items) == 3 {
		return slices.Concat(ifBranches(argument.items[1]), ifBranches(argument.items[2]))
	}
	return []*node{n}
}

// exposure says how the value of a secret becomes visible. ok is false if it does
// not, or if that is unknown.
func (r *templateReader) exposure(n *node, depth int) (s Secret, ok bool) {
	name, argument, isFunction := n.intrinsic()
	switch {
	case n == nil || depth > maxDepth || n.isNoValue():
		return Secret{}, false
	case !isFunction:
		if n.isScalar() {
			return textExposure(n.value)
		}
		return r.exposureOfAll(slices.Concat(n.items, fieldValues(n)), depth)
	case name == "Ref" && argument.kind == textNode:
		return r.refExposure(argument.value)
	case name == "If" && argument.kind == listNode && len(argument.items) == 3:
		for _, item := range argument.items[1:] {
			if s, ok = r.exposure(item, depth+1); ok {
				return s, true
			}
		}
		return Secret{}, false
	case name == "FindInMap":
		return Secret{How: InTemplate}, true // CloudFormation resolves no dynamic reference in a mapping
	case name == "ImportValue":
		return Secret{How: InExport}, true
	case name == "Sub":
		return r.subExposure(argument, depth)
	case name == "Join" && argument.kind == listNode && len(argument.items) == 2:
		return r.exposure(argument.items[1], depth+1)
	case name == "Base64", name == "ToJsonString":
		return r.exposure(argument, depth+1)
	case name == "Split" && argument.kind == listNode && len(argument.items) == 2, name == "Select" && argument.kind == listNode && len(argument.items) == 2:
		return r.exposure(argument.items[1], depth+1)
	}
	return Secret{}, false
}

func fieldValues(n *node) (values []*node) {
	for _, f := range n.fields {
		values = append(values, f.value)
	}
	return values
}

// exposureOfAll says how a value becomes visible that consists of several parts. It
// does not become visible if one of its parts does not.
func (r *templateReader) exposureOfAll(parts []*node, depth int) (s Secret, ok bool) {
	for _, part := range parts {
		if part.isScalar() && part.value == "" {
			continue
		}
		one, visible := r.exposure(part, depth+1)
		if !visible {
			return Secret{}, false
		}
		// A parameter says more than the text around it.
		if s.How == "" || s.Parameter == "" && one.How != InTemplate {
			s, ok = one, true
		}
	}
	return s, ok
}

func (r *templateReader) subExposure(argument *node, depth int) (Secret, bool) {
	text, variables := argument, (*node)(nil)
	if argument.kind == listNode && len(argument.items) == 2 {
		text, variables = argument.items[0], argument.items[1]
	}
	if text.kind != textNode {
		return Secret{}, false
	}
	var parts []*node
	for rest := text.value; ; {
		before, after, found := strings.Cut(rest, "${")
		parts = append(parts, textAt(text, before))
		name, next, closed := strings.Cut(after, "}")
		if !found || !closed {
			break
		}
		rest = next
		switch value := variables.get(name); {
		case strings.HasPrefix(name, "!"):
			parts = append(parts, textAt(text, name))
		case value != nil:
			parts = append(parts, value)
		case strings.Contains(name, "."):
			return Secret{}, false // an attribute of a resource
		default:
			parts = append(parts, mapping(text, "Ref", textAt(text, strings.TrimSpace(name))))
		}
	}
	return r.exposureOfAll(parts, depth)
}

// refExposure says how the value of a Ref becomes visible.
func (r *templateReader) refExposure(name string) (Secret, bool) {
	p := r.parameters[name]
	switch {
	case p == nil && IsPseudo(name):
		return Secret{How: InTemplate}, true
	case p == nil:
		return Secret{}, false // a resource
	case p.fromSSM:
		return Secret{How: InSystemsManager, Parameter: name}, true
	}
	if p.defaultValue != nil {
		if s, visible := textExposure(*p.defaultValue); visible {
			s.Parameter = name
			if s.How == InTemplate {
				s.How = InDefault
			}
			return s, true
		}
		if strings.Contains(*p.defaultValue, "{{resolve:") {
			return Secret{}, false // the value is a reference, not the secret
		}
	}
	if !p.secret {
		return Secret{How: InParameter, Parameter: name}, true
	}
	return Secret{}, false
}

// textExposure says how a text becomes visible that can contain dynamic references.
func textExposure(text string) (Secret, bool) {
	switch {
	case text == "", strings.Contains(text, "{{resolve:ssm-secure:"), strings.Contains(text, "{{resolve:secretsmanager:"):
		return Secret{}, false
	case strings.Contains(text, "{{resolve:ssm:"):
		return Secret{How: InSystemsManager}, true
	case strings.Contains(text, "{{resolve:"):
		return Secret{}, false
	}
	return Secret{How: InTemplate}, true
}

// readOutputs records the outputs that show the secret of an access key. Anyone who
// can describe the stack can read its outputs.
func (r *templateReader) readOutputs(root *node) {
	outputs := root.get("Outputs")
	if outputs == nil {
		return
	}
	isKey := func(id string) bool {
		t := r.resolver.resources.get(id).get("Type")
		return t != nil && t.value == "AWS::IAM::AccessKey"
	}
	showsKey := func(n *node) bool {
		text := n.argumentText(false)
		for {
			_, after, found := strings.Cut(text, "${GetAtt:")
			if !found {
				return false
			}
			id, _, isSecret := strings.Cut(after, ".SecretAccessKey}")
			if isSecret && isKey(id) {
				return true
			}
			text = after
		}
	}
	for _, f := range outputs.fields {
		if value := f.value.get("Value"); value != nil && showsKey(value) {
			r.secrets = append(r.secrets, Secret{Type: "Outputs", LogicalID: f.key, Property: "Value", How: InOutput, File: r.file, Line: cmp.Or(value.line, f.line), Column: cmp.Or(value.column, f.column)})
		}
	}
}
