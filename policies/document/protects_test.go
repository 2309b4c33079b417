// Tests of the resources that a resource policy protects.

package document

import (
	"slices"
	"testing"
)

// TestProtects checks ARNs that are not written in the template: that of a
// function with a partial ARN, and those of the indexes of a table.
func TestProtects(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ resource, want string }{
		"a function by its partial ARN": {"{Type: AWS::Lambda::Permission, Properties: {FunctionName: '111122223333:function:f', Action: 'lambda:InvokeFunction', Principal: s3.amazonaws.com}}",
			"arn:${AWS::Partition}:lambda:${AWS::Region}:111122223333:function:f"},
		"an index of a table": {"{Type: AWS::DynamoDB::Table, Properties: {TableName: t, ResourcePolicy: {PolicyDocument: {Statement: [{Effect: Deny, Principal: '*', Action: '*', Resource: '*'}]}}}}",
			"arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/t/index/*"},
	} {
		set, err := ReadSet("t.yaml", []byte("Resources:\n  X: "+tt.resource))
		if err != nil {
			t.Fatal(err)
		}
		if len(set.Principals) != 1 || !slices.Contains(set.Principals[0].Protects, tt.want) {
			t.Errorf("%s: want %s in %+v", name, tt.want, set.Principals)
		} else if s := set.Principals[0].Policies[0].Document.Statements[0]; s.Effect == Allow && !slices.Equal(s.Resources, []string{tt.want}) {
			t.Errorf("%s: the statement has the resources %q", name, s.Resources)
		}
	}
}
