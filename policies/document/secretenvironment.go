// Secrets in the environment variables of functions, containers and builds.
//
// Source: CloudFormation Template Reference, the properties of each type.

package document

import (
	"regexp"
	"slices"

	"capaboot/internal/lazy"
)

// environments are the properties with environment variables, by resource type. Some
// are mappings, and some are lists of entries with Name and Value.
var environments = []secretProperty{
	{"AWS::Lambda::Function", "Environment.Variables"},
	{"AWS::Serverless::Function", "Environment.Variables"},
	{"AWS::ECS::TaskDefinition", "ContainerDefinitions.Environment"},
	{"AWS::Batch::JobDefinition", "ContainerProperties.Environment"},
	{"AWS::CodeBuild::Project", "Environment.EnvironmentVariables"},
	{"AWS::AppRunner::Service", "SourceConfiguration.ImageRepository.ImageConfiguration.RuntimeEnvironmentVariables"},
	{"AWS::Amplify::App", "EnvironmentVariables"},
	{"AWS::Amplify::Branch", "EnvironmentVariables"},
}

// readEnvironment records the environment variables of a resource that have the name of
// a secret and a value in clear text.
func (r *templateReader) readEnvironment(f field, t string) {
	for _, e := range environments {
		if e.resourceType != t {
			continue
		}
		var exposed []Secret
		for _, n := range e.values(f.value) {
			for _, variable := range environmentVariables(n) {
				for _, one := range r.exposedVariable(variable) {
					one.Line, one.Column = variable.line, variable.column
					one.IsVariable, one.Fields = true, []string{literal(variable.key)}
					exposed = appendExposure(exposed, one)
				}
			}
		}
		for _, one := range exposed {
			one.Type, one.LogicalID, one.Property, one.File = t, f.key, e.path, r.file
			r.secrets = append(r.secrets, one)
		}
	}
}

// environmentVariables returns the variables of a mapping, or of an entry of a
// list with Name and Value. It omits an entry whose Type is not PLAINTEXT,
// because the value of such an entry is a reference.
func environmentVariables(n *node) []field {
	name, value := n.get("Name"), n.get("Value")
	switch {
	case n == nil || n.kind != mappingNode:
		return nil
	case name == nil || value == nil:
		var all []field
		for _, f := range n.fields {
			for _, branch := range ifBranches(f.value) {
				all = append(all, field{key: f.key, value: branch, line: f.line, column: f.column})
			}
		}
		return all
	case !name.isScalar() || n.get("Type") != nil && n.get("Type").value != "PLAINTEXT":
		return nil
	}
	return []field{{key: name.value, value: value, line: value.line, column: value.column}}
}

// exposedVariable returns the ways in which the secret in an environment variable
// becomes visible.
func (r *templateReader) exposedVariable(variable field) []Secret {
	if !isSecretProperty(variable.key) {
		return nil
	}
	value := variable.value
	if value.isScalar() && cannotBeSecret(value.value) {
		return nil
	}
	return slices.DeleteFunc(r.exposures(value, true), func(s Secret) bool {
		return s.How != InTemplate && s.How != InDefault && s.How != InParameter || s.Partial
	})
}

// secretReference matches values that are not secrets: booleans, numbers, ARNs,
// addresses without a password, paths, and words with separators.
var secretReference = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(true|false|yes|no|none|null|[0-9]*|arn:.*|[a-z]+://[^@]*|[/.~].*|[a-z]+([-_/.:][a-z]+)+)$`)
}}

// cannotBeSecret reports whether the value of a variable is too simple for a secret, or
// only names a secret: an ARN, a path, an address without a password, or words with
// separators.
func cannotBeSecret(value string) bool {
	return len(value) < minSecretLength || secretReference.Get().MatchString(value)
}
