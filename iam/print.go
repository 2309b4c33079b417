// Prints a configuration.

package iam

import (
	"bytes"
	"reflect"
	"strings"

	"capaboot/internal/render"
)

// Printed is a configuration as "print-config" prints it. Loading the output
// results in the same template. clusterawsadm generates this template too,
// unless the configuration has a field that clusterawsadm ignores.
type Printed struct {
	// Configuration has the version v1beta1, unless the bootstrap group has no
	// name, which only v1alpha1 supports.
	Configuration any
	// EKS is spec.eks if Configuration leaves it out, and otherwise nil.
	// Configuration leaves out spec.eks if the key alone would attach
	// AmazonEC2ContainerRegistryReadOnly to the nodes role. spec.eks then has
	// only defaults.
	EKS any
}

// Printed returns what to print for a configuration that has its defaults. The
// error comes from [render.Tree].
func (c *Configuration) Printed() (Printed, error) {
	printed := *c
	old := c.Spec.BootstrapUser.Enable && c.Spec.BootstrapUser.GroupName == ""
	if old {
		printed.APIVersion = V1Alpha1
	}
	tree, err := render.Tree(&printed)
	if err != nil {
		return Printed{}, err
	}
	if old {
		removeNewFields(tree, reflect.TypeFor[Configuration]())
	}
	if c.Spec.EKS.Disable || c.Spec.Nodes.EC2ContainerRegistryReadOnly {
		return Printed{Configuration: tree}, nil
	}
	spec := tree.(map[string]any)["spec"].(map[string]any)
	eks := spec["eks"]
	delete(spec, "eks")
	return Printed{tree, eks}, nil
}

// removeNewFields removes, from the output of [render.Tree] for a type, the
// fields that v1alpha1 does not have.
func removeNewFields(tree any, t reflect.Type) {
	object, ok := tree.(map[string]any)
	if !ok || t.Kind() != reflect.Struct {
		return
	}
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.Tag.Get("since") != "" {
			delete(object, name)
			continue
		}
		removeNewFields(object[name], field.Type)
	}
}

// SchemaFile is the name of the schema of the configuration, in docs/schemas.
const SchemaFile = "awsiamconfiguration.schema.json"

// schemaLine is the comment that tells editors which schema to use. Source:
// README of redhat-developer/yaml-language-server, "Using inlined schema".
const schemaLine = "# yaml-language-server: $schema=" + SchemaFile + "\n"

// Print renders a configuration that has its defaults. See [Printed.Format].
func (c *Configuration) Print(format string) ([]byte, error) {
	printed, err := c.Printed()
	if err != nil {
		return nil, err
	}
	return printed.Format(format)
}

// Format renders the configuration as JSON if format is "json", and otherwise
// as YAML, with [Printed.EKS] as a comment in the place of the field. The error
// comes from [render.YAML].
func (p Printed) Format(format string) ([]byte, error) {
	text, err := render.Format(format, p.Configuration)
	if err != nil || format == "json" {
		return text, err
	}
	if p.EKS == nil {
		return append([]byte(schemaLine), text...), nil
	}
	block, err := render.YAML(map[string]any{"eks": p.EKS})
	if err != nil {
		return nil, err
	}
	const next = "\n  eventBridge:" // the next field; always present
	comment := "\n  # If the key eks is present and EKS is enabled, the nodes role gets AmazonEC2ContainerRegistryReadOnly.\n" +
		"  # If the key eks is absent, these defaults apply:\n"
	for line := range strings.Lines(string(block)) {
		comment += "  # " + line
	}
	before, after, _ := bytes.Cut(text, []byte(next))
	return []byte(schemaLine + string(before) + strings.TrimSuffix(comment, "\n") + next + string(after)), nil
}
