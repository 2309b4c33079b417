// Tests of secrets that CloudFormation or Systems Manager shows.

package document

import "testing"

// NoEcho hides a parameter neither in an output nor in a parameter of Systems Manager.
func TestShownSecrets(t *testing.T) {
	for value, want := range map[string]string{
		"!Ref Hidden":                      "Hidden",
		"!Sub 'x ${Hidden}'":               "Hidden",
		"!Join [',', [x, !Ref Hidden]]":    "Hidden",
		"!GetAtt Key.SecretAccessKey":      "key",
		"!Ref Shown":                       "",
		"!Ref Key":                         "",
		"!Sub '${!Hidden}'":                "",
		"!If [C, !Ref Hidden, x]":          "Hidden",
		"!FindInMap [M, !Ref Hidden, x]":   "",
		"!Sub '{{resolve:ssm:${Hidden}}}'": "",
	} {
		set, err := ReadSet("t.yaml", []byte(`
Parameters: {Shown: {Type: String}, Hidden: {Type: String, NoEcho: true}}
Conditions: {C: !Equals [!Ref Shown, x]}
Mappings: {M: {a: {x: y}}}
Resources:
  Key: {Type: AWS::IAM::AccessKey, Properties: {UserName: x}}
  P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: `+value+`}}
Outputs:
  O: {Value: `+value+"}\n"))
		if err != nil {
			t.Errorf("%s: %v", value, err)
			continue
		}
		got := map[ClearText]string{}
		for _, s := range set.Secrets {
			got[s.How] = s.Parameter
			if s.Parameter == "" {
				got[s.How] = "key"
			}
		}
		if got[InOutput] != want || got[InStoredText] != want {
			t.Errorf("%s: %v, want %q", value, got, want)
		}
	}
}
