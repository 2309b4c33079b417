// Resources that AWS checks, but that the Service Authorization Reference does
// not list.

package authz

import (
	_ "embed"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/internal/table"
	"capaboot/policies/document"
)

//go:embed undocumented.tsv
var undocumentedTSV string

// undocumentedResource is a row of undocumented.tsv. If action has wildcards, the row
// applies only to matching actions that have documented resource types. resource is the
// name of a resource type of the service, or an ARN pattern.
type undocumentedResource struct{ action, resource string }

// loadUndocumented returns the rows by service. The rows keep the names of
// resource types, so that a lookup decodes only the service of its action.
var loadUndocumented = lazy.Value[map[string][]undocumentedResource]{Make: func() map[string][]undocumentedResource {
	rows := map[string][]undocumentedResource{}
	for _, row := range table.Rows("undocumented.tsv", undocumentedTSV, 3) {
		service, _, _ := strings.Cut(row[0], ":")
		rows[service] = append(rows[service], undocumentedResource{row[0], row[1]})
	}
	return rows
}}

// UndocumentedTypes returns the resource types that AWS checks for the action, but
// that the Service Authorization Reference does not list for it.
func (a *Action) UndocumentedTypes() []*ResourceType {
	var types []*ResourceType
	for _, row := range loadUndocumented.Get()[a.Service] {
		hasWildcard := strings.Contains(row.action, "*")
		if hasWildcard && len(a.Resources) == 0 || !document.Match(row.action, a.String(), true) {
			continue
		}
		if strings.Contains(row.resource, ":") {
			types = append(types, &ResourceType{Name: row.resource, ARNPatterns: []string{row.resource}})
			continue
		}
		s, _ := ForPrefix(a.Service)
		t, ok := s.ResourceType(row.resource)
		if !ok {
			panic("undocumented.tsv: " + a.Service + " has no resource type " + row.resource)
		}
		types = append(types, t)
	}
	return types
}
