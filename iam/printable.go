// Printing a configuration.

package iam

import (
	"reflect"
	"strings"

	"capaboot/internal/render"
)

// Printable returns the configuration as "print-config" prints it: one that
// gives the same template when it is loaded. It is v1beta1, but for an unnamed
// bootstrap group, which only v1alpha1 has. The error is [render.Tree]'s.
func (c *Configuration) Printable() (any, error) {
	if !c.Spec.BootstrapUser.Enable || c.Spec.BootstrapUser.GroupName != "" {
		return c, nil
	}
	old := *c
	old.APIVersion = V1Alpha1
	tree, err := render.Tree(&old)
	removeNewFields(tree, reflect.TypeFor[Configuration]())
	return tree, err
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
