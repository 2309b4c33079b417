// Tests of secrets that consist of several fields or parts.

package document

import (
	"strings"
	"testing"
)

// The name of a field decides whether the field is secret, not what is beside
// it.
func TestSecretStrings(t *testing.T) {
	for value, want := range map[string]string{
		`!Sub '{"username":"admin","password":"FALSESECRET","host":"${DB.Endpoint.Address}","port":${DB.Endpoint.Port}}'`: "in the template (password)",
		`!Sub '{"username":"admin","password":"FALSESECRET","db":"${DB}"}'`:                                               "in the template (password)",
		`!Sub '{"username":"${Hidden}","password":"FALSESECRET"}'`:                                                        "in the template (password)",
		`!Sub '{"username":"${Known}","password":"FALSESECRET"}'`:                                                         "in the template (password)",
		`!Join ['', ['{"user":"', !Ref Known, '","password":"FALSE', 'SECRET"}']]`:                                        "in the template (password)",
		`'{"username":"admin","password":"FALSESECRET","api_key":"FALSESECRET"}'`:                                         "in the template (password, api_key)",
		`!Sub '{"password":"${Hidden}","apiKey":"FALSESECRET"}'`:                                                          "in the template (apiKey)",
		`!Sub '{"username":"admin","password":"${Known}","host":"${DB.Endpoint.Address}"}'`:                               "in the default of a parameter Known (password)",
		`!Sub '{"username":"admin","password":"${Shown}"}'`:                                                               "in a parameter without NoEcho Shown (password)",
		`!Sub '{"username":"admin","password":"FALSESECRET${DB}"}'`:                                                       "a part in the template (password)",
		`!Sub '{"db":{"main":{"user":"u","password":["FALSESECRET"]}},"host":"${DB}"}'`:                                   "in the template (password)",
		`{Fn::ToJsonString: {username: admin, password: FALSESECRET, host: !GetAtt DB.Endpoint.Address}}`:                 "in the template (password)",
		`!If [C, !Sub '{"password":"FALSESECRET","host":"${DB}"}', x]`:                                                    "in the template (password)",
		// No field has a secret, or the secret is not visible.
		`!Sub '{"username":"admin","host":"${DB.Endpoint.Address}","password":"{{resolve:secretsmanager:x:SecretString:y}}"}'`: "",
		`!Sub '{"username":"admin","host":"db.example.com","password":"${Hidden}"}'`:                                           "",
		`!Sub '{"username":"${Known}","host":"${DB.Endpoint.Address}","dbname":"${Shown}","password":"${Hidden}"}'`:            "",
		`!Sub '{"access_key_id":"${Key}","secret_access_key":"${Key.SecretAccessKey}"}'`:                                       "",
		`'{"username":"admin","host":"db.example.com","port":3306,"password":""}'`:                                             "",
		// If the name of a field does not say whether the field is secret, the text
		// counts as a whole.
		`'{"username":"admin","other":"FALSESECRET"}'`:                               "in the template",
		`!Sub '{"username":"admin","other":"${Shown}"}'`:                             "in a parameter without NoEcho Shown",
		`!Sub '{"username":"admin","password":"${Hidden}","other":"x"}'`:             "",
		`!Sub '{"username":"admin","other":"x","host":"${DB.Endpoint.Address}"}'`:    "",
		`!Sub '{"username":"${Shown}","password":"FALSESECRET","other":"${Known}"}'`: "in the template (password), in the default of a parameter Known",
		`'{"db":{"auth":"FALSESECRET"},"user":{"name":"x"}}'`:                        "in the template",
		`'{"ssh_public_key":"ssh-ed25519 AAAA"}'`:                                    "",
		`{Fn::ToJsonString: {user: admin, other: FALSESECRET}}`:                      "in the template",
		`{Fn::ToJsonString: {user: admin, hosts: [{secret: FALSESECRET}]}}`:          "in the template (secret)",
		`{Fn::ToJsonString: {password: !Ref AWS::NoValue, user: x}}`:                 "",
		`'{"a":{"password":"FALSESECRET"},"b":{"password":"FALSESECRET"}}'`:          "in the template (password)",
		`'{"password":{"value":"FALSESECRET"},"credentials":{"user":"x"}}'`:          "in the template (password)",
		`'{"pass":"FALSESECRET","pw":"FALSESECRET"}'`:                                "in the template (pass, pw)",
		`'{"db_port":"3306","kms_key":"alias/x","masterarn":"x"}'`:                   "",
		`!Join [',', ['{"password":"FALSESECRET"', '"host":"x"}']]`:                  "in the template (password)",
		`'[{"user":"x","password":"FALSESECRET"},{"user":"y"}]'`:                     "in the template (password)",
		`!Sub '[{"user":"x","password":"${Hidden}"},{"user":"y"}]'`:                  "",
		`' { "password" : [ "FALSESECRET" ] , "user" : "x" } '`:                      "in the template (password)",
		`'{"password":null,"token":{"x":null}}'`:                                     "",
		`!Sub '{"user${Shown}":"FALSESECRET"}'`:                                      "in a parameter without NoEcho Shown",
		`'{"password":{"user":"x"},"auth":"FALSESECRET"}'`:                           "in the template",
		// Texts that are not JSON.
		`'{"password":"FALSESECRET"'`:                                         "in the template",
		`'{"password":"FALSESECRET'`:                                          "in the template",
		`'{"password":["FALSESECRET"}'`:                                       "in the template",
		`'{"user":"x"} FALSESECRET'`:                                          "in the template",
		`'FALSESECRET{"user":"x"}'`:                                           "in the template",
		`user=FALSESECRET`:                                                    "in the template",
		`Password=FALSESECRET;User=app`:                                       "in the template (Password)",
		`!Sub 'https://${Known}@h:1/x@y'`:                                     "in the default of a parameter Known",
		`!Sub 'https://u:${Hidden}@h?p=FALSESECRET@x'`:                        "",
		`https://FALSESECRET@example.com`:                                     "in the template",
		`!Sub '${Hidden}://u:FALSESECRET@h'`:                                  "",
		`!Sub 'https://u:FALSESECRET@h ${Hidden}'`:                            "",
		`!Sub 'FALSESECRET${Shown}'`:                                          "in a parameter without NoEcho Shown", // the text beside it can be anything
		`FALSESECRET`:                                                         "in the template",
		`!Sub 'FALSESECRET-${DB}'`:                                            "a part in the template",
		`!Sub 'https://${Api}.example.com/path/of/it'`:                        "",
		`!Sub 'postgres://app:FALSESECRET@${DB.Endpoint.Address}'`:            "in the template",
		`!Sub 'postgres://${Shown}:${Hidden}@db.example.com/x'`:               "",
		`!Sub 'postgres://${Shown}:${Known}@db.example.com/x'`:                "in the default of a parameter Known",
		`!Sub 'Server=${DB.Endpoint.Address};User=app;Password=FALSESECRET;'`: "in the template (Password)",
		`!Sub 'Server=${DB.Endpoint.Address};User=app;Password=${Hidden};'`:   "",
		`!Sub '{"password":"FALSESECRET",${Hidden}'`:                          "",
	} {
		checkSecrets(t, "{Type: AWS::SecretsManager::Secret, Properties: {SecretString: "+value+"}}", want)
	}
}

// A text beside a value that only identifies something is a part of a password. Beside a
// value that can be the password, it is not.
func TestPasswordBesideOtherValues(t *testing.T) {
	for value, want := range map[string]string{
		"!Join ['', ['FALSESECRET', !Select [0, !GetAZs '']]]":              "a part in the template",
		"!Sub 'FALSESECRET${DB.Arn}'":                                       "a part in the template",
		"!Sub ['FALSESECRET${v}', {v: !Select [0, !Split ['-', !Ref DB]]}]": "a part in the template",
		"!Sub 'FALSESECRET${Hidden}'":                                       "",
		"!Sub 'FALSESECRET${Custom.Password}'":                              "",
		"!Sub 'FALSESECRET${Custom}'":                                       "",
		"!Sub 'FALSESECRET${Key.SecretAccessKey}'":                          "",
		"!Sub 'FALSESECRET{{resolve:secretsmanager:x}}'":                    "",
		"!Sub 'abc${DB.Arn}'":                                               "",
		"!Sub '${DB.Arn}'":                                                  "",
		"!Join ['', !Split [',', !Ref Shown]]":                              "in a parameter without NoEcho Shown",
		"!Sub '{{resolve:ssm:${Shown}}}'":                                   "in Systems Manager, unencrypted",
		"!Sub '{{resolve:ssm:/${AWS::StackName}/${Shown}:1}}'":              "in Systems Manager, unencrypted",
		"!Join ['', ['{{resolve:', 'ssm:', !Ref Known, '}}']]":              "in Systems Manager, unencrypted",
		"!Sub '{{resolve:ssm-secure:${Known}}}'":                            "",
		"!Sub '{{resolve:ssm:${Known}}}FALSESECRET'":                        "in Systems Manager, unencrypted, a part in the template",
		"!Sub '{{resolve:${Known}:x}}'":                                     "",
	} {
		checkSecrets(t, "{Type: AWS::RDS::DBInstance, Properties: {MasterUserPassword: "+value+"}}", want)
	}
}

// checkSecrets compares the secrets of a resource.
func checkSecrets(t *testing.T, resource, want string) {
	t.Helper()
	set, err := ReadSet("t.yaml", []byte(`
Parameters: {Shown: {Type: String}, Hidden: {Type: String, NoEcho: true}, Known: {Type: String, Default: FALSESECRET}}
Conditions: {C: !Equals [!Ref Shown, x]}
Resources:
  DB: {Type: AWS::RDS::DBInstance}
  Api: {Type: AWS::ApiGateway::RestApi}
  Key: {Type: AWS::IAM::AccessKey}
  Custom: {Type: Custom::Password}
  R: `+resource+"\n"))
	if err != nil {
		t.Errorf("%s: %v", resource, err)
		return
	}
	var all []string
	for _, s := range set.Secrets {
		one := strings.TrimSpace(string(s.How) + " " + s.Parameter)
		if len(s.Fields) > 0 {
			one += " (" + strings.Join(s.Fields, ", ") + ")"
		}
		if s.Partial {
			one = "a part " + one
		}
		if s.Name != "" {
			t.Errorf("%s: the user is %q", resource, s.Name)
		}
		all = append(all, one)
	}
	if got := strings.Join(all, ", "); got != want {
		t.Errorf("%s: %q, want %q", resource, got, want)
	}
}
