// Tests of regions that may be newer than the list.

package arn

import (
	"slices"
	"strings"
	"testing"

	"capaboot/policies/arn/regions"
)

func TestMayBeNewRegion(t *testing.T) {
	for _, test := range []struct {
		name    string
		want    bool
		similar string // some of the similar regions
	}{
		{"ap-southeast-8", true, "ap-southeast-7 ap-southeast-1 ap-east-1"},
		{"ap-southeast-10", true, "ap-southeast-1"},
		{"eu-east-1", true, "eu-west-1 eu-north-1"},
		{"us-west-3", true, "us-west-1 us-west-2 us-east-1"},
		{"us-southwest-1", true, "us-west-1"},
		{"us-gov-west-2", true, "us-gov-west-1 us-gov-east-1"},
		{"us-iso-east-2", true, "us-iso-east-1"},
		{"cn-south-1", true, "cn-north-1"},
		{"eusc-de-west-1", true, "eusc-de-east-1"},
		{"sa-central-1", true, "sa-east-1 ca-central-1"},

		{"eu-west-1", false, ""},      // in the list
		{"us-eats-1", false, ""},      // no direction
		{"eu-west-11", false, ""},     // not one of the next numbers
		{"eu-west-0", false, ""},      // below the first number
		{"eu-east-01", false, ""},     // AWS writes no zero
		{"eu-east-4", false, ""},      // eu-east has no region, so its next numbers are 1 to 3
		{"nz-north-1", false, ""},     // no partition has this prefix
		{"eusc-fr-east-1", false, ""}, // a country of no partition
		{"us-gov-iso-east-1", false, ""},
		{"EU-east-1", false, ""},
		{"eu-east-1a", false, ""},
		{"eu-east-", false, ""},
		{"eu-east", false, ""},
		{"east-1", false, ""},
		{"", false, ""},
		{strings.Repeat("eu-", 1000) + "east-1", false, ""},
	} {
		similar, got := MayBeNewRegion(test.name)
		if got != test.want || got && len(similar) == 0 || !got && similar != nil {
			t.Errorf("%.40q: %v, similar %q", test.name, got, similar)
		}
		for region := range strings.FieldsSeq(test.similar) {
			if !slices.Contains(similar, region) {
				t.Errorf("%s: similar %q lacks %s", test.name, similar, region)
			}
		}
	}
}

// MayBeNewRegion relies on how AWS names regions: with a direction, and with numbers
// that have no gaps.
func TestNamesOfTheListedRegions(t *testing.T) {
	for _, r := range regions.All() {
		area, direction, number := splitRegion(r.Name)
		if !slices.Contains(directions[:], direction) {
			t.Errorf("%s: %s is not in directions", r.Name, direction)
		}
		if previous := area + "-" + direction + "-" + string(rune('0'+number-1)); number == 0 || number > 9 || number > 1 && !regions.IsKnown(previous) {
			t.Errorf("%s: no region %s", r.Name, previous)
		}
	}
}
