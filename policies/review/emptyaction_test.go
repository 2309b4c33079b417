// Tests findings about actions that are empty.

package review

import (
	"strings"
	"testing"

	"capaboot/policies/document"
)

// The list of actions can be a parameter whose default is empty.
func TestEmptyActionIsQuoted(t *testing.T) {
	t.Parallel()
	set, err := document.ReadSet("t.yaml", []byte(`Parameters: {Allowed: {Type: CommaDelimitedList, Default: ''}}
Resources: {P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: !Ref Allowed, Resource: '*'}]}}}}
`))
	if err != nil {
		t.Fatal(err)
	}
	report, err := Review(set, Options{Rules: []string{"unknown-service"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Findings) != 1 || !strings.Contains(WriteSentence(report.Findings[0].Message), `no known effect for "" (the service is missing`) {
		t.Errorf("%+v", report.Findings)
	}
}
