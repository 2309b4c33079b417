// Tests that a managed policy that is used in one set only is neither new nor removed.

package diff

import (
	"testing"

	"capaboot/policies/document"
)

func TestPolicyUsedInOneSet(t *testing.T) {
	const (
		policy   = `  P: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: "s3:Get*", Resource: "*"}]}}}` + "\n"
		wider    = `  P: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]}}}` + "\n"
		trust    = `AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]}`
		role     = "  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, " + trust + "}}\n"
		attached = "  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, ManagedPolicyArns: [!Ref P], " + trust + "}}\n"
		bounded  = "  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, PermissionsBoundary: !Ref P, " + trust + "}}\n"
		queue    = `  P: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: "sqs:*", Resource: !GetAtt Q.Arn}]}}}` + "\n"
		q1       = "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: one}}\n"
		q2       = "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: two}}\n"
		maybe    = "  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, ManagedPolicyArns: [!If [C, !Ref P, !Ref 'AWS::NoValue']], " + trust + "}}\n"
		optional = "  R: {Type: AWS::IAM::Role, Condition: C, Properties: {RoleName: r, ManagedPolicyArns: [!Ref P], " + trust + "}}\n"
		without  = "  R: {Type: AWS::IAM::Role, Condition: C, Properties: {RoleName: r, " + trust + "}}\n"
		second   = "  S: {Type: AWS::IAM::Role, Properties: {RoleName: p, " + trust + "}}\n"
		bucket   = "  p: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: b, PolicyDocument: {Statement: [{Effect: Allow, Principal: '*', Action: 's3:*', Resource: '*'}]}}}\n"
		inline   = `  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: "s3:Get*", Resource: "*"}]}}], ` + trust + "}}\n"
	)
	for _, test := range []struct {
		name, before, after string
		want                map[string]Status
	}{
		{"attached before", policy + attached, policy + role, map[string]Status{"role r": Changed}},
		{"attached after", policy + role, policy + attached, map[string]Status{"role r": Changed}},
		{"the boundary before", policy + bounded, policy + role, map[string]Status{"role r": Changed}},
		{"the boundary after", policy + role, policy + bounded, map[string]Status{"role r": Changed}},
		{"wider and attached before", policy + attached, wider + role, map[string]Status{"role r": Changed, "policy p": Changed}},
		{"the boundary before, and wider", policy + bounded, wider + role, map[string]Status{"role r": Changed, "policy p": Changed}},
		{"attached before, and another queue", q1 + queue + attached, q2 + queue + role, map[string]Status{"role r": Changed, "policy p": Changed}},
		{"attached after, and another queue", q1 + queue + role, q2 + queue + attached, map[string]Status{"role r": Changed, "policy p": Changed}},
		{"attached under a condition before", policy + maybe, policy + role, map[string]Status{"role r": Changed}},
		{"attached under a condition after", policy + role, policy + maybe, map[string]Status{"role r": Changed}},
		{"attached to a role with a condition before", policy + optional, policy + without, map[string]Status{"role r": Changed}},
		{"attached to a role with a condition after", policy + without, policy + optional, map[string]Status{"role r": Changed}},
		{"attached under a condition before, and wider", policy + maybe, wider + role, map[string]Status{"role r": Changed, "policy p": Changed}},
		{"an inline policy with the name", inline, policy + role, map[string]Status{"role r": Changed, "policy p": New}},
		{"wider, and used on neither side", policy + role, wider + role, map[string]Status{"policy p": Changed}},
		{"a new role with the name of the policy", policy + attached, policy + attached + second, map[string]Status{"role p": New}},
		{"a removed role with the name of the policy", policy + attached + second, policy + attached, map[string]Status{"role p": Removed}},
		{"a new resource policy with the name of the policy", policy + attached, policy + attached + bucket, map[string]Status{"policy p": New}},
		{"new", role, policy + role, map[string]Status{"policy p": New}},
	} {
		read := func(resources string) *document.Set {
			set, err := document.ReadSet("t.yaml", []byte("Parameters: {E: {Type: String}}\nConditions: {C: !Equals [!Ref E, x]}\nResources:\n"+resources))
			if err != nil {
				t.Fatal(err)
			}
			return set
		}
		found := Compare(document.Merge(read(test.before)), document.Merge(read(test.after))).Principals
		if len(found) != len(test.want) {
			t.Errorf("%s: %d principals differ, want %d: %+v", test.name, len(found), len(test.want), found)
		}
		for _, p := range found {
			if status, ok := test.want[p.Kind+" "+p.Name]; !ok || status != p.Status {
				t.Errorf("%s: %s %s is %s, want %s", test.name, p.Kind, p.Name, p.Status, status)
			}
		}
	}
}

// A new policy that nothing uses is new, even if another template has a policy with the
// same logical ID that a role uses.
func TestUnusedPolicyBesideUsedOne(t *testing.T) {
	const (
		policy   = "Resources:\n  P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}}\n"
		attached = policy + "  R: {Type: AWS::IAM::Role, Properties: {ManagedPolicyArns: [!Ref P], AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}}}\n"
		nothing  = "Resources:\n  T: {Type: AWS::SNS::Topic}\n"
	)
	merged := func(files ...string) *document.Set {
		var sets []*document.Set
		for i, text := range files {
			set, err := document.ReadSet(string(rune('a'+i))+".yaml", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			sets = append(sets, set)
		}
		return document.Merge(sets...)
	}
	for name, test := range map[string]struct {
		before, after *document.Set
		want          Status
	}{
		"new":                             {merged(attached, nothing), merged(attached, policy), New},
		"removed":                         {merged(attached, policy), merged(attached, nothing), Removed},
		"the second of two that are used": {merged(attached, attached), merged(attached, attached, policy), New},
	} {
		found := Compare(test.before, test.after).Principals
		if len(found) != 1 || found[0].Kind != "policy" || found[0].Status != test.want {
			t.Errorf("%s: %+v", name, found)
		}
	}
}

// If a setting decides which access a part gives, a change of the setting
// counts as a change of the part.
func TestSettingsOfPartsThatAreNotRead(t *testing.T) {
	for name, test := range map[string]struct{ before, after string }{
		"ACLs that take effect": {"{Type: AWS::S3::Bucket, Properties: {AccessControl: PublicRead, OwnershipControls: {Rules: [{ObjectOwnership: BucketOwnerEnforced}]}}}",
			"{Type: AWS::S3::Bucket, Properties: {AccessControl: PublicRead, OwnershipControls: {Rules: [{ObjectOwnership: ObjectWriter}]}}}"},
		"the repositories of a policy": {`{Type: AWS::ECR::RepositoryCreationTemplate, Properties: {Prefix: a, RepositoryPolicy: '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "ecr:*"}}'}}`,
			`{Type: AWS::ECR::RepositoryCreationTemplate, Properties: {Prefix: ROOT, RepositoryPolicy: '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "ecr:*"}}'}}`},
	} {
		var sets []*document.Set
		for _, resource := range []string{test.before, test.after} {
			set, err := document.ReadSet("t.yaml", []byte("Resources:\n  X: "+resource+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			sets = append(sets, set)
		}
		if found := Compare(sets[0], sets[1]).Principals; len(found) != 1 || len(found[0].Gained) == 0 {
			t.Errorf("%s: %+v", name, found)
		}
	}
}
