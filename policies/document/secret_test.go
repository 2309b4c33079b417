package document

import (
	"strings"
	"testing"
)

// A password becomes visible in several ways, or not at all. The property can be
// written with any intrinsic function.
func TestSecrets(t *testing.T) {
	for password, want := range map[string]string{
		"x":                                  "in the template",
		"123":                                "in the template",
		"''":                                 "",
		"!Ref AWS::StackId":                  "in the template",
		"!Ref Shown":                         "in a parameter without NoEcho Shown",
		"!Ref Hidden":                        "",
		"!Ref Stored":                        "in Systems Manager, unencrypted Stored",
		"!Ref Known":                         "in the default of a parameter Known",
		"!Ref Chosen":                        "in the allowed values of a parameter Chosen",
		"!Ref Referenced":                    "",
		"!Ref Optional":                      "in the allowed values of a parameter Optional",
		"!Ref Empty":                         "",
		"!Sub '${Optional}abcdefgh${Shown}'": "in the allowed values of a parameter Optional, in a parameter without NoEcho Shown",
		"Fn::GetStackOutput: {StackName: !Ref Hidden, OutputName: x}": "in an output of another stack",
		"!Ref Elsewhere":                                                       "",
		"!Sub '${Hidden}x'":                                                    "",
		"!Sub '${Shown}x'":                                                     "in a parameter without NoEcho Shown",
		"!Sub ['${a}', {a: !Ref Hidden}]":                                      "",
		"!Sub ['${a}', {a: y}]":                                                "in the template",
		"!Sub '${!Hidden}'":                                                    "in the template",
		"!Join ['', [x, !Ref Hidden]]":                                         "",
		"!Join ['', [x, y]]":                                                   "in the template",
		"!Select [0, [x, !Ref Hidden]]":                                        "", // Fn::Select is not evaluated
		"Fn::Base64: x":                                                        "in the template",
		"!If [C, !Ref Hidden, x]":                                              "in the template",
		"!If [C, !Ref Hidden, !Ref 'AWS::NoValue']":                            "",
		"!If [C, !Ref Shown, x]":                                               "in a parameter without NoEcho Shown, in the template",
		"!If [C, x, !If [C, y, z]]":                                            "in the template",
		"!If [C, !Ref Known, !Ref Shown]":                                      "in the default of a parameter Known, in a parameter without NoEcho Shown",
		"!Sub 'abcdefgh${Shown}'":                                              "a part in the template, in a parameter without NoEcho Shown",
		"!Sub '${Shown}abcd${AWS::Region}efgh'":                                "in a parameter without NoEcho Shown, a part in the template",
		"!Sub '${Shown}-${Known}'":                                             "in a parameter without NoEcho Shown", // the default x alone is not a secret
		"!Sub 'abcdefgh${Hidden}'":                                             "",
		"!If [C, abcdefgh, !Sub 'abcdefgh${Shown}']":                           "in the template, in a parameter without NoEcho Shown",
		"!FindInMap [M, a, b]":                                                 "in the template",
		"!Sub ['${m}${Shown}', {m: !FindInMap [M, a, b]}]":                     "a part in the template, in a parameter without NoEcho Shown",
		"!If [C, !Sub 'abcdefgh${Shown}', abcdefgh]":                           "in the template, in a parameter without NoEcho Shown",
		"!If [C, !Ref Shown, !Ref Other]":                                      "in a parameter without NoEcho Shown, in a parameter without NoEcho Other",
		"!Sub 'abcdefgh${Chosen}'":                                             "in the allowed values of a parameter Chosen",
		"!ImportValue x":                                                       "in the export of a stack",
		"'{{resolve:ssm:x}}'":                                                  "in Systems Manager, unencrypted",
		"'{{resolve:ssm-secure:x}}'":                                           "",
		"'{{resolve:secretsmanager:x}}'":                                       "",
		"!Sub '{{resolve:secretsmanager:${Shown}}}'":                           "",
		"!Sub '{{resolve:ssm:/${Shown}/password:1}}'":                          "in Systems Manager, unencrypted",
		"!Sub '{{resolve:ssm:${Hidden}}}'":                                     "in Systems Manager, unencrypted",
		"!Sub '{{resolve:ssm:/${Known}}}abcdefgh${Shown}'":                     "in Systems Manager, unencrypted, a part in the template, in a parameter without NoEcho Shown",
		"!Sub '{{resolve:ssm:x}}${Shown}'":                                     "in Systems Manager, unencrypted, in a parameter without NoEcho Shown",
		"!Join ['', ['{{resolve:ssm:', !Ref Shown, '}}']]":                     "in Systems Manager, unencrypted",
		"!Join [':', ['{{resolve', secretsmanager, !Ref Known, 'String:p}}']]": "",
		"!Join ['', !Split [',', !Ref Shown]]":                                 "in a parameter without NoEcho Shown",
		"!Sub ['{{resolve:${s}:x}}', {s: secretsmanager}]":                     "",
		"!GetAtt Custom.Password":                                              "",
		// Branches that expose a secret in the same way or in different ways.
		"!If [C, !Sub 'abcdefgh${Shown}', !Sub 'abcdefgi${Shown}']": "a part in the template, in a parameter without NoEcho Shown",
		"!Sub ['${v}', {v: !If [C, x, !Ref Shown]}]":                "in the template, in a parameter without NoEcho Shown",
		"!Sub ['${v}${Shown}', {v: !If [C, abc, abcdefgh]}]":        "a part in the template, in a parameter without NoEcho Shown",
		"!Sub ['${v}${Shown}', {v: !If [C, abcdefgh, abc]}]":        "a part in the template, in a parameter without NoEcho Shown",
		"!Sub ['${v}${Shown}', {v: !If [C, abc, def]}]":             "in a parameter without NoEcho Shown",
		// Lists, and parts that are absent.
		"!Select [0, [x, y]]":                          "in the template",
		"!Select [0, [abcdefgh, '']]":                  "in the template",
		"!Select [0, [abcdefgh, !Ref 'AWS::NoValue']]": "in the template",
		"!GetAtt [Custom, Password]":                   "",
		"Fn::ToJsonString: {a: x}":                     "in the template",
		"Fn::ToJsonString: {a: !Ref Hidden}":           "",
		"'{\"user\":\"x\"}'":                           "in the template", // a password is not read as JSON
		// Defaults and allowed values beside other texts.
		"!Sub '${Known}abcdefgh'":   "in the default of a parameter Known",
		"!Sub '${Shown}${Long}'":    "in a parameter without NoEcho Shown, in the default of a parameter Long",
		"!Sub '${Shown}${Chosen}'":  "in a parameter without NoEcho Shown",
		"!Sub '${Shown}${Rising}'":  "in a parameter without NoEcho Shown",
		"!Sub '${Shown}${Falling}'": "in a parameter without NoEcho Shown",
		"!Ref Blank":                "in a parameter without NoEcho Blank",
		"!Ref Stated":               "in Systems Manager, unencrypted Stated",
		"!Ref Safe":                 "",
		"!Ref Encrypted":            "",
		"!Ref Both":                 "",
		"!Ref Other2":               "",
		// CloudFormation refuses these functions.
		"Fn::If: [C, x]":       "",
		"Fn::If: x":            "",
		"Fn::Join: ['']":       "",
		"Fn::Join: x":          "",
		"Fn::Join: [[x], [y]]": "in the template",
		"Fn::Select: [0]":      "",
		"Fn::Sub: [x]":         "",
		"Fn::Sub: [[x], {}]":   "",
		"Fn::Sub: {a: b}":      "",
		"Ref: [x]":             "",
	} {
		set, err := ReadSet("t.yaml", []byte(`
Parameters: {Long: {Type: String, NoEcho: true, Default: abcdefghij}, Rising: {Type: String, NoEcho: true, AllowedValues: [y, abcdefgh]}, Falling: {Type: String, NoEcho: true, AllowedValues: [abcdefgh, y]}, Blank: {Type: String, Default: ''}, Stated: {Type: String, Default: '{{resolve:ssm:x}}'}, Safe: {Type: String, Default: '{{resolve:secretsmanager:x}}'}, Encrypted: {Type: String, Default: '{{resolve:ssm-secure:x}}'}, Both: {Type: String, Default: '{{resolve:ssm:x}}{{resolve:secretsmanager:x}}'}, Other2: {Type: String, Default: '{{resolve:other:x}}'}, Shown: {Type: String}, Other: {Type: String}, Hidden: {Type: String, NoEcho: true}, Stored: {Type: 'AWS::SSM::Parameter::Value<String>'}, Known: {Type: String, NoEcho: true, Default: x}, Chosen: {Type: String, NoEcho: true, AllowedValues: [x, y]}, Optional: {Type: String, NoEcho: true, AllowedValues: [falsesecret, '', falsesecret2]}, Empty: {Type: String, NoEcho: true, AllowedValues: ['']}, Referenced: {Type: String, NoEcho: true, AllowedValues: ['{{resolve:secretsmanager:x}}', x]}}
Conditions: {C: !Equals [!Ref Shown, x]}
Mappings: {M: {a: {b: x}}}
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
		var all []string
		for _, s := range set.Secrets {
			one := strings.TrimSpace(string(s.How) + " " + s.Parameter)
			if s.Partial {
				one = "a part " + one
			}
			if s.Name != "U" {
				t.Errorf("%s: the user is %q", password, s.Name)
			}
			all = append(all, one)
		}
		if got := strings.Join(all, ", "); got != want {
			t.Errorf("%s: %q, want %q", password, got, want)
		}
	}
}

// The branches of an Fn::If around the property count like those in its value.
func TestSecretsInBranches(t *testing.T) {
	set, err := ReadSet("t.yaml", []byte(`
Parameters: {P: {Type: String}}
Conditions: {C: !Equals [!Ref P, x]}
Resources:
  U:
    Type: AWS::IAM::User
    Properties:
      UserName: u
      LoginProfile: !If
      - C
      - Password: !Ref P
      - Password: x
`))
	if err != nil || len(set.Secrets) != 2 || set.Secrets[0].How != InParameter || set.Secrets[1].How != InTemplate || set.Secrets[1].Line != 12 || set.Secrets[1].Name != "u" {
		t.Errorf("%v, %+v", err, set.Secrets)
	}
}

// A secret can be in a list or in an item of a list.
func TestSecretsInLists(t *testing.T) {
	for resource, want := range map[string]int{
		"{Type: AWS::AmazonMQ::Broker, Properties: {Users: [{Username: u, Password: !Ref H}, {Username: v, Password: x}]}}":                              1,
		"{Type: AWS::AmazonMQ::Broker, Properties: {Users: [{Username: u, Password: !Ref H}]}}":                                                          0,
		"{Type: AWS::AmazonMQ::Broker, Properties: {Users: !If [C, [!If [C, {Password: x}, !Ref 'AWS::NoValue']], !Ref 'AWS::NoValue']}}":                1,
		"{Type: AWS::ElastiCache::User, Properties: {Passwords: [!Ref H, x]}}":                                                                           1,
		"{Type: AWS::ElastiCache::User, Properties: {Passwords: [!Ref H]}}":                                                                              0,
		"{Type: AWS::MemoryDB::User, Properties: {AuthenticationMode: {Type: password, Passwords: [x]}}}":                                                1,
		"{Type: AWS::ElasticLoadBalancingV2::Listener, Properties: {DefaultActions: [{AuthenticateOidcConfig: {ClientId: x, ClientSecret: x}}]}}":        1,
		"{Type: AWS::ElasticLoadBalancingV2::Listener, Properties: {DefaultActions: [{AuthenticateOidcConfig: {ClientId: x, ClientSecret: !Ref H}}]}}":   0,
		"{Type: AWS::Cognito::UserPoolIdentityProvider, Properties: {ProviderDetails: {client_id: x, client_secret: x}}}":                                1,
		"{Type: AWS::DMS::Endpoint, Properties: {Username: x, Password: x}}":                                                                             1,
		"{Type: AWS::DMS::Endpoint, Properties: {MongoDbSettings: {Username: x, Password: x}}}":                                                          1,
		"{Type: AWS::QuickSight::DataSource, Properties: {Credentials: {CredentialPair: {Username: x, Password: x}}}}":                                   1,
		"{Type: AWS::QuickSight::DataSource, Properties: {Credentials: {CredentialPair: {Username: x, Password: !Ref H}}}}":                              0,
		"{Type: AWS::DMS::Endpoint, Properties: {Username: x}}":                                                                                          0,
		"{Type: AWS::SecretsManager::Secret, Properties: {SecretString: {'Fn::ToJsonString': {user: u, password: x}}}}":                                  1,
		"{Type: AWS::SecretsManager::Secret, Properties: {SecretString: {'Fn::ToJsonString': {user: u, password: !Ref H}}}}":                             0,
		"{Type: AWS::SecretsManager::Secret, Properties: {SecretString: !Sub 'postgres://database/${S}'}}":                                               1, // the secret is the parameter, not the URL around it
		"{Type: AWS::OpenSearchService::Domain, Properties: {AdvancedSecurityOptions: {MasterUserOptions: {MasterUserName: x, MasterUserPassword: x}}}}": 1,
		"{Type: AWS::Elasticsearch::Domain, Properties: {AdvancedSecurityOptions: {MasterUserOptions: {MasterUserName: x, MasterUserPassword: x}}}}":     1,
		"{Type: AWS::FSx::FileSystem, Properties: {WindowsConfiguration: {SelfManagedActiveDirectoryConfiguration: {UserName: x, Password: x}}}}":        1,
		"{Type: AWS::EMR::Cluster, Properties: {KerberosAttributes: {Realm: x, KdcAdminPassword: x}}}":                                                   1,
		"{Type: AWS::Lightsail::Database, Properties: {MasterUserPassword: x}}":                                                                          1,
		"{Type: AWS::KinesisFirehose::DeliveryStream, Properties: {RedshiftDestinationConfiguration: {Username: x, Password: x}}}":                       1,
		"{Type: AWS::AppStream::DirectoryConfig, Properties: {ServiceAccountCredentials: {AccountName: x, AccountPassword: x}}}":                         1,
		"{Type: AWS::CodePipeline::Webhook, Properties: {AuthenticationConfiguration: {SecretToken: x}}}":                                                1,
		"{Type: AWS::Events::Connection, Properties: {AuthParameters: {ApiKeyAuthParameters: {ApiKeyName: x, ApiKeyValue: x}}}}":                         1,
		"{Type: AWS::Events::Connection, Properties: {AuthParameters: {BasicAuthParameters: {Password: !Ref H}}}}":                                       0,
		"{Type: AWS::EC2::VPNConnection, Properties: {VpnTunnelOptionsSpecifications: [{PreSharedKey: x}]}}":                                             1,
		"{Type: AWS::IAM::ServerCertificate, Properties: {PrivateKey: x}}":                                                                               1,
		"{Type: Alexa::ASK::Skill, Properties: {AuthenticationConfiguration: {ClientSecret: x, RefreshToken: y}}}":                                       2,
		"{Type: AWS::Amplify::App, Properties: {OauthToken: x}}":                                                                                         1,
	} {
		set, err := ReadSet("t.yaml", []byte("Parameters: {S: {Type: String}, H: {Type: String, NoEcho: true}}\nConditions: {C: !Equals [!Ref H, x]}\nResources:\n  R: "+resource+"\n  U: {Type: AWS::IAM::User}\n"))
		if err != nil || len(set.Secrets) != want {
			t.Errorf("%s: %v, %+v", resource, err, set.Secrets)
		}
	}
}

// An output shows the secret of an access key, wherever it is in the value.
func TestSecretsInOutputs(t *testing.T) {
	for value, want := range map[string]int{
		"!GetAtt K.SecretAccessKey": 1, "!Sub '${U.Arn} ${K.SecretAccessKey}'": 1, "!Join [':', [!Ref K, !GetAtt K.SecretAccessKey]]": 1,
		"!Ref K": 0, "!GetAtt C.SecretAccessKey": 0, "!GetAtt K.Other": 0,
	} {
		set, err := ReadSet("t.yaml", []byte("Resources: {U: {Type: AWS::IAM::User}, K: {Type: AWS::IAM::AccessKey, Properties: {UserName: !Ref U}}, C: {Type: Custom::Key}}\nOutputs: {O: {Value: "+value+"}}"))
		if err != nil || len(set.Secrets) != want {
			t.Errorf("%s: %v, %+v", value, err, set)
		}
	}
}

// The resources of a loop have secrets too.
func TestSecretsInLoops(t *testing.T) {
	set, err := ReadSet("t.yaml", []byte(`
Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Databases:
  - Name
  - [A, B]
  - "${Name}Db": {Type: AWS::RDS::DBInstance, Properties: {MasterUserPassword: x}}
`))
	if err != nil || len(set.Secrets) != 1 || set.Secrets[0].How != InTemplate || set.Secrets[0].LogicalID != "Fn::ForEach::Databases" || set.Secrets[0].Line != 7 {
		t.Errorf("%v, %+v", err, set.Secrets)
	}
}
