// Secrets that a template contains or shows in clear text, such as passwords, the
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
	InTemplate       ClearText = "in the template"               // in the property, or in the section Mappings
	InDefault        ClearText = "in the default of a parameter" // with or without NoEcho
	InAllowedValues  ClearText = "in the allowed values of a parameter"
	InParameter      ClearText = "in a parameter without NoEcho"   // CloudFormation shows its value
	InSystemsManager ClearText = "in Systems Manager, unencrypted" // the type String, not SecureString
	InExport         ClearText = "in the export of a stack"
	InOtherOutput    ClearText = "in an output of another stack"
	InOutput         ClearText = "in an output of the stack"
	InStoredText     ClearText = "in a Systems Manager parameter of type String"
)

// Secret is a secret of a template that is visible in clear text.
type Secret struct {
	// Type and LogicalID identify the resource, and Property is the path of the
	// property: "LoginProfile.Password". For an output, Type is "Outputs", and
	// LogicalID is the name of the output.
	Type, LogicalID, Property string
	// Name is the name of the IAM user that has the password, or the logical ID of
	// the user; "" for every other secret.
	Name string
	How  ClearText
	// Parameter is the name of the parameter, or "".
	Parameter string
	// Fields has the fields of the property that are secret, if the property is a text
	// with fields, such as JSON.
	Fields []string
	// IsVariable is true for environment variables, which Fields names.
	IsVariable bool
	// Partial is true for a text in the template that is only a part of the secret.
	Partial      bool
	File         string
	Line, Column int

	length int // of the text in the template, in bytes
}

// readSecrets records the secrets of a resource that are visible in clear text: each
// property once for every way in which it becomes visible. The intrinsic functions of
// the resource are not resolved.
func (r *templateReader) readSecrets(f field, t string) {
	r.readStoredText(f, t)
	r.readEnvironment(f, t)
	for _, p := range secretProperties {
		if p.resourceType != t {
			continue
		}
		var exposed []Secret
		for _, value := range p.values(f.value) {
			for _, one := range r.exposures(value, t == "AWS::SecretsManager::Secret") {
				one.Line, one.Column = value.line, value.column
				exposed = appendExposure(exposed, one)
			}
		}
		for _, one := range exposed {
			one.Type, one.LogicalID, one.Property, one.File = t, f.key, p.path, r.file
			if user := f.value.get("Properties").get("UserName"); t == "AWS::IAM::User" {
				one.Name = f.key
				if user.isScalar() {
					one.Name = literal(user.value)
				}
			}
			r.secrets = append(r.secrets, one)
		}
	}
}

// readOutputs records the outputs that show the secret of an access key or a parameter
// with NoEcho. Anyone who can describe the stack can read its outputs: NoEcho does not
// hide the value there.
func (r *templateReader) readOutputs(root *node) {
	outputs := root.get("Outputs")
	if outputs == nil {
		return
	}
	for _, f := range outputs.fields {
		value := f.value.get("Value")
		if value == nil {
			continue
		}
		for _, parameter := range r.secretsShown(value) {
			r.secrets = append(r.secrets, Secret{Type: "Outputs", LogicalID: f.key, Property: "Value", How: InOutput, Parameter: parameter, File: r.file, Line: cmp.Or(value.line, f.line), Column: cmp.Or(value.column, f.column)})
		}
	}
}

// readStoredText records a parameter of Systems Manager that stores one of these without
// encryption: the secret of an access key, or the value of a template parameter with
// NoEcho. CloudFormation cannot create a parameter of the type SecureString. Source:
// CloudFormation Template Reference, "AWS::SSM::Parameter".
func (r *templateReader) readStoredText(f field, t string) {
	if t != "AWS::SSM::Parameter" {
		return
	}
	for _, value := range (secretProperty{t, "Value"}).values(f.value) {
		for _, parameter := range r.secretsShown(value) {
			r.secrets = append(r.secrets, Secret{Type: t, LogicalID: f.key, Property: "Value", How: InStoredText, Parameter: parameter, File: r.file, Line: value.line, Column: value.column})
		}
	}
}

// secretsShown returns the names of the parameters with NoEcho whose values are
// in a value, whatever the names of its fields. The list has "" if the value
// contains the secret of an access key.
func (r *templateReader) secretsShown(value *node) (all []string) {
	isKey := func(id string) bool {
		t := r.allResources.get(id).get("Type")
		return t != nil && t.value == "AWS::IAM::AccessKey"
	}
	found := map[string]bool{}
	text := value.argumentText(false)
	for _, after := range strings.Split(text, "${")[1:] {
		if id, isSecret := strings.CutPrefix(after, "GetAtt:"); isSecret {
			id, _, isSecret = strings.Cut(id, ".SecretAccessKey}")
			found[""] = found[""] || isSecret && isKey(id)
		}
	}
	shown := map[string]bool{}
	uses := &parameterUses{resolver: r.resolver, everyField: true}
	uses.addText(shown, value)
	for name := range shown {
		if p := r.parameters[name]; p != nil && p.noEcho {
			found[name] = true
		}
	}
	for name, isFound := range found {
		if isFound {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}
