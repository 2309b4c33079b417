// The policy templates of SAM: policies that a template names, with parameters, and that
// SAM writes into the role of a function or a state machine.
//
// Sources: AWS SAM Developer Guide, "AWS SAM policy template list";
// samtranslator/policy_templates_data/policy_templates.json in
// https://github.com/aws/serverless-application-model (release 1.110.0).

package document

import (
	_ "embed"
	"slices"

	"capaboot/internal/lazy"
)

//go:embed serverlesstemplates.json
var policyTemplatesJSON string

// policyTemplates has the policy templates by name, each with the names of its
// Parameters and its Statement.
var policyTemplates = lazy.Value[map[string]*node]{Make: func() map[string]*node {
	root, err := readJSON("serverlesstemplates.json", []byte(policyTemplatesJSON))
	if err != nil {
		panic(err) // the file is embedded, and a test reads it
	}
	templates := make(map[string]*node, len(root.fields))
	for _, f := range root.fields {
		templates[f.key] = f.value
	}
	return templates
}}

// policyTemplate returns the document that SAM writes for a policy template with
// arguments. It returns nil if SAM has no template with this name, or if an argument is
// missing: then SAM refuses the template.
func policyTemplate(name string, arguments *node) *node {
	template := policyTemplates.Get()[name]
	if template == nil {
		return nil
	}
	for _, parameter := range template.get("Parameters").items {
		if value := arguments.get(parameter.value); value == nil || value.isNoValue() {
			return nil
		}
	}
	doc := mapping(arguments, "Version", textAt(arguments, "2012-10-17"))
	doc.fields = append(doc.fields, field{key: "Statement", value: withArguments(template.get("Statement"), arguments), line: arguments.line, column: arguments.column})
	return doc
}

// withArguments returns a copy of a part of a policy template in which the arguments
// replace the references to parameters. The nodes of the copy have the line and column
// of the arguments.
func withArguments(n, arguments *node) *node {
	if parameter := n.refTarget(); parameter != "" {
		if value := arguments.get(parameter); value != nil {
			return value
		}
	}
	c := *n
	c.line, c.column = arguments.line, arguments.column
	c.fields, c.items = slices.Clone(n.fields), slices.Clone(n.items)
	for i := range c.fields {
		c.fields[i].value = withArguments(c.fields[i].value, arguments)
		c.fields[i].line, c.fields[i].column = arguments.line, arguments.column
	}
	for i := range c.items {
		c.items[i] = withArguments(c.items[i], arguments)
	}
	return &c
}
