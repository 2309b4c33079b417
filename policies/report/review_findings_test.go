// Tests of the text of single findings.

package report

import (
	"testing"

	"capaboot/policies/review"
)

func TestFindingPlace(t *testing.T) {
	at := review.Location{File: "t.yaml", Line: 3, Column: 5}
	for want, f := range map[string]review.Finding{
		"policy p, Statement[0] (t.yaml:3:5)": {Policy: "p", Statement: "Statement[0]", Location: at},
		"trust policy of r (t.yaml:3:5)":      {Policy: "trust policy of r", Trust: true, Location: at},
		"group admins (t.yaml:3:5)":           {Policy: "group admins", NotPolicy: true, Principals: []string{"ann"}, Location: at},
		"AWS::S3::Bucket B (t.yaml:3:5)":      {Policy: "AWS::S3::Bucket B", NotPolicy: true, Location: at},
		"ann, bob":                            {Principals: []string{"ann", "bob"}},
		"t.yaml:3:5":                          {Location: at},
	} {
		if got := findingPlace(f); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
