// Tests that the rows of undocumented.tsv fit the data, and count.

package authz

import "testing"

func TestUndocumentedResources(t *testing.T) {
	for _, rows := range loadUndocumented() {
		for _, row := range rows {
			actions := Match(row.action)
			if len(actions) == 0 {
				t.Errorf("undocumented.tsv: AWS has no action %s", row.action)
			}
			for _, a := range actions {
				a.Undocumented() // panics for a type that the service lacks
			}
		}
	}
	create, _ := Lookup("eks:CreateCluster")
	for resource, want := range map[string]bool{
		"*": true, "arn:aws:eks:eu-west-1:111122223333:cluster/c": true, "arn:*:eks:*:*:cluster/*": true,
		"arn:aws:eks:eu-west-1:111122223333:nodegroup/c/n/1": false, "": false,
	} {
		if got := create.Allows(resource); got != want {
			t.Errorf("eks:CreateCluster on %q: %t, want %t", resource, got, want)
		}
	}
}
