// Tests of reading sets: the principals of a template and their policies.

package document

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const trustProperty = `AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}}`

// describeSet returns a set as text, with one line per principal.
func describeSet(s *Set) string {
	var b strings.Builder
	for _, h := range s.Principals {
		fmt.Fprintf(&b, "%s %s (%s)", h.Kind, h.Name, h.LogicalID)
		if h.Trust != nil {
			fmt.Fprintf(&b, " trust=%s", h.Trust.Statements[0].Principals)
		}
		if h.When != "" {
			fmt.Fprintf(&b, " when=%s", h.When)
		}
		for _, p := range h.Policies {
			fmt.Fprintf(&b, " [%s inline=%v:", p.Name, p.Inline)
			for _, s := range p.Document.Statements {
				fmt.Fprintf(&b, " %s", strings.Join(s.Actions, ","))
				if s.When != nil {
					fmt.Fprintf(&b, " if %s", strings.Join(s.When, " and "))
				}
			}
			b.WriteString("]")
		}
		if h.Attached != nil {
			fmt.Fprintf(&b, " attached=%s", strings.Join(h.Attached, ","))
			if len(h.AttachedWhen) > 0 {
				fmt.Fprintf(&b, " when=%v", h.AttachedWhen)
			}
		}
		if h.Boundary != "" {
			fmt.Fprintf(&b, " boundary=%s known=%v", h.Boundary, h.BoundaryPolicy != nil)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestReadSet(t *testing.T) {
	allow := func(action string) string {
		return `{Statement: {Effect: Allow, Action: "` + action + `", Resource: "*"}}`
	}
	for _, c := range []struct{ name, text, want string }{
		{"a bare document", `{"Statement": [{"Effect": "Allow", "Action": "a:b", "Resource": "*"}]}`,
			"policy p () [p inline=false: a:b]\n"},
		{"a mapping of resources", `{"A": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "a:b", "Resource": "*"}}}}}`,
			"policy A (A) [A inline=false: a:b]\n"},
		{"a role with everything", `
Resources:
  R: {Type: "AWS::IAM::Role", Properties: {RoleName: role, ` + trustProperty + `, PermissionsBoundary: !Ref B,
      Policies: [{PolicyName: in, PolicyDocument: ` + allow("a:in") + `}],
      ManagedPolicyArns: [!Ref M, "arn:aws:iam::aws:policy/X", "arn:aws:iam::123456789012:policy/path/named"]}}
  M: {Type: "AWS::IAM::ManagedPolicy", Properties: {PolicyDocument: ` + allow("a:m") + `, Roles: [!Ref R]}}
  N: {Type: "AWS::IAM::ManagedPolicy", Properties: {ManagedPolicyName: named, PolicyDocument: ` + allow("a:n") + `}}
  O: {Type: "AWS::IAM::ManagedPolicy", Properties: {PolicyDocument: ` + allow("a:o") + `, Roles: [role, elsewhere]}}
  B: {Type: "AWS::IAM::ManagedPolicy", Properties: {PolicyDocument: ` + allow("a:*") + `}}
  P: {Type: "AWS::IAM::Policy", Properties: {PolicyName: pol, PolicyDocument: ` + allow("a:p") + `, Roles: [!Ref R]}}
  Q: {Type: "AWS::IAM::RolePolicy", Properties: {PolicyName: rp, PolicyDocument: ` + allow("a:q") + `, RoleName: !Ref R}}
  S: {Type: "AWS::S3::Bucket"}
`, "role elsewhere () [O inline=false: a:o]\n" +
			"role role (R) trust=[Service ec2.amazonaws.com] [M inline=false: a:m] [O inline=false: a:o] [in inline=true: a:in] [named inline=false: a:n] [pol inline=true: a:p] [rp inline=true: a:q]" +
			" attached=arn:aws:iam::aws:policy/X boundary=${Ref:B} known=true\n"},
		{"an AWS managed policy with the name of a policy in the template", `
R: {Type: "AWS::IAM::Role", Properties: {` + trustProperty + `, ManagedPolicyArns: ["arn:aws:iam::aws:policy/named"]}}
N: {Type: "AWS::IAM::ManagedPolicy", Properties: {ManagedPolicyName: named, PolicyDocument: ` + allow("a:n") + `}}
`, "policy named (N) [named inline=false: a:n]\nrole R (R) trust=[Service ec2.amazonaws.com] attached=arn:aws:iam::aws:policy/named\n"},
		{"an ARN with the logical ID of a policy whose name AWS generates", `
Conditions: {Never: !Equals [a, b]}
Resources:
  R: {Type: "AWS::IAM::Role", Properties: {` + trustProperty + `, ManagedPolicyArns: ["arn:aws:iam::123456789012:policy/N"]}}
  N: {Type: "AWS::IAM::ManagedPolicy", Properties: {ManagedPolicyName: !If [Never, x, !Ref AWS::NoValue], PolicyDocument: ` + allow("a:n") + `}}
`, "policy N (N) [N inline=false: a:n]\nrole R (R) trust=[Service ec2.amazonaws.com] attached=arn:aws:iam::123456789012:policy/N\n"},
		{"a user in groups", `
U: {Type: "AWS::IAM::User", Properties: {Groups: [!Ref G, other]}}
G: {Type: "AWS::IAM::Group", Properties: {GroupName: gg, ManagedPolicyArns: [x], Policies: [{PolicyName: in, PolicyDocument: ` + allow("a:g") + `}]}}
H: {Type: "AWS::IAM::Group", Properties: {Policies: [{PolicyName: in, PolicyDocument: ` + allow("a:h") + `}]}}
T: {Type: "AWS::IAM::UserToGroupAddition", Properties: {GroupName: !Ref H, Users: [!Ref U]}}
`, "group H (H) [in inline=true: a:h]\ngroup gg (G) [in inline=true: a:g] attached=x\n" +
			"user U (U) [in of group H inline=true: a:h] [in of group gg inline=true: a:g] attached=x\n"},
		{"conditions of the template", `
R: {Type: "AWS::IAM::Role", Condition: C, Properties: {` + trustProperty + `, ManagedPolicyArns: !If [D, [x], [y]],
  Policies: [!If [D, {PolicyName: in, PolicyDocument: ` + allow("a:in") + `}, !Ref AWS::NoValue]]}}
`, "role R (R) trust=[Service ec2.amazonaws.com] when=C [in inline=true: a:in if C and D] attached=x,y when=map[x:[[D]] y:[[!D]]]\n"},
		{"policies attached under conditions", `
R: {Type: "AWS::IAM::Role", Properties: {` + trustProperty + `, ManagedPolicyArns: [!If [D, !Ref P, !Ref AWS::NoValue], x, !If [D, x, y]]}}
S: {Type: "AWS::IAM::Role", Properties: {` + trustProperty + `, ManagedPolicyArns: [!If [D, !Ref P, !Ref AWS::NoValue], !Ref P]}}
P: {Type: "AWS::IAM::ManagedPolicy", Properties: {PolicyDocument: ` + allow("a:b") + `, Roles: !If [E, [!Ref S], [t]]}}
`, `role R (R) trust=[Service ec2.amazonaws.com] [P inline=false: a:b if D] attached=x,y when=map[y:[[!D]]]
role S (S) trust=[Service ec2.amazonaws.com] [P inline=false: a:b if D] [P inline=false: a:b]
role t () [P inline=false: a:b if !E]
`},
		{"a boundary under a condition", `
R: {Type: "AWS::IAM::Role", Properties: {` + trustProperty + `, PermissionsBoundary: !If [C, !Ref B, !Ref AWS::NoValue]}}
B: {Type: "AWS::IAM::ManagedPolicy", Properties: {PolicyDocument: ` + allow("a:b") + `}}
`, "role R (R) trust=[Service ec2.amazonaws.com] boundary=${If:C|${Ref:B}|${AWS::NoValue}} known=false\n"},
		{"a policy not attached to anything", `P: {Type: "AWS::IAM::Policy", Properties: {PolicyName: p, PolicyDocument: ` + allow("a:b") + `}}`, "policy p (P) [p inline=true: a:b]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			set, err := ReadSet("dir/p", []byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, describeSet(set)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestReadSetRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a list", `[]`, `p:1:1: want a policy document`},
		{"something else", `a: 1`, `p:1:1: want a policy document`},
		{"no resources", `AWSTemplateFormatVersion: x`, `missing Resources`},
		{"no type", "Resources:\n  A: {Properties: {}}", `p:2:3: missing Type of resource A`},
		{"no trust policy", "Resources:\n  A: {Type: AWS::IAM::Role}", `p:2:3: missing AssumeRolePolicyDocument of role A`},
		{"no document", "Resources:\n  A: {Type: AWS::IAM::ManagedPolicy}", `p:2:3: missing PolicyDocument of policy A`},
		{"wrong document", "Resources:\n  A: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: {Effect: Allow, Action: 5}}}}", `p:2:103: Action: want`},
		{"Policies is not a list", "A: {Type: AWS::IAM::User, Properties: {Policies: x}}", `Policies: want a list, got the string "x"`},
	} {
		if _, err := ReadSet("p", []byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestReadSetReportsUnreadParts(t *testing.T) {
	role := `{Type: "AWS::IAM::Role", Properties: {` + trustProperty + `}}`
	for _, c := range []struct{ name, text, want string }{
		{"an invalid key policy", `  K: {Type: "AWS::KMS::Key", Properties: {KeyPolicy: !If [C, {Statement: {Effect: Allow}}, {}]}}`, "AWS::KMS::Key K"},
		{"a nested stack", `  N: {Type: "AWS::CloudFormation::Stack", Properties: {TemplateURL: x}}`, "AWS::CloudFormation::Stack N"},
		{"a SAM application", `  N: {Type: "AWS::Serverless::Application", Properties: {Location: x}}`, "AWS::Serverless::Application N"},
		{"a firewall", `  W: {Type: "AWS::WAFv2::WebACL", Properties: {Rules: [{Statement: {GeoMatchStatement: {}}}]}}`, ""},
		{"a topic", `  T: {Type: "AWS::SNS::Topic"}`, ""},
		{"custom resources", `  A: {Type: "Custom::Thing"}
  B: {Type: "AWS::CloudFormation::CustomResource"}
  C: {Type: "Vendor::Service::Thing"}`, "AWS::CloudFormation::CustomResource B, Custom::Thing A, Vendor::Service::Thing C"},
		{"a module", `  M: {Type: "Vendor::Service::Thing::MODULE"}`, "Vendor::Service::Thing::MODULE M"},
		{"access to a cluster", `  A: {Type: "AWS::EKS::AccessEntry", Properties: {PrincipalArn: x}}
  P: {Type: "AWS::EKS::PodIdentityAssociation", Properties: {RoleArn: x}}`, "AWS::EKS::AccessEntry A, AWS::EKS::PodIdentityAssociation P"},
		{"an identity provider", `  O: {Type: "AWS::IAM::OIDCProvider"}`, "(AWS::IAM::OIDCProvider O)"},
		{"an access key of a user outside the template", `  K: {Type: "AWS::IAM::AccessKey", Properties: {UserName: bob}}`, "AWS::IAM::AccessKey K of the user bob"},
		{"an access key of a user in the template", `  U: {Type: "AWS::IAM::User"}
  K: {Type: "AWS::IAM::AccessKey", Properties: {UserName: !Ref U}}`, ""},
		{"an instance profile of a role in the template", `  I: {Type: "AWS::IAM::InstanceProfile", Properties: {Roles: [!Ref R]}}`, ""},
		{"an instance profile of a role outside the template", `  I: {Type: "AWS::IAM::InstanceProfile", Properties: {Roles: [!Ref R, other]}}`, "AWS::IAM::InstanceProfile I of the role other"},
		{"a loop over roles", `  Fn::ForEach::X: [a, [b], {"R${a}": ` + role + `}]`, "Fn::ForEach::X"},
		{"a loop over an unknown type", `  Fn::ForEach::X: [a, [b], {"R${a}": {Type: !Ref a}}]`, "Fn::ForEach::X"},
		{"a loop over queues", `  Fn::ForEach::X: [a, [b], {"Q${a}": {Type: AWS::SQS::Queue}}]`, ""},
		{"a loop over buckets", `  Fn::ForEach::X: [a, [b], {"B${a}": {Type: AWS::S3::Bucket}}]`, ""},
		{"a loop over public buckets", `  Fn::ForEach::X: [a, [b], {"B${a}": {Type: AWS::S3::Bucket, Properties: {AccessControl: PublicRead}}}]`, "Fn::ForEach::X"},
		{"a loop over properties", `  U: {Type: "AWS::IAM::User", Properties: {"Fn::ForEach::X": [a, [b], {}]}}`, "Fn::ForEach::X in AWS::IAM::User U"},
		{"an include in a resource", `  U: {Type: "AWS::IAM::User", Properties: {"Fn::Transform": {Name: AWS::Include}}}`, "Fn::Transform in AWS::IAM::User U"},
		{"an include of a part of a queue", `  Q: {Type: "AWS::SQS::Queue", Properties: {Tags: !Transform {Name: AWS::Include}}}`, "Fn::Transform in AWS::SQS::Queue Q"},
		{"a choice of properties", `  U: {Type: "AWS::IAM::User", Properties: !If [C, {}, {}]}`, "Fn::If in place of the properties of AWS::IAM::User U"},
		{"an include over resources", `  "Fn::Transform": {Name: AWS::Include}`, "Fn::Transform"},
		{"a macro", "Transform: [MyMacro]", "Transform MyMacro"},
		{"an include", "Transform: {Name: AWS::Include, Parameters: {Location: x}}", "Transform AWS::Include"},
		{"transforms that grant nothing", "Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31, AWS::SecretsManager-2024-09-16]", ""},
		{"a rotation function", `  S: {Type: "AWS::SecretsManager::RotationSchedule", Properties: {HostedRotationLambda: {}}}
Transform: AWS::SecretsManager-2024-09-16`, "Transform AWS::SecretsManager-2024-09-16"},
	} {
		set, err := ReadSet("p.yaml", []byte("Resources:\n  R: "+role+"\n"+c.text+"\n"))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got []string
		for _, u := range set.Unread {
			if u.Line < 3 || u.Content == "" {
				t.Errorf("%s: %s has no position or content: %+v", c.name, u.Name(), u)
			}
			name := u.Name()
			if !u.Grants {
				name = "(" + name + ")"
			}
			got = append(got, name)
		}
		slices.Sort(got)
		if d := cmp.Diff(c.want, strings.Join(got, ", ")); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

func TestReadSetChecksProperties(t *testing.T) {
	_, err := ReadSet("p.yaml", []byte(`R: {Type: "AWS::IAM::User", Properties: x}`))
	if err == nil || !strings.Contains(err.Error(), "Properties of R: want a mapping, got the string") {
		t.Errorf("got %v", err)
	}
}

func TestReadSetIsBounded(t *testing.T) {
	// A policy with 400 statements, attached to 300 roles.
	statement := `{Effect: Allow, Action: "a:b", Resource: "*"}, `
	text := `P: {Type: "AWS::IAM::ManagedPolicy", Properties: {PolicyDocument: {Statement: [` + strings.Repeat(statement, 400) + `]}, Roles: [`
	for i := range 300 {
		text += fmt.Sprintf("r%d, ", i)
	}
	_, err := ReadSet("p.yaml", []byte(text+"]}}"))
	if err == nil || !strings.HasPrefix(err.Error(), "p.yaml:1:") || !strings.Contains(err.Error(), "more than 100000 policies and statements") {
		t.Errorf("120,000 statements: %v", err)
	}
}

// Equal definitions of several templates are one definition. If the templates define a
// name differently, the result has the definition of every template: A, A and B is not
// the same as A, B and B.
func TestMergedDefinitions(t *testing.T) {
	merged := func(texts ...string) string {
		var sets []*Set
		for _, text := range texts {
			sets = append(sets, &Set{Definitions: map[string]string{"Ref:X": text}})
		}
		return Merge(sets...).Definitions["Ref:X"]
	}
	if merged("A", "A") != merged("A") {
		t.Error("equal definitions count twice")
	}
	if merged("A", "A", "B") == merged("A", "B", "B") || merged("A", "A", "B") == merged("A", "B") || merged("A") == merged("B") {
		t.Error("different definitions are equal")
	}
}

// A template that is read again with a value for a parameter takes the place
// of the original template, also in the permissions boundary of another file.
func TestReplacedTemplate(t *testing.T) {
	read := func(file, text string) *Set {
		t.Helper()
		set, err := ReadSet(file, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	merged := Merge(read("role.yaml", `
Resources:
  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, PermissionsBoundary: !Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/b', AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: sts:AssumeRole}}}}
  I: {Type: AWS::IAM::InstanceProfile, Properties: {Roles: [!Ref R]}}
  Own: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: {Effect: Allow, Action: 's3:*', Resource: '*'}}}}
  U: {Type: AWS::IAM::User, Properties: {PermissionsBoundary: !Ref Own}}
`), read("boundary.yaml", `
Parameters: {Env: {Type: String, Default: dev}}
Resources:
  B: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: b, PolicyDocument: {Statement: {Effect: Allow, Action: !Sub 's3:${Env}', Resource: '*'}}}}
`))
	merged.LinkBoundaries()
	boundary := func(s *Set) string { return s.Principals[1].BoundaryPolicy.Statements[0].Actions[0] }
	templates := merged.Templates()
	if len(templates) != 1 || templates[0].File() != "boundary.yaml" || templates[0].Defaults["Env"].Value != "dev" {
		t.Fatalf("templates %v", templates)
	}
	again, err := templates[0].WithValues(map[string]string{"Env": "prod"})
	if err != nil {
		t.Fatal(err)
	}
	replaced := merged.Replaced(map[*Set]*Set{templates[0]: again})
	if boundary(replaced) != "s3:prod" || boundary(merged) != "s3:dev" || len(replaced.Principals) != 3 {
		t.Errorf("replaced: %s, original: %s", boundary(replaced), boundary(merged))
	}
	if replaced.CredentialSources[0].Principals[0].Holder != replaced.Principals[1] || merged.CredentialSources[0].Principals[0].Holder != merged.Principals[1] {
		t.Error("the instance profile has the role of another set")
	}
	if replaced.Principals[2].BoundaryLogicalID != "Own" {
		t.Errorf("a boundary of the same template: %+v", replaced.Principals[2])
	}
}

// Reading a template again does not change the values with which it was read.
func TestWithValuesKeepsEarlierParameters(t *testing.T) {
	given := map[string]string{"A": "x"}
	set, err := ReadSetWith("t.yaml", []byte("Parameters: {A: {Type: String}, B: {Type: String}}\nResources: {P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: {Effect: Allow, Action: !Sub '${A}:${B}', Resource: '*'}}}}}"), Options{Parameters: given})
	if err != nil {
		t.Fatal(err)
	}
	again, err := set.WithValues(map[string]string{"B": "y"})
	if err != nil || again.Principals[0].Policies[0].Document.Statements[0].Actions[0] != "x:y" || len(given) != 1 {
		t.Errorf("%v, %+v, given %v", err, again, given)
	}
}
