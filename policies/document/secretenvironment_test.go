// Tests which environment variables are secrets in clear text.

package document

import (
	"fmt"
	"strings"
	"testing"
)

func TestSecretVariables(t *testing.T) {
	t.Parallel()
	const template = `
Parameters:
  Shown: {Type: String}
  Hidden: {Type: String, NoEcho: true}
  Default: {Type: String, NoEcho: true, Default: correct-horse-9}
Conditions: {C: !Equals [!Ref Shown, a]}
Globals: {Function: {Environment: {Variables: {GLOBAL_PASSWORD: hunter2hunter2}}}}
Resources:
  X: {Type: %s, Properties: {%s}}
`
	lambda := func(variables string) string { return "Environment: {Variables: {" + variables + "}}" }
	for _, test := range []struct{ resourceType, properties, want string }{
		{"AWS::Lambda::Function", lambda("DB_PASSWORD: hunter2hunter2, HOST: db.example.com"), "DB_PASSWORD in the template"},
		{"AWS::Serverless::Function", lambda("ApiKey: hunter2hunter2, GITHUB_TOKEN: ghp_000000000000000000000000000000000000"), "ApiKey, GITHUB_TOKEN, GLOBAL_PASSWORD in the template"},
		{"AWS::Lambda::Function", lambda("PASSWORD: !If [C, hunter2hunter2, !Ref AWS::NoValue]"), "PASSWORD in the template"},
		{"AWS::Lambda::Function", lambda("PASSWORD: !Ref Shown"), "PASSWORD in a parameter without NoEcho"},
		{"AWS::Lambda::Function", lambda("PASSWORD: !Ref Hidden"), ""},
		{"AWS::Lambda::Function", lambda("PASSWORD: !Ref Default"), "PASSWORD in the default of a parameter"},
		{"AWS::Lambda::Function", lambda(`PASSWORD: "{{resolve:secretsmanager:db}}"`), ""},
		{"AWS::Lambda::Function", lambda("DB_SECRET: prod/db-master, TOKEN: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:x-AbCdEf'"), ""},
		{"AWS::Lambda::Function", lambda("TOKEN: '3600', API_TOKEN: 'https://example.com/oauth2/token-endpoint'"), ""},
		{"AWS::Lambda::Function", lambda("PASSWORD_PATH: hunter2hunter2, SECRET_NAME: hunter2hunter2, PASSWORD: /run/secrets/password"), ""},
		{"AWS::ECS::TaskDefinition", "ContainerDefinitions: [{Name: a, Environment: [{Name: PASSWORD, Value: hunter2hunter2}, {Name: USER, Value: hunter2hunter2}], Secrets: [{Name: TOKEN, ValueFrom: hunter2hunter2}]}]", "PASSWORD in the template"},
		{"AWS::CodeBuild::Project", "Environment: {EnvironmentVariables: [{Name: PASSWORD, Value: hunter2hunter2, Type: PLAINTEXT}, {Name: TOKEN, Value: hunter2hunter2, Type: SECRETS_MANAGER}]}", "PASSWORD in the template"},
		{"AWS::Lambda::Function", lambda("Name: shop, Value: a, Type: b, PASSWORD: hunter2hunter2"), "PASSWORD in the template"},
		{"AWS::Serverless::Function", "Handler: a", "GLOBAL_PASSWORD in the template"},
		{"AWS::Serverless::Function", lambda("GLOBAL_PASSWORD: !Ref Hidden"), ""},
		{"AWS::CodeBuild::Project", "Environment: {EnvironmentVariables: [{Name: PASSWORD, Value: hunter2hunter2, Type: !If [C, PARAMETER_STORE, PLAINTEXT]}, {Name: TOKEN, Value: hunter2hunter2, Type: !Ref Shown}]}", "PASSWORD in the template"},
		{"AWS::CodeBuild::Project", "Environment: {EnvironmentVariables: [{Name: !Sub DB_PASSWORD, Value: hunter2hunter2}, {Name: !If [C, A, A_TOKEN], Value: hunter2hunter2}]}", "DB_PASSWORD, A_TOKEN in the template"},
		{"AWS::CodeBuild::Project", "Environment: {EnvironmentVariables: [{Name: !Sub '${Shown}_PASSWORD', Value: hunter2hunter2}]}", "${Ref:Shown}_PASSWORD in the template"},
		{"AWS::CodeBuild::Project", "Environment: {EnvironmentVariables: [{Name: PASSWORD, Value: !If [C, hunter2hunter2, !Ref Hidden]}]}", "PASSWORD in the template"},
		{"AWS::Batch::JobDefinition", "EcsProperties: {TaskProperties: [{Containers: [{Environment: [{Name: PASSWORD, Value: hunter2hunter2}]}]}]}", "PASSWORD in the template"},
		{"AWS::Batch::JobDefinition", "EksProperties: {PodProperties: {Containers: [{Env: [{Name: PASSWORD, Value: hunter2hunter2}]}]}}", "PASSWORD in the template"},
		{"AWS::SageMaker::Model", "Containers: [{Environment: {PASSWORD: hunter2hunter2}}]", "PASSWORD in the template"},
		{"AWS::SSM::Document", lambda("PASSWORD: hunter2hunter2"), ""},
	} {
		set, err := ReadSet("t.yaml", fmt.Appendf(nil, template, test.resourceType, test.properties))
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, s := range set.Secrets {
			found = append(found, strings.Join(s.Fields, ", ")+" "+string(s.How))
			if !s.IsVariable || s.Line == 0 {
				t.Errorf("%s: %+v", test.properties, s)
			}
		}
		if got := strings.Join(found, "; "); got != test.want {
			t.Errorf("%s %s: %q, want %q", test.resourceType, test.properties, got, test.want)
		}
	}
}
