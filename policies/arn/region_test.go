// Tests of checking region names, and of the region that was probably meant.

package arn

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"capaboot/policies/arn/regions"
)

func TestCheckRegion(t *testing.T) {
	const (
		zone           = "is a zone, not a region"
		zoneID         = "is the ID of a zone, not a region"
		wholePartition = "is a whole partition, not a region"
		unknown        = "is not a known region"
	)
	for _, test := range []struct{ name, text, want string }{
		{"eu-west-1", "", ""},
		{"us-gov-west-1", "", ""},
		{"cn-northwest-1", "", ""},
		{"us-isob-east-1", "", ""},
		{"eusc-de-east-1", "", ""},

		{"eu-west-1a", zone, "eu-west-1"},
		{"us-gov-west-1b", zone, "us-gov-west-1"},
		{"cn-north-1a", zone, "cn-north-1"},
		{"eusc-de-east-1a", zone, "eusc-de-east-1"},
		{"us-west-2-lax-1a", zone, "us-west-2"},
		{"us-west-2-lax-1", zone, "us-west-2"},
		{"us-east-1-wl1-bos-wlz-1", zone, "us-east-1"},
		{"EU-WEST-1A", zone, "eu-west-1"},
		{"eu-wset-1a", zone, "eu-west-1"},
		{"use1-az1", zoneID, "us-east-1"},
		{"apne2-az3", zoneID, "ap-northeast-2"},
		{"usgw1-az1", zoneID, "us-gov-west-1"},
		{"usw2-lax1-az1", zoneID, "us-west-2"},

		{"global", wholePartition, "us-east-1"},
		{"aws-global", wholePartition, "us-east-1"},
		{"aws-cn-global", wholePartition, "cn-north-1"},
		{"aws-us-gov-global", wholePartition, "us-gov-west-1"},
		{"aws-iso-e-global", wholePartition, "eu-isoe-west-1"},
		{"aws", wholePartition, "us-east-1"},

		{"EU-West-1", notARegion, "eu-west-1"},
		{"us_east_1", notARegion, "us-east-1"},
		{" eu-west-1", notARegion, "eu-west-1"},
		{"eu-west-1\n", notARegion, "eu-west-1"},
		{"eu west 1", notARegion, "eu-west-1"},
		{"\"eu-west-1\"", notARegion, "eu-west-1"},
		{"useast1", notARegion, "us-east-1"},
		{"us-east1", notARegion, "us-east-1"},
		{"us-east", notARegion, "us-east-1"},
		{"us-gov", notARegion, "us-gov-west-1"},
		{"cn", notARegion, "cn-north-1"},
		{"euw1", notARegion, "eu-west-1"},
		{"fips-us-west-2", notARegion, "us-west-2"},
		{"us-gov-west-1-fips", notARegion, "us-gov-west-1"},
		{"Ireland", notARegion, "eu-west-1"},
		{"Europe (Frankfurt)", notARegion, "eu-central-1"},
		{"virginia", notARegion, "us-east-1"},
		{"üs-east-1", notARegion, "us-east-1"},
		{"eu-west-1\u200b", notARegion, "eu-west-1"},
		{"x", notARegion, ""},
		{"localhost", notARegion, ""},
		{"", notARegion, ""},
		{strings.Repeat("eu-west-1", 1000), notARegion, ""},

		{"eu-west-9", unknown, "eu-west-1"},
		{"us-esat-1", unknown, "us-east-1"},
		{"us-gov-north-1", unknown, "us-gov-east-1"},
		{"nz-north-1", unknown, "eu-north-1"},
		{"zebra-crossing-1", unknown, ""},
	} {
		fault := CheckRegion(test.name)
		switch {
		case fault == nil && test.text != "":
			t.Errorf("%.40q is accepted as a region", test.name)
		case fault != nil && (fault.Text != test.text || fault.Meant != test.want || fault.Unknown != (test.text == unknown)):
			t.Errorf("%.40q: got %+v, want %q and %q", test.name, *fault, test.text, test.want)
		}
	}
}

func TestPartitionOfEveryRegion(t *testing.T) {
	if len(Regions()) < 40 {
		t.Fatalf("%d regions", len(Regions()))
	}
	for _, r := range regions.All() {
		if partition, known := PartitionOf(r.Name); partition != r.Partition || !known || !regionShape.Get().MatchString(r.Name) {
			t.Errorf("%s of %s: PartitionOf says %s, %v", r.Name, r.Partition, partition, known)
		}
	}
}

// TestRegionsOfTheSDK fails when the module requires an SDK with other regions.
// In that case, regenerate regions/regions.tsv.
func TestRegionsOfTheSDK(t *testing.T) {
	folder, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2").Output()
	if err != nil {
		t.Skipf("the go command does not say where the SDK is: %v", err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(folder)), "internal/endpoints/awsrulesfn/partitions.json"))
	if err != nil {
		t.Skipf("the SDK has its partitions elsewhere: %v", err)
	}
	var sdk struct {
		Partitions []struct {
			ID      string
			Regions map[string]struct{ Description string }
		}
	}
	if err := json.Unmarshal(text, &sdk); err != nil {
		t.Fatal(err)
	}
	var want, got []regions.Region
	for _, p := range sdk.Partitions {
		for name, r := range p.Regions {
			if !strings.HasSuffix(name, "-global") {
				want = append(want, regions.Region{Partition: p.ID, Name: name, Place: r.Description})
			}
		}
	}
	got = slices.Clone(regions.All())
	byName := func(a, b regions.Region) int { return strings.Compare(a.Name, b.Name) }
	slices.SortFunc(want, byName)
	slices.SortFunc(got, byName)
	if !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}
