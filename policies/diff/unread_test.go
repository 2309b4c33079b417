// Tests of comparing parts that were not read.

package diff

import (
	"strings"
	"testing"

	"capaboot/policies/document"
)

// The settings of a bucket that limit access are compared if the bucket is on both sides.
func TestSettingsThatLimitAccess(t *testing.T) {
	t.Parallel()
	read := func(properties string) *document.Set {
		template := "Resources:\n  T: {Type: AWS::SNS::Topic}\n"
		if properties != "-" {
			template += "  B: {Type: AWS::S3::Bucket, Properties: {BucketName: b" + properties + "}}\n"
		}
		set, err := document.ReadSet("t.yaml", []byte(template))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	const (
		enforced = ", OwnershipControls: {Rules: [{ObjectOwnership: BucketOwnerEnforced}]}"
		writer   = ", OwnershipControls: {Rules: [{ObjectOwnership: ObjectWriter}]}"
		block    = ", PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}"
		open     = ", PublicAccessBlockConfiguration: {BlockPublicAcls: false}"
	)
	for _, test := range []struct{ name, before, after, want string }{
		{"the same", enforced + block, enforced + block, ""},
		{"ownership controls removed", enforced, "", "+OwnershipControls of AWS::S3::Bucket B: " + guardNote},
		{"ownership controls added", "", enforced, "-OwnershipControls of AWS::S3::Bucket B: " + guardNote},
		{"ownership controls changed", enforced, writer, "+OwnershipControls of AWS::S3::Bucket B: " + guardNote + " (new content), -OwnershipControls of AWS::S3::Bucket B: " + guardNote + " (old content)"},
		{"the block removed", block, "", "+PublicAccessBlockConfiguration of AWS::S3::Bucket B: " + guardNote},
		{"the block lifted", block, open, "+PublicAccessBlockConfiguration of AWS::S3::Bucket B: this part was not read, so its grants are unknown"},
		{"a new bucket", "-", enforced + block, ""},
		{"no bucket any more", enforced + block, "-", ""},
	} {
		var got []string
		for _, p := range Compare(read(test.before), read(test.after)).Principals {
			for _, g := range p.Gained {
				got = append(got, "+"+g.Policy+": "+g.Note)
			}
			for _, g := range p.Lost {
				got = append(got, "-"+g.Policy+": "+g.Note)
			}
		}
		if text := strings.Join(got, ", "); text != test.want {
			t.Errorf("%s: %s, want %s", test.name, text, test.want)
		}
	}
}
