// Tests what the annotations say about templates that are not CAPA's.

package diff

import (
	"fmt"
	"testing"

	"capaboot/policies/document"
)

// The reasons of CAPA's catalogue are left out in a template that has none of CAPA's
// roles and policies.
func TestReasonsOnlyForCAPA(t *testing.T) {
	t.Parallel()
	read := func(logicalID, actions string) *document.Set {
		set, err := document.ReadSet("t.yaml", fmt.Appendf(nil, `Resources:
  %s:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: %s, Resource: '*'}]}
`, logicalID, actions))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	for logicalID, want := range map[string]bool{"AWSIAMManagedPolicyControllers": true, "App": false} {
		r, err := CompareAnnotated(read(logicalID, "['s3:GetObject']"), read(logicalID, "['s3:GetObject', 'ec2:RunInstances']"))
		if err != nil || len(r.Principals) != 1 || len(r.Principals[0].Gained) != 1 {
			t.Fatalf("%s: %+v, %v", logicalID, r, err)
		}
		if a := r.Principals[0].Gained[0].Actions[0]; (a.Why != "") != want || a.AccessLevel != "Write" {
			t.Errorf("%s: %+v", logicalID, a)
		}
	}
}
