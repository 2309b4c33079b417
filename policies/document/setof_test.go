// Tests that reading a template from values and from its JSON results in the
// same set, except for the positions and the sizes of the text.

package document

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"capaboot/internal/problem"
)

// valueTemplate has values of every type, and values that are easily changed
// when they are written as text: unsorted keys, markup, numbers with trailing
// zeros.
const valueTemplate = `{
	"Resources": {
		"Role": {"Type": "AWS::IAM::Role", "Properties": {
			"RoleName": "b<&>\u2028é", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
				{"Sid": "In", "Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com"]}, "Action": "sts:AssumeRole"}]},
			"ManagedPolicyArns": [{"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AmazonEC2FullAccess"}, {"Ref": "Policy"}]}},
		"Policy": {"Type": "AWS::IAM::ManagedPolicy", "Condition": "C", "Properties": {"PolicyDocument": {"Version": "2012-10-17", "Statement": {
			"Effect": "Deny", "NotAction": ["s3:Get*", "s3:List*"], "Resource": "*",
			"Condition": {"NumericLessThan": {"s3:max-keys": 1.50}, "Bool": {"aws:SecureTransport": false}}}}}},
		"Bucket": {"Type": "AWS::S3::BucketPolicy", "Properties": {"PolicyDocument": {"Statement": [{"Effect": "Allow"}]}}}
	},
	"Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "x"]}}, "Parameters": {"P": {"Type": "String", "Default": null}}
}`

func TestSetOfEqualsReadSet(t *testing.T) {
	decoder := json.NewDecoder(strings.NewReader(valueTemplate))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	want, err := ReadSet("t", text)
	if err != nil {
		t.Fatal(err)
	}
	got, err := SetOf("t", value)
	if err != nil {
		t.Fatal(err)
	}
	ignorePositions := cmp.Options{cmpopts.IgnoreFields(Holder{}, "Line", "Column", "AttachedAt"), cmpopts.IgnoreFields(Document{}, "Line", "Column"),
		cmpopts.IgnoreFields(Statement{}, "Line", "Column"), cmpopts.IgnoreFields(Condition{}, "Line", "Column"), cmpopts.IgnoreFields(UnreadPart{}, "Line", "Column"), cmpopts.IgnoreFields(problem.Problem{}, "Line", "Column"),
		cmpopts.IgnoreFields(AssumedParameter{}, "Line", "Column"), cmp.AllowUnexported(Set{}, UnreadPart{}, CredentialSource{}, freeValues{}), cmp.Comparer(func(a, b *node) bool { return a.argumentText(false) == b.argumentText(false) }), cmpopts.IgnoreFields(Set{}, "Bytes", "Largest", "source")}
	if diff := cmp.Diff(want, got, ignorePositions); diff != "" {
		t.Errorf("the set read from values differs from the set read from JSON (-JSON +values):\n%s", diff)
	}
	if len(got.Principals) != 1 || got.Principals[0].Line != 0 || got.Principals[0].Policies[0].Document.Statements[0].Line != 0 {
		t.Errorf("positions without a text: %+v", got.Principals)
	}
}

func TestSetOfRefuses(t *testing.T) {
	for want, value := range map[string]any{
		"t: want a policy document": []any{}, "t: cannot read a value of type int": map[string]any{"Resources": 1},
		"t: missing Resources: want a mapping of logical IDs to resources": map[string]any{"Resources": "x"},
	} {
		if _, err := SetOf("t", value); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v: got %v, want %s", value, err, want)
		}
	}
}
