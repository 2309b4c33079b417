// Printing a configuration.

package iam

import (
	"bytes"
	"reflect"
	"strings"

	"capaboot/internal/render"
)

// Printed is a configuration as "print-config" prints it: one that gives the same
// template when it is loaded, here and in clusterawsadm.
type Printed struct {
	// Configuration is v1beta1, except for an unnamed bootstrap group, which only
	// v1alpha1 has.
	Configuration any
	// EKS is spec.eks where Configuration has none, since its key alone would
	// attach AmazonEC2ContainerRegistryReadOnly to the nodes role. All of it are
	// defaults then. Else nil.
	EKS any
}

// Printed returns what to print of a configuration that has its defaults. The
// error is [render.Tree]'s.
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

// removeNewFields removes, from what [render.Tree] made of a struct, the fields
// that v1alpha1 does not have.
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

// SchemaFile is the name of the file with the schema of a configuration; docs/schemas
// has it.
const SchemaFile = "awsiamconfiguration.schema.json"

// schemaLine is the comment that editors read.
// Source: README of redhat-developer/yaml-language-server, "Using inlined schema".
const schemaLine = "# yaml-language-server: $schema=" + SchemaFile + "\n"

// Print writes a configuration that has its defaults as [Printed.Format] does.
func (c *Configuration) Print(format string) ([]byte, error) {
	printed, err := c.Printed()
	if err != nil {
		return nil, err
	}
	return printed.Format(format)
}

// Format writes the configuration as "json" or else YAML, with [Printed.EKS] as a
// comment where the field belongs. The error is that of [render.YAML].
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
	const next = "\n  eventBridge:" // the field after it, which is always there
	comment := "\n  # The key eks alone attaches AmazonEC2ContainerRegistryReadOnly to the nodes role, in clusterawsadm too.\n" +
		"  # Without it, these hold:\n"
	for line := range strings.Lines(string(block)) {
		comment += "  # " + line
	}
	before, after, _ := bytes.Cut(text, []byte(next))
	return []byte(schemaLine + string(before) + strings.TrimSuffix(comment, "\n") + next + string(after)), nil
}
