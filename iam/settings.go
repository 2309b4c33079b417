// What a configuration has on, for packages that are not about generating.

package iam

import "capaboot/policies/catalog"

// Settings returns the fields that the catalogue's gates and placeholders
// name. The configuration must have its defaults ([Load], [Default]).
func (c *Configuration) Settings() catalog.Settings { return c.Spec.settings() }
