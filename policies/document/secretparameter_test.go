// Tests of the parameters whose values must never be shown.

package document

import (
	"slices"
	"strings"
	"testing"
)

// The value of a parameter is not shown if it is a secret or a part of one. A parameter
// that only has a name, or only selects a value, is not secret.
func TestSecretParameters(t *testing.T) {
	for _, test := range []struct{ resource, want string }{
		{"{Type: 'AWS::SecretsManager::Secret', Properties: {SecretString: !Ref A}}", "A"},
		{"{Type: 'AWS::SecretsManager::Secret', Properties: {SecretString: !Sub '{\"username\":\"${A}\",\"password\":\"${B}\",\"host\":\"${DB.Endpoint.Address}\",\"port\":${C}}'}}", "B"},
		{"{Type: 'AWS::SecretsManager::Secret', Properties: {SecretString: !Join ['', ['{\"username\":\"', !Ref A, '\",\"password\":\"', !Ref B, '\"}']]}}", "B"},
		{"{Type: 'AWS::SecretsManager::Secret', Properties: {SecretString: !Sub '{\"username\":\"${A}\",\"other\":\"${B}\"}'}}", "B"},
		{"{Type: 'AWS::SecretsManager::Secret', Properties: {SecretString: !Sub 'postgres://${A}:${B}@${DB.Endpoint.Address}'}}", "B"},
		{"{Type: 'AWS::SecretsManager::Secret', Properties: {SecretString: {Fn::ToJsonString: {user: !Ref A, password: {value: !Ref B}}}}}", "B"},
		{"{Type: 'AWS::SecretsManager::Secret', Properties: {SecretString: !Sub '${A}${DB.Arn}', Name: !Ref B}}", "A"},
		{"{Type: 'AWS::SecretsManager::Secret', Properties: !If [Is, {SecretString: !Ref A}, {SecretString: !If [Is, !Ref B, x]}]}", "A B"},
		{"{Type: 'AWS::IAM::User', Properties: {LoginProfile: {Password: !Sub '{{resolve:ssm:${A}}}'}}}", ""},
		{"{Type: 'AWS::IAM::User', Properties: {LoginProfile: {Password: !FindInMap [M, !Ref A, x]}}}", ""},
		{"{Type: 'AWS::IAM::User', Properties: {LoginProfile: {Password: !Select [!Ref A, [!Ref B, x]]}}}", "B"},
		{"{Type: 'AWS::IAM::User', Properties: {LoginProfile: {Password: !Sub ['${v}', {v: !Ref A}], PasswordResetRequired: !Ref B}}}", "A"},
		{"{Type: 'AWS::SecretsManager::Secret', Properties: {SecretString: !Sub '{\"db\":{\"auth\":\"${A}\",\"password\":\"${B}\"},\"host\":[\"${C}\"]}'}}", "A B"},
		{"{Type: 'AWS::SecretsManager::Secret', Properties: {SecretString: {Fn::ToJsonString: {db: {auth: !Ref A}, credentials: {id: !Ref B, x: !Ref C}}}}}", "A C"},
		{"{Type: 'AWS::IAM::User', Properties: {LoginProfile: {Password: {Fn::GetStackOutput: {StackName: !Ref A, OutputName: !Ref B}}}}}", ""},
		{"{Type: 'AWS::SecretsManager::Secret', Properties: {SecretString: !Sub '{\"description\":\"" + strings.Repeat("x", 60<<10) + "\",\"user\":\"${A}\",\"password\":\"${B}\"}'}}", "B"},
		{"{Type: 'AWS::IAM::User', Properties: {LoginProfile: {Password: !Sub ['${v}', {v: !If [Is, !Ref A, !Ref B]}]}}}", "A B"},
		{"{Type: 'AWS::IAM::User', Properties: {LoginProfile: {Password: {Fn::Base64: !Ref A}}}}", "A"},
		{"{Type: 'AWS::ElastiCache::User', Properties: {Passwords: !Split [',', !Ref A]}}", "A"},
		{"{Type: 'AWS::IAM::User', Properties: {LoginProfile: {Password: !Ref Quiet}}}", "Quiet"},
		{"{Type: 'AWS::SNS::Topic', Properties: {TopicName: !Ref Quiet}}", "Quiet"},
		{"{Type: 'AWS::SecretsManager::Secret', Properties: {SecretString: !Sub '${A} ${B}=x password=${C}'}}", "A C"},
		{"{Type: 'AWS::SecretsManager::Secret', Properties: {SecretString: !Sub '{\"user\":\"x\",${A}}'}}", "A"}, // A may contain a field
		// Properties and variables with the name of a secret.
		{"{Type: 'AWS::Other::Thing', Properties: {Options: [{MasterUserPassword: !Ref A, User: !Ref B}]}}", "A"},
		{"{Type: 'AWS::Lambda::Function', Properties: {Environment: {Variables: {DB_PASSWORD: !Ref A, DB_USER: !Ref B, API_TOKEN: !Sub 'x-${C}'}}}}", "A C"},
		{"{Type: 'AWS::ECS::TaskDefinition', Properties: {Environment: [{Name: PASSWORD, Value: !Ref A}, {Name: USER, Value: !Ref B}]}}", "A"},
		{"{Type: 'AWS::CloudFormation::StackSet', Properties: {Parameters: [{ParameterKey: DBPassword, ParameterValue: !Ref A}, {ParameterKey: Stage, ParameterValue: !Ref B}]}}", "A"},
		{"{Type: 'AWS::ElasticBeanstalk::Environment', Properties: {OptionSettings: [{Namespace: x, OptionName: DB_PASSWORD, Value: !Ref A}, {Namespace: x, OptionName: DB_USER, Value: !Ref B}]}}", "A"},
		{"{Type: 'AWS::CodeBuild::Project', Properties: {EnvironmentVariables: [{Name: PASSWORD, Type: PARAMETER_STORE, Value: !Ref A}, {Name: TOKEN, Type: PLAINTEXT, Value: !Ref B}]}}", "B"},
		{"{Type: 'AWS::Other::Thing', Properties: {Variables: [{Name: PASSWORD, Description: !Ref A, Value: x}, {Name: [PASSWORD], Value: !Ref B}]}}", ""},
		{"{Type: 'AWS::CodeBuild::Project', Properties: {EnvironmentVariables: [{Name: PASSWORD, Type: SECRETS_MANAGER, Value: !Ref A}]}}", ""},
		{"{Type: 'AWS::CloudFormation::Stack', Properties: {Parameters: {DBPassword: !Ref A, Stage: !Ref B}}}", "A"},
		{"{Type: 'Custom::Thing', Properties: {ServiceToken: !Ref A, SecretArn: !Ref B}}", ""},
		{"{Type: 'AWS::Other::Thing', Properties: {Token: {Values: [!Ref A, !Ref B]}}}", "A B"},
		{"{Type: 'AWS::Other::Thing', Properties: {DB_SECRET: !Ref A, Text: !Sub 'x ${A}'}}", "A"},
		{"{Type: 'AWS::Other::Thing', Properties: {Password: !Ref Dynamic}}", ""},
		// A parameter that is a part of a name is not the secret.
		{"{Type: 'AWS::Other::Thing', Properties: {DB_SECRET: !Ref A, Name: !Join ['-', [x, !Ref A]]}}", ""},
		{"{Type: 'AWS::Other::Thing', Properties: {DB_SECRET: !Ref A, Name: !If [Is, !Ref A, x]}}", ""},
		{"{Type: 'AWS::Other::Thing', Properties: {DB_SECRET: !Ref A, Name: [!Ref A]}}", ""},
		{"{Type: 'AWS::Other::Thing', Properties: {DB_SECRET: !Ref A, Text: !Sub 'arn:${AWS::Partition}:secretsmanager:${A}'}}", ""},
		{"{Type: 'AWS::Other::Thing', Properties: {DB_SECRET: !Ref A, Text: !Sub 'x ${AWS::Partition}arn:${A}'}}", "A"},
		{"{Type: 'AWS::Other::Thing', Properties: {DB_SECRET: !Ref A, Text: !Sub '{{resolve:secretsmanager:${A}}}'}}", ""},
		// The name of a secret is not the secret, and a logical ID says nothing about the properties.
		{"{Type: 'AWS::SQS::Queue'}\n  AppSecret: {Type: 'AWS::SecretsManager::Secret', Properties: {Tags: [{Key: Stage, Value: !Ref A}]}}", ""},
		{"{Type: 'AWS::SQS::Queue'}\nOutputs:\n  AppSecret: {Value: !Ref A, Description: !Ref B}", "A"},
		{"{Type: 'AWS::Other::Thing', Properties: {DB_SECRET: !Ref A, Policy: {Resource: !Sub 'arn:aws:secretsmanager:*:*:secret:${A}'}}}", ""},
		{"{Type: 'AWS::Other::Thing', Properties: {DB_SECRET: !Ref A, SecretId: !Ref A}}", ""},
		{"{Type: 'AWS::Other::Thing', Properties: {Secret: !Ref Arn, Password: !Ref Switch}}", ""},
		{"{Type: 'AWS::Other::Thing', Properties: {Text: !Sub 'x ${AdminPassword}'}}", "AdminPassword"},
	} {
		parameters := "{A: {Type: String, Default: a}, B: {Type: String, Default: b}, C: {Type: String}, Arn: {Type: String, Default: 'arn:aws:x'}, Dynamic: {Type: String, Default: '{{resolve:secretsmanager:x}}'}, Switch: {Type: String, AllowedValues: ['true', 'false']}"
		if strings.Contains(test.want, "Quiet") {
			parameters += ", Quiet: {Type: String, NoEcho: true, Default: q}"
		}
		if strings.Contains(test.want, "AdminPassword") {
			parameters += ", AdminPassword: {Type: String}, AskPassword: {Type: String, Default: 'true'}"
		}
		set, err := ReadSet("t.yaml", []byte("Parameters: "+parameters+"}\nConditions: {Is: !Equals [!Ref A, x]}\nMappings: {M: {a: {x: y}}}\nResources:\n  DB: {Type: AWS::RDS::DBInstance}\n  R: "+test.resource+"\n"))
		if err != nil {
			t.Errorf("%s: %v", test.resource, err)
			continue
		}
		var hidden []string
		for name, d := range set.Defaults {
			if d.Secret {
				hidden = append(hidden, name)
			}
		}
		slices.Sort(hidden)
		if got := strings.Join(hidden, " "); got != test.want {
			t.Errorf("%s: hidden are %q, want %q", test.resource, got, test.want)
		}
		if !slices.Equal(hidden, set.SecretParameters) {
			t.Errorf("%s: SecretParameters is %q, and the hidden defaults are %q", test.resource, set.SecretParameters, hidden)
		}
	}
}

// A pseudo parameter in a secret is not secret: its value is used elsewhere.
func TestPseudoParameterInSecret(t *testing.T) {
	const template = "Parameters: {P: {Type: String}}\nResources:\n  U: {Type: AWS::IAM::User, Properties: {UserName: !Ref AWS::Region, LoginProfile: {Password: !Sub '${AWS::Region}${P}'}}}\n"
	set, err := ReadSetWith("t.yaml", []byte(template), Options{Parameters: map[string]string{"AWS::Region": "eu-west-1"}})
	if err != nil {
		t.Fatal(err)
	}
	if name := set.Principals[0].Name; name != "eu-west-1" {
		t.Errorf("the name is %q", name)
	}
}

// A parameter without a definition is hidden too: the file can be a part of a template.
func TestSecretParameterWithoutDefinition(t *testing.T) {
	const part = `{"U": {"Type": "AWS::IAM::User", "Properties": {"LoginProfile": {"Password": {"Ref": "P"}}}}, "R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": {"Fn::Sub": "${P}-${N}"}, "AssumeRolePolicyDocument": {"Statement": []}}}}`
	set, err := ReadSetWith("t.json", []byte(part), Options{Parameters: map[string]string{"P": "FALSESECRET", "N": "n"}})
	if err != nil {
		t.Fatal(err)
	}
	if name := set.Principals[0].Name; name != "${Ref:P}-n" || !slices.Equal(set.SecretParameters, []string{"P"}) {
		t.Errorf("the name is %q, the secret parameters are %q", name, set.SecretParameters)
	}
}
