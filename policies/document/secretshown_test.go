// Tests of secrets that CloudFormation or Systems Manager shows.

package document

import (
	"cmp"
	"strings"
	"testing"
)

// NoEcho hides a parameter neither in an output nor in a parameter of Systems Manager.
func TestShownSecrets(t *testing.T) {
	for value, want := range map[string]string{
		"!Ref Hidden":                                     "Hidden",
		"!Sub 'x ${Hidden}'":                              "Hidden",
		"!Join [',', [x, !Ref Hidden]]":                   "Hidden",
		"!GetAtt Key.SecretAccessKey":                     "key",
		"!Ref Shown":                                      "",
		"!Ref Key":                                        "",
		"!Sub '${!Hidden}'":                               "",
		"!If [C, !Ref Hidden, x]":                         "Hidden",
		"!FindInMap [M, !Ref Hidden, x]":                  "",
		"!Sub '{{resolve:ssm:${Hidden}}}'":                "",
		"!GetAtt Missing.SecretAccessKey":                 "",
		"!Sub '${Key.SecretAccessKey} ${Key.Status}'":     "key",
		"!Sub '${Second}${Hidden}${Key.SecretAccessKey}'": "key Hidden Second",
		"!Ref Nothing":                                    "",
		"!Sub ['${v}', {v: !If [C, x, !Ref Hidden]}]":     "Hidden",
		"{Fn::Base64: !Ref Hidden}":                       "Hidden",
		// NoEcho counts, not the name of a field.
		`!Sub '{"user":"${Hidden}"}'`:                       "Hidden",
		"!Sub 'https://${Hidden}:x@example.com'":            "Hidden",
		"{Fn::ToJsonString: {user: !Ref Hidden}}":           "Hidden",
		"!Sub ['${v}', {v: !Select [0, [!Ref Hidden, x]]}]": "Hidden",
	} {
		set, err := ReadSet("t.yaml", []byte(`
Parameters: {Shown: {Type: String}, Hidden: {Type: String, NoEcho: true}, Second: {Type: String, NoEcho: true}}
Conditions: {C: !Equals [!Ref Shown, x]}
Mappings: {M: {a: {x: y}}}
Resources:
  Key: {Type: AWS::IAM::AccessKey, Properties: {UserName: x}}
  P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: `+value+`}}
  Branch: {Type: AWS::SSM::Parameter, Properties: !If [C, {Type: String, Value: `+value+`}, {Type: String, Value: x}]}
  Other: {Type: AWS::SSM::Document, Properties: {Value: `+value+`}}
Outputs:
  Empty: {Description: x}
  O: {Value: `+value+"}\n"))
		if err != nil {
			t.Errorf("%s: %v", value, err)
			continue
		}
		got := map[string]string{}
		for _, s := range set.Secrets {
			got[s.LogicalID] = strings.TrimSpace(got[s.LogicalID] + " " + cmp.Or(s.Parameter, "key"))
			if how := map[bool]ClearText{true: InOutput, false: InStoredText}[s.LogicalID == "O"]; s.How != how {
				t.Errorf("%s: %s is %s, want %s", value, s.LogicalID, s.How, how)
			}
		}
		if got["O"] != want || got["P"] != want || got["Branch"] != want || got["Other"] != "" {
			t.Errorf("%s: %v, want %q", value, got, want)
		}
	}
}
