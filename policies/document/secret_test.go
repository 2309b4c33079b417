package document

import (
	"fmt"
	"testing"
)

// A password becomes visible in several ways, or not at all. The property can be
// written with any intrinsic function.
func TestSecrets(t *testing.T) {
	for password, want := range map[string]string{
		"x":                               "in the template",
		"123":                             "in the template",
		"''":                              "",
		"!Ref AWS::StackId":               "in the template",
		"!Ref Shown":                      "in a parameter without NoEcho Shown",
		"!Ref Hidden":                     "",
		"!Ref Stored":                     "in Systems Manager, unencrypted Stored",
		"!Ref Known":                      "in the default of a parameter Known",
		"!Ref Elsewhere":                  "",
		"!Sub '${Hidden}x'":               "",
		"!Sub '${Shown}x'":                "in a parameter without NoEcho Shown",
		"!Sub ['${a}', {a: !Ref Hidden}]": "",
		"!Sub ['${a}', {a: y}]":           "in the template",
		"!Sub '${!Hidden}'":               "in the template",
		"!Join ['', [x, !Ref Hidden]]":    "",
		"!Join ['', [x, y]]":              "in the template",
		"!Select [0, [x, !Ref Hidden]]":   "", // which one is not evaluated
		"Fn::Base64: x":                   "in the template",
		"!If [C, !Ref Hidden, x]":         "in the template",
		"!If [C, !Ref Hidden, !Ref 'AWS::NoValue']": "",
		"!ImportValue x":                                   "in the export of a stack",
		"'{{resolve:ssm:x}}'":                              "in Systems Manager, unencrypted",
		"'{{resolve:ssm-secure:x}}'":                       "",
		"'{{resolve:secretsmanager:x}}'":                   "",
		"!Sub '{{resolve:secretsmanager:${Shown}}}'":       "",
		"!Sub ['{{resolve:${s}:x}}', {s: secretsmanager}]": "",
		"!GetAtt Custom.Password":                          "",
	} {
		set, err := ReadSet("t.yaml", []byte(`
Parameters: {Shown: {Type: String}, Hidden: {Type: String, NoEcho: true}, Stored: {Type: 'AWS::SSM::Parameter::Value<String>'}, Known: {Type: String, NoEcho: true, Default: x}}
Conditions: {C: !Equals [!Ref Shown, x]}
Resources:
  U:
    Type: AWS::IAM::User
    Properties:
      LoginProfile:
        Password:
          `+password+`
  Custom: {Type: Custom::Password}
`))
		if err != nil {
			t.Errorf("%s: %v", password, err)
			continue
		}
		got := ""
		for _, s := range set.Secrets {
			got = string(s.How)
			if s.Parameter != "" {
				got += fmt.Sprint(" ", s.Parameter)
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", password, got, want)
		}
	}
}
