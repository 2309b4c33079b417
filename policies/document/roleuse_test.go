// Tests of resources that use a role, and of passwords, ACLs of buckets and other
// resources that give access.

package document

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// usesOf returns the credential sources of the resource X ("+role r") and the
// unread parts of X.
func usesOf(t *testing.T, resource string) string {
	t.Helper()
	set, err := ReadSet("t.yaml", []byte("Parameters: {P: {Type: String}}\nConditions: {C: !Equals [!Ref P, a]}\nResources:\n"+
		"  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, "+trustProperty+"}}\n"+
		"  I: {Type: AWS::IAM::InstanceProfile, Properties: {InstanceProfileName: prof, Roles: [!Ref R]}}\n"+
		"  X: "+resource+"\n"))
	if err != nil {
		t.Fatalf("%s: %v", resource, err)
	}
	var got []string
	for _, source := range set.CredentialSources {
		if source.LogicalID != "X" {
			continue
		}
		for _, p := range source.Principals {
			got = append(got, strings.Join(append([]string{"+" + string(p.Kind), p.Name}, p.When...), " "))
		}
	}
	for _, u := range set.Unread {
		if u.Role != "" && (u.Grants || u.Resource() != strings.TrimSpace(strings.SplitN(u.Type, " ", 2)[0])+" X") {
			t.Errorf("%s: wrong part %+v", resource, u)
		}
		text := u.Type
		if u.Grants {
			text += " grants"
		}
		got = append(got, text)
	}
	slices.Sort(got)
	return strings.Join(got, ", ")
}

func TestRoleUses(t *testing.T) {
	for _, c := range []struct{ name, resource, want string }{
		{"a function with a role of the template", "{Type: AWS::Lambda::Function, Properties: {Role: !GetAtt R.Arn}}", "+role r"},
		{"by ARN", "{Type: AWS::Lambda::Function, Properties: {Role: !Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/path/r'}}", "+role r"},
		{"by name", "{Type: AWS::Glue::Job, Properties: {Role: r}}", "+role r"},
		{"by ARN with a reference", "{Type: AWS::Lambda::Function, Properties: {Role: !Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${R}'}}", "+role r"},
		{"by joined ARN with a reference", "{Type: AWS::Lambda::Function, Properties: {Role: !Join [/, [!Sub 'arn:aws:iam::${AWS::AccountId}:role', !Ref R]]}}", "+role r"},
		{"a role elsewhere with the logical ID of one of the template", "{Type: AWS::Lambda::Function, Properties: {Role: 'arn:aws:iam::111122223333:role/G'}}\n  G: {Type: AWS::IAM::Role, Properties: {" + trustProperty + "}}",
			"AWS::Lambda::Function with the role arn:aws:iam::111122223333:role/G"},
		{"a role elsewhere", "{Type: AWS::Lambda::Function, Properties: {Role: 'arn:aws:iam::111122223333:role/Admin'}}", "AWS::Lambda::Function with the role arn:aws:iam::111122223333:role/Admin"},
		{"a role that a parameter names", "{Type: AWS::CodeBuild::Project, Properties: {ServiceRole: !Ref P}}", "AWS::CodeBuild::Project with the role ${Ref:P}"},
		{"under a condition", "{Type: AWS::Lambda::Function, Properties: {Role: !If [C, !GetAtt R.Arn, 'arn:aws:iam::111122223333:role/Admin']}}", "+role r C, AWS::Lambda::Function with the role arn:aws:iam::111122223333:role/Admin"},
		{"under the condition of the resource", "{Type: AWS::Lambda::Function, Condition: C, Properties: {Role: !If [C, !GetAtt R.Arn, x]}}", "+role r C"},
		{"a role under different conditions", "{Type: AWS::ECS::TaskDefinition, Properties: {TaskRoleArn: !If [C, x, !Ref 'AWS::NoValue'], ExecutionRoleArn: !If [C, !Ref 'AWS::NoValue', x]}}", "AWS::ECS::TaskDefinition with the role x, AWS::ECS::TaskDefinition with the role x"},
		{"two properties with a role", "{Type: AWS::ECS::TaskDefinition, Properties: {TaskRoleArn: x, ExecutionRoleArn: x}}", "AWS::ECS::TaskDefinition with the role x"},
		{"a profile under a condition that does not hold", "{Type: AWS::EC2::Instance, Properties: {IamInstanceProfile: !If [C, !Ref J, !Ref 'AWS::NoValue']}}\n  J: {Type: AWS::IAM::InstanceProfile, Properties: {Roles: [!If [C, !Ref 'AWS::NoValue', !Ref R]]}}", ""},
		{"a role that the template only attaches a policy to", "{Type: AWS::Lambda::Function, Properties: {Role: other}}\n  A: {Type: AWS::IAM::Policy, Properties: {PolicyName: a, Roles: [other], PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}}", "AWS::Lambda::Function with the role other"},
		{"a remediation", "{Type: AWS::Config::RemediationConfiguration, Properties: {Parameters: {AutomationAssumeRole: {StaticValue: {Values: [!ImportValue a]}}, Other: {StaticValue: {Values: [x]}}}}}", "AWS::Config::RemediationConfiguration with the role ${ImportValue:a}"},
		{"an instance", "{Type: AWS::EC2::Instance, Properties: {IamInstanceProfile: !Ref I}}", "+role r"},
		{"an instance with a profile elsewhere", "{Type: AWS::EC2::Instance, Properties: {IamInstanceProfile: r}}", "AWS::EC2::Instance with the instance profile r"},
		{"an instance with a profile elsewhere that has the logical ID of one of the template", "{Type: AWS::EC2::Instance, Properties: {IamInstanceProfile: J}}\n  J: {Type: AWS::IAM::InstanceProfile, Properties: {Roles: [!Ref R]}}", "AWS::EC2::Instance with the instance profile J"},
		{"a profile with a role elsewhere", "{Type: AWS::EC2::Instance, Properties: {IamInstanceProfile: !Ref J}}\n  J: {Type: AWS::IAM::InstanceProfile, Properties: {Roles: [other]}}",
			"AWS::EC2::Instance with the role other, AWS::IAM::InstanceProfile of the role other grants"},
		{"a profile without a role", "{Type: AWS::EC2::Instance, Properties: {IamInstanceProfile: !Ref J}}\n  J: {Type: AWS::IAM::InstanceProfile}", ""},
		{"a profile that a parameter names", "{Type: AWS::EC2::Instance, Properties: {IamInstanceProfile: !Ref P}}\n  J: {Type: AWS::IAM::InstanceProfile, Properties: {InstanceProfileName: !Ref P, Roles: [!Ref R]}}", "+role r"},
		{"options of Elastic Beanstalk", "{Type: AWS::ElasticBeanstalk::Environment, Properties: {OptionSettings: [{Namespace: a, OptionName: IamInstanceProfile, Value: prof}, {Namespace: b, OptionName: ServiceRole, Value: other}, {Namespace: c, OptionName: MinSize, Value: '1'}]}}",
			"+role r, AWS::ElasticBeanstalk::Environment with the role other"},
		{"a launch template", "{Type: AWS::EC2::LaunchTemplate, Properties: {LaunchTemplateData: {IamInstanceProfile: {Arn: !GetAtt I.Arn}}}}", "+role r"},
		{"a launch template, by name", "{Type: AWS::EC2::LaunchTemplate, Properties: {LaunchTemplateData: {IamInstanceProfile: {Name: prof}}}}", "+role r"},
		{"a choice of a structure", "{Type: AWS::EC2::LaunchTemplate, Properties: {LaunchTemplateData: {IamInstanceProfile: !If [C, {Name: prof}, !Ref 'AWS::NoValue']}}}", "+role r"},
		{"a job flow", "{Type: AWS::EMR::Cluster, Properties: {JobFlowRole: prof}}", "+role r"},
		{"two roles of a task", "{Type: AWS::ECS::TaskDefinition, Properties: {TaskRoleArn: !GetAtt R.Arn, ExecutionRoleArn: 'arn:aws:iam::111122223333:role/x'}}", "+role r, AWS::ECS::TaskDefinition with the role arn:aws:iam::111122223333:role/x"},
		{"an add-on", "{Type: AWS::EKS::Addon, Properties: {PodIdentityAssociations: [{RoleArn: !GetAtt R.Arn}]}}", "+role r"},
		{"a list", "{Type: AWS::Redshift::Cluster, Properties: {IamRoles: [!GetAtt R.Arn]}}", "+role r"},
		{"a property of another name", "{Type: AWS::X::Y, Properties: {Thing: {Other: 'arn:aws:iam::111122223333:instance-profile/x'}}}", "AWS::X::Y with the instance profile arn:aws:iam::111122223333:instance-profile/x"},
		{"an integration", "{Type: AWS::ApiGateway::Method, Properties: {Integration: {Credentials: !GetAtt R.Arn}}}", "+role r"},
		{"a SAM function", "{Type: AWS::Serverless::Function, Properties: {Role: !GetAtt R.Arn}}", "+role r"},
		{"a role in parameters", "{Type: AWS::Config::RemediationConfiguration, Properties: {Parameters: {AutomationAssumeRole: {StaticValue: {Values: [!GetAtt R.Arn]}}}}}", "+role r"},
		{"the credentials of the caller", "{Type: AWS::ApiGateway::Method, Properties: {Integration: {Credentials: 'arn:aws:iam::*:user/*'}}}", ""},
		{"the credentials of the caller in SAM", "{Type: AWS::Serverless::Api, Properties: {Auth: {InvokeRole: CALLER_CREDENTIALS, Authorizers: {A: {FunctionInvokeRole: NONE}}}}}", ""},
		{"a parameter of an SSM document", "{Type: AWS::SSM::Document, Properties: {Content: {assumeRole: '{{ AutomationAssumeRole }}'}}}", ""},
		{"a service-linked role of the template", "{Type: AWS::AutoScaling::AutoScalingGroup, Properties: {ServiceLinkedRoleARN: !Ref S}}\n  S: {Type: AWS::IAM::ServiceLinkedRole}", "AWS::IAM::ServiceLinkedRole grants"},
		{"a service-linked role", "{Type: AWS::AutoScaling::AutoScalingGroup, Properties: {ServiceLinkedRoleARN: 'arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/x'}}", ""},
		{"no role", "{Type: AWS::EC2::Instance, Properties: {IamInstanceProfile: !Ref 'AWS::NoValue'}}", ""},
		{"a variable", "{Type: AWS::CodeBuild::Project, Properties: {Environment: {EnvironmentVariables: [{Name: A, Value: !GetAtt R.Arn}]}}}", ""},
		{"data", "{Type: AWS::SSM::Parameter, Properties: {Value: !GetAtt R.Arn}}", ""},
		{"a principal of a policy", "{Type: AWS::SQS::QueuePolicy, Properties: {Queues: [q], PolicyDocument: {Statement: [{Effect: Allow, Principal: {AWS: !GetAtt R.Arn}, Action: 'sqs:*', Resource: '*'}]}}}", ""},
		{"events", "{Type: AWS::Events::Rule, Properties: {EventPattern: {detail: {requestParameters: {roleName: [Admin]}, userIdentity: {arn: [!GetAtt R.Arn]}}}}}", ""},
		{"a metric", "{Type: AWS::CloudWatch::Alarm, Properties: {Dimensions: [{Name: RoleName, Value: !Ref R}]}}", ""},
		{"who may use a portfolio", "{Type: AWS::ServiceCatalog::PortfolioPrincipalAssociation, Properties: {PrincipalARN: !GetAtt R.Arn}}", "AWS::ServiceCatalog::PortfolioPrincipalAssociation"},
		{"the role in a conversation", "{Type: AWS::Bedrock::Prompt, Properties: {Messages: [{Role: user}]}}", ""},
		{"the role of a database proxy", "{Type: AWS::RDS::DBProxyEndpoint, Properties: {TargetRole: READ_ONLY}}", ""},
		{"an association, which is unread as a whole", "{Type: AWS::EKS::PodIdentityAssociation, Properties: {RoleArn: !GetAtt R.Arn}}", "AWS::EKS::PodIdentityAssociation grants"},
		{"a password", "{Type: AWS::IAM::User, Properties: {UserName: u, LoginProfile: {Password: !Ref P}}}", "+user u"},
		{"a password under a condition", "{Type: AWS::IAM::User, Properties: {UserName: u, LoginProfile: !If [C, {Password: !Ref P}, !Ref 'AWS::NoValue']}}", "+user u C"},
		{"the password of a user under a condition", "{Type: AWS::IAM::User, Condition: C, Properties: {UserName: u, LoginProfile: {Password: !Ref P}}}", "+user u C"},
		{"no password", "{Type: AWS::IAM::User}", ""},
		{"a public bucket", "{Type: AWS::S3::Bucket, Properties: {AccessControl: PublicReadWrite}}", "AccessControl PublicReadWrite of AWS::S3::Bucket grants"},
		{"a bucket with an ACL from a parameter", "{Type: AWS::S3::Bucket, Properties: {AccessControl: !Ref P}}", "AccessControl ${Ref:P} of AWS::S3::Bucket grants"},
		{"who may use an endpoint service", "{Type: AWS::EC2::VPCEndpointServicePermissions, Properties: {AllowedPrincipals: ['*']}}", "AWS::EC2::VPCEndpointServicePermissions"},
		{"a policy of a certificate", "{Type: AWS::IoT::PolicyPrincipalAttachment, Properties: {PolicyName: p, Principal: c}}", "AWS::IoT::PolicyPrincipalAttachment"},
		{"identities without a password", "{Type: AWS::Cognito::IdentityPool, Properties: {AllowUnauthenticatedIdentities: true}}", "AWS::Cognito::IdentityPool"},
		{"a bucket for logs", "{Type: AWS::S3::Bucket, Properties: {AccessControl: LogDeliveryWrite}}", "AccessControl LogDeliveryWrite of AWS::S3::Bucket"},
		{"a bucket that may become public", "{Type: AWS::S3::Bucket, Properties: {PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: false, IgnorePublicAcls: true, RestrictPublicBuckets: true}}}", "PublicAccessBlockConfiguration of AWS::S3::Bucket"},
		{"a bucket with one switch", "{Type: AWS::S3::Bucket, Properties: {PublicAccessBlockConfiguration: {BlockPublicPolicy: true}}}", "PublicAccessBlockConfiguration of AWS::S3::Bucket"},
		{"a bucket that never becomes public", "{Type: AWS::S3::Bucket, Properties: {PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: 'true', IgnorePublicAcls: true, RestrictPublicBuckets: TRUE}}}", ""},
		{"a private bucket", "{Type: AWS::S3::Bucket, Properties: {AccessControl: Private}}", ""},
		{"a public function URL", "{Type: AWS::Lambda::Url, Properties: {AuthType: NONE}}", "AWS::Lambda::Url"},
		{"commands on instances", "{Type: AWS::SSM::Association, Properties: {Name: AWS-RunShellScript}}", "AWS::SSM::Association"},
	} {
		if d := cmp.Diff(c.want, usesOf(t, c.resource)); d != "" {
			t.Errorf("%s: -want +got:\n%s", c.name, d)
		}
	}
}

func TestLoopOverResourcesWithARole(t *testing.T) {
	for resource, want := range map[string]int{"{Type: AWS::Lambda::Function, Properties: {Role: x}}": 1, "{Type: AWS::SQS::Queue}": 0} {
		set, err := ReadSet("t.yaml", []byte(`Resources: {"Fn::ForEach::X": [a, [b], {"R${a}": `+resource+`}]}`))
		if err != nil || len(set.Unread) != want || want == 1 && set.Unread[0].Grants {
			t.Errorf("%s: %v, %+v", resource, err, set)
		}
	}
}

// The role of a SAM function can come from Globals. If the condition of a
// function changes, its unread role counts as changed.
func TestRolesOfGlobalsAndConditions(t *testing.T) {
	set, err := ReadSet("t.yaml", []byte("Transform: AWS::Serverless-2016-10-31\nGlobals: {Function: {Role: x}}\nResources: {X: {Type: AWS::Serverless::Function}}"))
	if err != nil || len(set.Unread) != 1 || set.Unread[0].Role != "role x" {
		t.Errorf("%v, %+v", err, set)
	}
	content := func(condition string) string {
		set, err := ReadSet("t.yaml", []byte("Parameters: {P: {Type: String}}\nConditions: {C: !Equals [!Ref P, a], D: !Equals [!Ref P, b]}\nResources: {X: {Type: AWS::Lambda::Function, Condition: "+condition+", Properties: {Role: x}}}"))
		if err != nil || len(set.Unread) != 1 {
			t.Fatalf("%v, %+v", err, set)
		}
		return set.Unread[0].Content
	}
	first, again, other := content("C"), content("C"), content("D")
	if first == other || first != again {
		t.Error("the content does not change with the condition of the resource")
	}
}

// A deployment can replace the default that names the role of a resource, or the user
// of an access key.
func TestDefaultsThatNameRoles(t *testing.T) {
	for _, resource := range []string{"{Type: AWS::Lambda::Function, Properties: {Role: !Sub 'arn:aws:iam::${AWS::AccountId}:role/${P}'}}", "{Type: AWS::IAM::InstanceProfile, Properties: {Roles: [!Ref P]}}", "{Type: AWS::IAM::AccessKey, Properties: {UserName: !Ref P}}"} {
		for _, value := range []string{"r", "other"} {
			set, err := ReadSet("t.yaml", []byte("Parameters: {P: {Type: String, Default: "+value+"}}\nResources:\n  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, "+trustProperty+"}}\n  U: {Type: AWS::IAM::User, Properties: {UserName: r}}\n  X: "+resource))
			if err != nil || len(set.AssumedParameters) != 1 || set.AssumedParameters[0].Default != value {
				t.Errorf("%s: %v, %+v", resource, err, set)
			}
		}
	}
}

// If a resource gets different roles under the same conditions, or if the
// conditions change, its unread parts must change. The resource must be a
// credential source even if the template creates none of its roles; otherwise,
// it would count as new when it gets a role of the template.
func TestUnknownRolesUnderConditions(t *testing.T) {
	contents := func(condition, role string) (all []string) {
		set, err := ReadSet("t.yaml", []byte("Parameters: {P: {Type: String}}\nConditions: {C: !Equals [!Ref P, "+condition+"]}\nResources: {F: {Type: AWS::Lambda::Function, Properties: {Role: !If [C, "+role+"]}}}"))
		if err != nil || len(set.Unread) != 2 || len(set.CredentialSources) != 1 {
			t.Fatalf("%v, %+v", err, set)
		}
		for _, u := range set.Unread {
			all = append(all, u.Type+" "+u.Content)
		}
		slices.Sort(all)
		return all
	}
	before := contents("a", "x, y")
	if slices.Equal(before, contents("a", "y, x")) || slices.Equal(before, contents("b", "x, y")) || !slices.Equal(before, contents("a", "x, y")) {
		t.Error("the roles do not change with the conditions")
	}
}

// A resource of one template can use a role of another. The sets of the templates
// do not change when they are merged.
func TestMergeConnectsRoleUses(t *testing.T) {
	read := func(text string) *Set {
		set, err := ReadSet("t.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	roles := read("Parameters: {P: {Type: String}}\nResources:\n  R: {Type: AWS::IAM::Role, Properties: {RoleName: shared, " + trustProperty + "}}\n  G: {Type: AWS::IAM::Role, Properties: {" + trustProperty + "}}\n" +
		"  Q: {Type: AWS::IAM::Role, Properties: {RoleName: !Ref P, " + trustProperty + "}}\n  I: {Type: AWS::IAM::InstanceProfile, Properties: {InstanceProfileName: prof, Roles: [!Ref R]}}\n  J: {Type: AWS::IAM::InstanceProfile, Properties: {Roles: [!Ref R]}}\n")
	elsewhere := read("Resources: {A: {Type: AWS::IAM::Policy, Properties: {PolicyName: a, Roles: [other], PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}}}")
	for value, want := range map[string]string{
		"Role: shared": "shared", "Role: 'arn:aws:iam::111122223333:role/path/shared'": "shared", "Role: !If [C, shared, other]": "shared C, unread role other",
		"IamInstanceProfile: prof": "shared", "IamInstanceProfile: 'arn:aws:iam::111122223333:instance-profile/prof'": "shared",
		"Role: G": "unread role G", "IamInstanceProfile: J": "unread instance profile J", "Role: !Ref P": "unread role ${Ref:P}", "Role: other": "unread role other",
	} {
		uses := read("Parameters: {P: {Type: String}}\nConditions: {C: !Equals [!Ref P, a]}\nResources: {X: {Type: AWS::X::Y, Properties: {" + value + "}}}")
		for range 2 {
			merged := Merge(uses, roles, elsewhere)
			var got []string
			for _, source := range merged.CredentialSources {
				if source.LogicalID == "X" {
					for _, p := range source.Principals {
						got = append(got, strings.Join(append([]string{p.Name}, p.When...), " "))
					}
				}
			}
			for _, u := range merged.Unread {
				got = append(got, "unread "+u.Role)
			}
			if strings.Join(got, ", ") != want {
				t.Errorf("%s: got %q, want %q", value, got, want)
			}
		}
	}
}

// Each branch of nested choices is read once. Reading it twice at each level
// would take longer than a test may take.
func TestNestedChoicesOfStructures(t *testing.T) {
	value := "{Role: !GetAtt R.Arn}"
	for range 20 {
		value = "{A: !If [C, " + value + ", {B: x}]}"
	}
	properties := strings.Repeat(value+", ", 1000)
	if got := usesOf(t, "{Type: AWS::X::Y, Properties: {A: ["+properties+"]}}"); strings.Count(got, "+role r") != 1000 {
		t.Errorf("got %s", got)
	}
}
