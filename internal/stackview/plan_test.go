// Tests how the changes of a change set become those of a plan.

package stackview

import (
	"testing"

	"capaboot/cfnstack"
)

// A change set can leave out the values of a property that it adds.
func TestAddedProperty(t *testing.T) {
	t.Parallel()
	for change, want := range map[string]bool{"Add": true, "Modify": false, "Remove": false, "": false} {
		c := newChange(cfnstack.Change{Action: "Modify", LogicalID: "R", Properties: []cfnstack.PropertyChange{{Name: "PermissionsBoundary", Change: change}}})
		if len(c.Properties) != 1 || c.Properties[0].Added != want {
			t.Errorf("%q: %+v", change, c.Properties)
		}
	}
}
