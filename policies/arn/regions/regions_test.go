// Tests of the table of regions.

package regions

import "testing"

func TestIsKnown(t *testing.T) {
	for _, r := range All() {
		if !IsKnown(r.Name) || IsKnown(r.Partition) || IsKnown(r.Place) || IsKnown(r.Name[1:]) {
			t.Errorf("%+v", r)
		}
	}
	if len(All()) < 40 || IsKnown("") || IsKnown("eu-west") {
		t.Errorf("%d regions", len(All()))
	}
}
