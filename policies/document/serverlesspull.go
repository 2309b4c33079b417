// The policies that SAM writes into the role of a function for an event source that
// Lambda polls.
//
// Source: samtranslator/model/eventsources/pull.py in
// https://github.com/aws/serverless-application-model.

package document

import (
	_ "embed"

	"capaboot/internal/lazy"
)

//go:embed serverlessevents.json
var pullPoliciesJSON string

// pullPolicies has the policies by the type of the event. Ref, If and Needs name values:
// properties of the event, or the URIs of its source access configurations by their
// types. SAM writes a statement with If only if the event has the value, and refuses the
// template if the event lacks a value in Needs.
var pullPolicies = lazy.Value[map[string]*node]{Make: func() map[string]*node {
	root, err := readJSON("serverlessevents.json", []byte(pullPoliciesJSON))
	if err != nil {
		panic(err) // the file is embedded, and a test reads it
	}
	policies := make(map[string]*node, len(root.fields))
	for _, f := range root.fields {
		policies[f.key] = f.value
	}
	return policies
}}

// pullStatements returns the statements that SAM writes for an event. ok is false if
// the template does not determine them.
func pullStatements(t string, properties *node) (statements []*node, ok bool) {
	policy := pullPolicies.Get()[t]
	if policy == nil {
		return nil, true
	}
	values, ok := pullValues(properties)
	if !ok {
		return nil, false
	}
	for _, name := range policy.get("Needs").items {
		if values.get(name.value) == nil {
			return nil, false
		}
	}
	for _, s := range policy.get("Statement").items {
		if condition := s.get("If"); condition != nil && values.get(condition.value) == nil {
			continue
		}
		statement := mapping(values, "Effect", textAt(values, string(Allow)))
		for _, f := range s.fields {
			if f.key != "If" {
				statement.fields = append(statement.fields, field{key: f.key, value: withArguments(f.value, values), line: values.line, column: values.column})
			}
		}
		statements = append(statements, statement)
	}
	return statements, true
}

// pullValues returns the properties of an event, and the URIs of its source access
// configurations by their types.
func pullValues(properties *node) (values *node, ok bool) {
	if properties == nil || properties.kind != mappingNode {
		return nil, false
	}
	if _, _, isFunction := properties.intrinsic(); isFunction {
		return nil, false
	}
	copied := *properties
	copied.fields = nil
	for _, f := range properties.fields {
		if !f.value.isNoValue() {
			copied.fields = append(copied.fields, f)
		}
	}
	configurations := copied.get("SourceAccessConfigurations")
	if configurations == nil {
		return &copied, true
	}
	if _, isChoice := configurations.choice(); isChoice || configurations.kind != listNode {
		return nil, false
	}
	for _, item := range configurations.items {
		t, uri := item.get("Type"), item.get("URI")
		if _, isChoice := item.choice(); isChoice || t == nil || t.kind != textNode || uri == nil {
			return nil, false
		}
		copied.fields = append(copied.fields, field{key: t.value, value: uri, line: item.line, column: item.column})
	}
	return &copied, true
}
