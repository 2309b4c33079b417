// Secrets in the environment variables of functions, containers and builds.
//
// Source: CloudFormation Template Reference, the properties of each type.

package document

import (
	"regexp"
	"slices"
	"strings"

	"capaboot/internal/lazy"
)

// environments are the properties with environment variables, by resource type.
var environments = []struct {
	secretProperty
	isMapping bool // of names to values; the others are lists of entries with Name and Value
}{
	{secretProperty{"AWS::Lambda::Function", "Environment.Variables"}, true},
	{secretProperty{"AWS::Serverless::Function", "Environment.Variables"}, true},
	{secretProperty{"AWS::Synthetics::Canary", "RunConfig.EnvironmentVariables"}, true},
	{secretProperty{"AWS::SageMaker::Model", "PrimaryContainer.Environment"}, true},
	{secretProperty{"AWS::SageMaker::Model", "Containers.Environment"}, true},
	{secretProperty{"AWS::ECS::TaskDefinition", "ContainerDefinitions.Environment"}, false},
	{secretProperty{"AWS::Batch::JobDefinition", "ContainerProperties.Environment"}, false},
	{secretProperty{"AWS::Batch::JobDefinition", "EcsProperties.TaskProperties.Containers.Environment"}, false},
	{secretProperty{"AWS::Batch::JobDefinition", "EksProperties.PodProperties.Containers.Env"}, false},
	{secretProperty{"AWS::Batch::JobDefinition", "EksProperties.PodProperties.InitContainers.Env"}, false},
	{secretProperty{"AWS::Batch::JobDefinition", "NodeProperties.NodeRangeProperties.Container.Environment"}, false},
	{secretProperty{"AWS::Batch::JobDefinition", "NodeProperties.NodeRangeProperties.EcsProperties.TaskProperties.Containers.Environment"}, false},
	{secretProperty{"AWS::CodeBuild::Project", "Environment.EnvironmentVariables"}, false},
	{secretProperty{"AWS::AppRunner::Service", "SourceConfiguration.ImageRepository.ImageConfiguration.RuntimeEnvironmentVariables"}, false},
	{secretProperty{"AWS::AppRunner::Service", "SourceConfiguration.CodeRepository.CodeConfiguration.CodeConfigurationValues.RuntimeEnvironmentVariables"}, false},
	{secretProperty{"AWS::Amplify::App", "EnvironmentVariables"}, false},
	{secretProperty{"AWS::Amplify::Branch", "EnvironmentVariables"}, false},
}

// readEnvironment records the environment variables of a resource that have the name of
// a secret and a value in clear text. For SAM, the variables include those in Globals.
func (r *templateReader) readEnvironment(f field, t string) {
	resource := f.value
	if strings.HasPrefix(t, "AWS::Serverless::") && r.writtenGlobals != nil {
		resource = mapping(f.value, "Properties", withGlobals(r.writtenGlobals, f.value, t))
	}
	for _, e := range environments {
		if e.resourceType != t {
			continue
		}
		var exposed []Secret
		for _, n := range e.values(resource) {
			variables := r.environmentEntry(n)
			if e.isMapping {
				variables = environmentVariables(n)
			}
			for _, variable := range variables {
				for _, one := range r.exposedVariable(variable) {
					one.Line, one.Column = variable.line, variable.column
					one.IsVariable, one.Fields = true, []string{variable.text()}
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

// environmentVariables returns the variables of a mapping of names to values.
func environmentVariables(n *node) (all []field) {
	if n == nil || n.kind != mappingNode {
		return nil
	}
	for _, f := range n.fields {
		for _, branch := range ifBranches(f.value) {
			all = append(all, field{key: f.key, value: branch, line: f.line, column: f.column})
		}
	}
	return all
}

// environmentEntry returns the variable of an entry with Name and Value, once for each
// value that it can have. It returns nil if the entry has a Type that is never
// PLAINTEXT, because the value is then a reference.
func (r *templateReader) environmentEntry(n *node) (all []field) {
	name, value, kind := n.get("Name"), n.get("Value"), n.get("Type")
	isPlain := func(kind *node) bool { return kind.isNoValue() || kind.isScalar() && kind.value == "PLAINTEXT" }
	if name == nil || value == nil || kind != nil && !slices.ContainsFunc(ifBranches(kind), isPlain) {
		return nil
	}
	for _, name := range ifBranches(name) {
		for _, value := range ifBranches(value) {
			f := field{key: name.value, value: value, line: value.line, column: value.column}
			if !name.isScalar() {
				f.key, f.hasUnknownKey = r.resolve(name).opaque(), true
			}
			all = append(all, f)
		}
	}
	return all
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

// nonSecretValue matches values that are not secrets: booleans, numbers, ARNs,
// addresses without a password, paths, and words with separators.
var nonSecretValue = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(true|false|yes|no|none|null|[0-9]*|arn:.*|[a-z]+://[^@]*|[/.~].*|[a-z]+([-_/.:][a-z]+)+)$`)
}}

// cannotBeSecret reports whether the value of a variable is too simple for a secret, or
// only names a secret: an ARN, a path, an address without a password, or words with
// separators.
func cannotBeSecret(value string) bool {
	return len(value) < minSecretLength || nonSecretValue.Get().MatchString(value)
}
