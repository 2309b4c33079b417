// Compares the tables of actions, resource types and condition keys with the
// authorization data.

package review

import (
	"slices"
	"testing"

	"capaboot/policies/authz"
)

func TestActionsExist(t *testing.T) {
	order, table := loadCredentials.Get()
	if len(table) != len(order) {
		t.Errorf("credentials.tsv has duplicates: %d rows, %d actions", len(order), len(table))
	}
	all := slices.Clone(order)
	for _, actions := range loadActions.Get() {
		all = append(all, actions...)
	}
	for _, name := range all {
		if a, ok := authz.Lookup(name); !ok || a.String() != name {
			t.Errorf("AWS has no action %s", name)
		}
	}
}

func TestTablesOfResourceTypesFitTheData(t *testing.T) {
	for _, row := range loadAlternatives.Get() {
		hasAction := slices.ContainsFunc(authz.Match(row.action), func(a *authz.Action) bool {
			return !slices.ContainsFunc(row.types, func(name string) bool { return a.Resource(name) == nil })
		})
		if !hasAction {
			t.Errorf("alternatives.tsv: no action %s has all of %v", row.action, row.types)
		}
	}
}
