// The settings of a configuration, for packages that do not generate templates.

package iam

import "capaboot/policies/catalog"

// Settings returns the values of the fields that the gates and placeholders of
// the catalogue name. The configuration must have its defaults ([Load],
// [Default]).
func (c *Configuration) Settings() catalog.Settings { return c.Spec.catalogSettings() }
