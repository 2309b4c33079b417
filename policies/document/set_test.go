// Tests of reading sets: what the principals of a template hold.

package document

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const trust = `AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}}`

// outline returns what a set holds, one line per principal.
func outline(s *Set) string {
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
		{"a role with all there is", `
Resources:
  R: {Type: "AWS::IAM::Role", Properties: {RoleName: role, ` + trust + `, PermissionsBoundary: !Ref B,
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
		{"a policy of AWS with the name of ours", `
R: {Type: "AWS::IAM::Role", Properties: {` + trust + `, ManagedPolicyArns: ["arn:aws:iam::aws:policy/named"]}}
N: {Type: "AWS::IAM::ManagedPolicy", Properties: {ManagedPolicyName: named, PolicyDocument: ` + allow("a:n") + `}}
`, "policy named (N) [named inline=false: a:n]\nrole R (R) trust=[Service ec2.amazonaws.com] attached=arn:aws:iam::aws:policy/named\n"},
		{"a user in groups", `
U: {Type: "AWS::IAM::User", Properties: {Groups: [!Ref G, other]}}
G: {Type: "AWS::IAM::Group", Properties: {GroupName: gg, ManagedPolicyArns: [x], Policies: [{PolicyName: in, PolicyDocument: ` + allow("a:g") + `}]}}
H: {Type: "AWS::IAM::Group", Properties: {Policies: [{PolicyName: in, PolicyDocument: ` + allow("a:h") + `}]}}
T: {Type: "AWS::IAM::UserToGroupAddition", Properties: {GroupName: !Ref H, Users: [!Ref U]}}
`, "group H (H) [in inline=true: a:h]\ngroup gg (G) [in inline=true: a:g] attached=x\n" +
			"user U (U) [group H: in inline=true: a:h] [group gg: in inline=true: a:g] attached=x\n"},
		{"conditions of the template", `
R: {Type: "AWS::IAM::Role", Condition: C, Properties: {` + trust + `, ManagedPolicyArns: !If [D, [x], [y]],
  Policies: [!If [D, {PolicyName: in, PolicyDocument: ` + allow("a:in") + `}, !Ref AWS::NoValue]]}}
`, "role R (R) trust=[Service ec2.amazonaws.com] when=C [in inline=true: a:in if C and D] attached=x,y when=map[x:[[D]] y:[[!D]]]\n"},
		{"policies that are attached if", `
R: {Type: "AWS::IAM::Role", Properties: {` + trust + `, ManagedPolicyArns: [!If [D, !Ref P, !Ref AWS::NoValue], x, !If [D, x, y]]}}
S: {Type: "AWS::IAM::Role", Properties: {` + trust + `, ManagedPolicyArns: [!If [D, !Ref P, !Ref AWS::NoValue], !Ref P]}}
P: {Type: "AWS::IAM::ManagedPolicy", Properties: {PolicyDocument: ` + allow("a:b") + `, Roles: !If [E, [!Ref S], [t]]}}
`, `role R (R) trust=[Service ec2.amazonaws.com] [P inline=false: a:b if D] attached=x,y when=map[y:[[!D]]]
role S (S) trust=[Service ec2.amazonaws.com] [P inline=false: a:b if D] [P inline=false: a:b]
role t () [P inline=false: a:b if !E]
`},
		{"a policy that nobody has", `P: {Type: "AWS::IAM::Policy", Properties: {PolicyName: p, PolicyDocument: ` + allow("a:b") + `}}`, "policy p (P) [p inline=true: a:b]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			set, err := ReadSet("dir/p", []byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, outline(set)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestReadSetRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a list", `[]`, `p:1:1: is a list: expected a policy document`},
		{"something else", `a: 1`, `p:1:1: is neither a policy document`},
		{"no resources", `AWSTemplateFormatVersion: x`, `a template needs Resources`},
		{"no type", "Resources:\n  A: {Properties: {}}", `p:2:3: resource A needs Type`},
		{"no trust policy", "Resources:\n  A: {Type: AWS::IAM::Role}", `p:2:3: role A needs AssumeRolePolicyDocument`},
		{"no document", "Resources:\n  A: {Type: AWS::IAM::ManagedPolicy}", `p:2:3: policy A needs PolicyDocument`},
		{"wrong document", "Resources:\n  A: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: {Effect: Allow, Action: 5}}}}", `p:2:103: Action must be`},
		{"loop over resources", "Resources:\n  Fn::ForEach::X: [a]", `p:2:3: Fn::ForEach::X over resources`},
		{"policies no list", "A: {Type: AWS::IAM::User, Properties: {Policies: x}}", `Policies must be a list, not the string "x"`},
	} {
		if _, err := ReadSet("p", []byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestReadSetTellsWhatItDoesNotRead(t *testing.T) {
	set, err := ReadSet("p.yaml", []byte(`Resources:
  B: {Type: "AWS::S3::BucketPolicy", Properties: {PolicyDocument: {Statement: {Effect: Allow, Principal: "*", Action: "s3:*"}}}}
  K: {Type: "AWS::KMS::Key", Properties: {KeyPolicy: !If [C, {Statement: {Effect: Allow}}, {}]}}
  N: {Type: "AWS::CloudFormation::Stack", Properties: {TemplateURL: x}}
  F: {Type: "AWS::Serverless::Function", Properties: {Policies: AdministratorAccess}}
  W: {Type: "AWS::WAFv2::WebACL", Properties: {Rules: [{Statement: {GeoMatchStatement: {}}}]}}
  T: {Type: "AWS::SNS::Topic"}
  R: {Type: "AWS::IAM::Role", Properties: {`+trust+`}}
`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range set.Unread {
		got = append(got, u.String())
	}
	want := []string{"p.yaml:2:3: AWS::S3::BucketPolicy B", "p.yaml:3:3: AWS::KMS::Key K", "p.yaml:4:3: AWS::CloudFormation::Stack N", "p.yaml:5:3: AWS::Serverless::Function F"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestReadSetWantsAllProperties(t *testing.T) {
	for _, c := range []struct{ properties, want string }{
		{`{` + trust + `, "Fn::Transform": {Name: AWS::Include}}`, "Fn::Transform over the properties of R cannot be read"},
		{`!If [C, {}, {}]`, "Fn::If over the properties of R cannot be read"},
		{`x`, "Properties of R must be a mapping, not the string"},
	} {
		_, err := ReadSet("p.yaml", []byte(`R: {Type: "AWS::IAM::User", Properties: `+c.properties+"}"))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.properties, err, c.want)
		}
	}
}

func TestReadSetIsBounded(t *testing.T) {
	// A policy of 400 statements for each of 300 roles.
	statement := `{Effect: Allow, Action: "a:b", Resource: "*"}, `
	text := `P: {Type: "AWS::IAM::ManagedPolicy", Properties: {PolicyDocument: {Statement: [` + strings.Repeat(statement, 400) + `]}, Roles: [`
	for i := range 300 {
		text += fmt.Sprintf("r%d, ", i)
	}
	_, err := ReadSet("p.yaml", []byte(text+"]}}"))
	if err == nil || !strings.HasPrefix(err.Error(), "p.yaml:1:") || !strings.Contains(err.Error(), "more than 100000 statements") {
		t.Errorf("120,000 statements: %v", err)
	}
}
