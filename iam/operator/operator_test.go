// Tests that the policy allows what CloudFormation's handlers need, and that it
// does not allow more.

package operator_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"capaboot/iam"
	"capaboot/iam/operator"
	"capaboot/internal/permitted"
	"capaboot/internal/table"
	"capaboot/policies/catalog"
)

const boundary = "arn:aws:iam::111122223333:policy/boundary"

// configurations has the specs of the tested configurations by name.
var configurations = map[string]string{
	"default": "",
	"all":     "  bootstrapUser: {enable: true, extraGroups: [auditors]}\n  eks: {enable: true, managedMachinePool: {}, fargate: {}, enableUserEKSConsolePolicy: true}\n  controlPlane: {enableCSIPolicy: true}\n",
	"bounded": "  permissionsBoundary: " + boundary + "\n  bootstrapUser: {enable: true}\n",
	"mixed":   "  path: /capa/\n  bootstrapUser: {enable: true, permissionsBoundary: " + boundary + "2}\n  nodes: {permissionsBoundary: " + boundary + "}\n",
	"china":   "  region: cn-north-1\n  nodes: {extraPolicyAttachments: [\"arn:aws-cn:iam::111122223333:policy/a/b\"]}\n",
	"wild":    "  path: \"/a*b?/\"\n  nameSuffix: .two\n  stackName: two\n",
	"inline":  "  nodes: {extraStatements: [{Effect: Allow, Action: [\"s3:GetObject\"], Resource: [\"*\"]}], tags: {a: b}}\n",
}

func target(t *testing.T, spec, release string) operator.Target {
	t.Helper()
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	releaseValue, err := catalogue.Resolve(release)
	if err != nil {
		t.Fatal(err)
	}
	text := "apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1\nkind: AWSIAMConfiguration\nspec:\n" + spec
	if spec == "" {
		text += "  {}\n"
	}
	loaded, err := iam.Load("iam.yaml", []byte(text), iam.Options{Catalogue: catalogue, Release: releaseValue})
	if err != nil {
		t.Fatal(err)
	}
	region := "eu-west-1"
	if loaded.Configuration.Spec.Region != "" {
		region = loaded.Configuration.Spec.Region
	}
	return operator.Target{Template: loaded.Template, StackName: loaded.Configuration.Spec.StackName, Partition: loaded.Configuration.Spec.Partition,
		Account: "111122223333", Region: region}
}

func handlers(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "cloudformation-handlers.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	_, rows, _ := strings.Cut(string(text), "\n")
	return rows
}

func policies(t *testing.T, target operator.Target, purposes ...string) operator.Policies {
	t.Helper()
	p, err := operator.PoliciesFor(target, purposes...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func readPolicy(t *testing.T, statements []catalog.PolicyStatement) permitted.Policy {
	t.Helper()
	p, err := permitted.PolicyOf(statements)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// refusedIfBounded has the actions that the policy must not allow on a role or
// user with a boundary: CloudFormation's handlers use them to remove a boundary
// or to set a password. A deployment of a configuration with a boundary does
// neither.
var refusedIfBounded = []string{"iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"}

func TestEveryHandlerIsAllowed(t *testing.T) {
	t.Parallel()
	for name, spec := range configurations {
		for _, release := range []string{"v1.0.0", "main"} {
			for _, account := range []string{"111122223333", ""} {
				where := target(t, spec, release)
				calls := permitted.HandlerCalls(where, handlers(t))
				where.Account = account
				p := policies(t, where)
				allowed := readPolicy(t, p.Caller)
				if len(calls) < 50 {
					t.Errorf("%s: only %d calls", name, len(calls))
				}
				for _, call := range calls {
					want := !call.Bounded || !slices.Contains(refusedIfBounded, call.Action)
					if got := allowed.Allows(call.Action, call.Resource, call.Context); got != want {
						t.Errorf("%s at %s, account %q: %s of %s on %s with %v: allowed is %v", name, release, account, call.Action, call.Handler, call.Resource, call.Context, got)
					}
				}
			}
		}
	}
}

// TestHandlersMatchReference checks that handlers.tsv has the same actions as
// CloudFormation's table, plus the actions that set tags at creation.
func TestHandlersMatchReference(t *testing.T) {
	t.Parallel()
	want := map[string]bool{"AWS::IAM::Role create iam:TagRole": true, "AWS::IAM::User create iam:TagUser": true}
	for _, row := range table.Rows("reference", handlers(t), 4) {
		for _, action := range strings.Fields(row[2]) {
			want[row[0]+" "+row[1]+" "+action] = true
		}
	}
	text, err := os.ReadFile("handlers.tsv")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, row := range table.Rows("handlers.tsv", string(text), 5) {
		for handler := range strings.SplitSeq(row[1], ",") {
			got[row[0]+" "+handler+" "+row[2]] = true
		}
	}
	if !maps.Equal(got, want) {
		for key := range want {
			if !got[key] {
				t.Errorf("handlers.tsv lacks %s", key)
			}
		}
		for key := range got {
			if !want[key] {
				t.Errorf("the reference does not have %s", key)
			}
		}
	}
}

func TestNothingElseIsAllowed(t *testing.T) {
	t.Parallel()
	const role, own = "arn:aws:iam::111122223333:role/nodes.cluster-api-provider-aws.sigs.k8s.io", "arn:aws:iam::111122223333:policy/nodes.cluster-api-provider-aws.sigs.k8s.io"
	const stack = "arn:aws:cloudformation:eu-west-1:111122223333:stack/cluster-api-provider-aws-sigs-k8s-io/1"
	type context = map[string]string
	for _, test := range []struct {
		name, spec, action, resource string
		context                      context
		purposes                     []string
		want                         bool
	}{
		{"a role of the template", "default", "iam:CreateRole", role, nil, nil, true},
		{"another role", "default", "iam:CreateRole", "arn:aws:iam::111122223333:role/admin", nil, nil, false},
		{"the same role name in another path", "default", "iam:CreateRole", "arn:aws:iam::111122223333:role/x/nodes.cluster-api-provider-aws.sigs.k8s.io", nil, nil, false},
		{"another account", "default", "iam:CreateRole", "arn:aws:iam::444455556666:role/nodes.cluster-api-provider-aws.sigs.k8s.io", nil, nil, false},
		{"a wildcard in a path is literal", "wild", "iam:CreateRole", "arn:aws:iam::111122223333:role/aXb?/nodes.cluster-api-provider-aws.sigs.k8s.io.two", nil, nil, false},
		{"a policy of the configuration", "default", "iam:AttachRolePolicy", role, context{"iam:PolicyARN": own}, nil, true},
		{"another policy", "default", "iam:AttachRolePolicy", role, context{"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"}, nil, false},
		{"with the configured boundary", "bounded", "iam:CreateRole", role, context{"iam:PermissionsBoundary": boundary}, nil, true},
		{"without the configured boundary", "bounded", "iam:CreateRole", role, nil, nil, false},
		{"with another boundary", "bounded", "iam:PutRolePermissionsBoundary", role, context{"iam:PermissionsBoundary": own}, nil, false},
		{"inline policies of a role without the configured boundary", "bounded", "iam:PutRolePolicy", role, nil, nil, false},
		{"a boundary is never removed", "bounded", "iam:DeleteRolePermissionsBoundary", role, context{"iam:PermissionsBoundary": boundary}, nil, false},
		{"a password of a bounded user", "bounded", "iam:CreateLoginProfile", "arn:aws:iam::111122223333:user/bootstrapper.cluster-api-provider-aws.sigs.k8s.io", nil, nil, false},
		{"a boundary per role", "mixed", "iam:CreateRole", "arn:aws:iam::111122223333:role/capa/nodes.cluster-api-provider-aws.sigs.k8s.io", context{"iam:PermissionsBoundary": boundary}, nil, true},
		{"the boundary of another role", "mixed", "iam:CreateRole", "arn:aws:iam::111122223333:role/capa/nodes.cluster-api-provider-aws.sigs.k8s.io", context{"iam:PermissionsBoundary": boundary + "2"}, nil, false},
		{"passing to EC2", "default", "iam:PassRole", role, context{"iam:PassedToService": "ec2.amazonaws.com"}, nil, true},
		{"passing to another service", "default", "iam:PassRole", role, context{"iam:PassedToService": "lambda.amazonaws.com"}, nil, false},
		{"passing a role without an instance profile", "default", "iam:PassRole", "arn:aws:iam::111122223333:role/eks-controlplane.cluster-api-provider-aws.sigs.k8s.io", context{"iam:PassedToService": "ec2.amazonaws.com"}, nil, false},
		{"passing in China", "china", "iam:PassRole", "arn:aws-cn:iam::111122223333:role/nodes.cluster-api-provider-aws.sigs.k8s.io", context{"iam:PassedToService": "ec2.amazonaws.com.cn"}, nil, true},
		{"a change set of capaboot", "default", "cloudformation:ExecuteChangeSet", stack, context{"cloudformation:ChangeSetName": "capaboot-ABC"}, nil, true},
		{"a change set of another tool", "default", "cloudformation:ExecuteChangeSet", stack, context{"cloudformation:ChangeSetName": "upgrade"}, nil, false},
		{"another stack", "default", "cloudformation:DeleteStack", "arn:aws:cloudformation:eu-west-1:111122223333:stack/cluster-api-provider-aws-sigs-k8s-io2/1", nil, nil, false},
		{"another region", "default", "cloudformation:DeleteStack", "arn:aws:cloudformation:eu-west-2:111122223333:stack/cluster-api-provider-aws-sigs-k8s-io/1", nil, nil, false},
		{"plan changes nothing in IAM", "default", "iam:CreateRole", role, nil, []string{"plan"}, false},
		{"plan executes no change set", "default", "cloudformation:ExecuteChangeSet", stack, context{"cloudformation:ChangeSetName": "capaboot-ABC"}, []string{"plan"}, false},
		{"verify reads", "default", "iam:GetRole", role, nil, []string{"verify"}, true},
		{"verify changes nothing", "default", "cloudformation:DeleteStack", stack, nil, []string{"verify"}, false},
		{"delete creates nothing", "default", "iam:CreateRole", role, nil, []string{"delete"}, false},
		{"delete attaches nothing", "default", "iam:AttachRolePolicy", role, context{"iam:PolicyARN": own}, []string{"delete"}, false},
		{"check changes nothing", "default", "iam:PutRolePolicy", role, nil, []string{"check"}, false},
		{"two purposes", "default", "iam:SimulatePrincipalPolicy", role, nil, []string{"plan", "check"}, true},
	} {
		p := policies(t, target(t, configurations[test.spec], "main"), test.purposes...)
		if got := readPolicy(t, p.Caller).Allows(test.action, test.resource, test.context); got != test.want {
			t.Errorf("%s: %s on %s with %v: allowed is %v", test.name, test.action, test.resource, test.context, got)
		}
	}
}

func TestServiceRole(t *testing.T) {
	t.Parallel()
	where := target(t, "", "main")
	where.ServiceRole = "arn:aws:iam::111122223333:role/team/cfn"
	p := policies(t, where)
	caller, service := readPolicy(t, p.Caller), readPolicy(t, p.Service)
	const role = "arn:aws:iam::111122223333:role/nodes.cluster-api-provider-aws.sigs.k8s.io"
	for _, test := range []struct {
		action, resource string
		context          map[string]string
		caller, service  bool
	}{
		{"iam:CreateRole", role, nil, false, true},
		{"iam:PassRole", where.ServiceRole, map[string]string{"iam:PassedToService": "cloudformation.amazonaws.com"}, true, false},
		{"iam:PassRole", where.ServiceRole, map[string]string{"iam:PassedToService": "ec2.amazonaws.com"}, false, false},
		{"iam:PassRole", role, map[string]string{"iam:PassedToService": "ec2.amazonaws.com"}, false, true},
		{"iam:GetRole", role, nil, true, true},
		{"cloudformation:DescribeStacks", "arn:aws:cloudformation:eu-west-1:111122223333:stack/cluster-api-provider-aws-sigs-k8s-io/1", nil, true, false},
	} {
		if got := caller.Allows(test.action, test.resource, test.context); got != test.caller {
			t.Errorf("caller: %s on %s with %v: allowed is %v", test.action, test.resource, test.context, got)
		}
		if got := service.Allows(test.action, test.resource, test.context); got != test.service {
			t.Errorf("service role: %s on %s with %v: allowed is %v", test.action, test.resource, test.context, got)
		}
	}
	if got, want := fmt.Sprint(p.Trust), "[{ Allow map[Service:[cloudformation.amazonaws.com]] map[] [sts:AssumeRole] [] map[]}]"; got != want {
		t.Errorf("the trust policy is %s, want %s", got, want)
	}
	if where.ServiceRole = "arn:aws:iam::444455556666:role/cfn"; where.Check() == nil {
		t.Error("a role of another account is accepted, which CloudFormation cannot use")
	}
	other := target(t, "", "main")
	if p := policies(t, other); p.Service != nil || p.Trust != nil {
		t.Error("a service role policy without a service role")
	}
}

func TestGrants(t *testing.T) {
	for _, test := range []struct {
		action, purpose string
		want            bool
	}{
		{"cloudformation:ExecuteChangeSet", "deploy", true},
		{"cloudformation:ExecuteChangeSet", "plan", false},
		{"iam:CreateRole", "deploy", true},
		{"iam:CreateRole", "delete", false},
		{"iam:DeleteRole", "delete", true},
		{"iam:GetRole", "verify", true},
		{"kms:Decrypt", "deploy", false},
		{"iam:GetRole", "", false},
	} {
		if got := operator.Grants(test.action, test.purpose); got != test.want {
			t.Errorf("Grants(%q, %q) is %v", test.action, test.purpose, got)
		}
	}
}
