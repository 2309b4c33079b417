// Tests of references to the resources that SAM creates.

package document

import "testing"

// A reference to a resource that SAM creates identifies that resource, so its value does
// not count as unknown.
func TestReferencesToResourcesOfSAM(t *testing.T) {
	t.Parallel()
	set, err := ReadSet("t", []byte(`Transform: AWS::Serverless-2016-10-31
Resources:
  F: {Type: AWS::Serverless::Function, Properties: {AutoPublishAlias: live, Events: {E: {Type: Schedule}, A: {Type: Api}}}}
  M: {Type: AWS::Serverless::StateMachine}
  Custom: {Type: Custom::X}
  CustomRole: {Type: Custom::X}
`))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{
		"${GetAtt:FRole.Arn}": 0, "${GetAtt:MRole.Arn}": 0, "${GetAtt:FE.Arn}": 0, "${Ref:FAliaslive}": 0, "arn:aws:execute-api:r:a:${Ref:ServerlessRestApi}/*": 0,
		"${GetAtt:NRole.Arn}": 1, "${Ref:ServerlessHttpApi}": 1, "${GetAtt:CustomRole.Arn}": 1, "${GetAtt:FOther.Arn}": 1,
	} {
		if got := set.Unknown(text); len(got) != want {
			t.Errorf("%d unknown values in %s, want %d: %q", len(got), text, want, got)
		}
	}
}
