// Tests of hints, for the texts of real events.

package stackhints

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"capaboot/cfnstack"
	"capaboot/iam"
	"capaboot/internal/deadline"
	"capaboot/internal/deployed"
	"capaboot/policies/catalog"
)

// fullConfiguration is a configuration whose template has every kind of named
// resource.
const fullConfiguration = `apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1
kind: AWSIAMConfiguration
spec:
  bootstrapUser: {enable: true, userName: boot-user, groupName: boot-group}
  eks: {enableUserEKSConsolePolicy: true, managedMachinePool: {}, fargate: {}}
`

func templateOf(t *testing.T, config string) *iam.Template {
	t.Helper()
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := iam.Load("config.yaml", []byte(config), iam.Options{Catalogue: catalogue, Release: catalogue.Newest()})
	if err != nil {
		t.Fatal(err)
	}
	return loaded.Template
}

const nameSuffix = ".cluster-api-provider-aws.sigs.k8s.io"

// failureOf returns the error for a resource that failed.
func failureOf(logicalID, resourceType, reason string) error {
	return fmt.Errorf("around it: %w", &cfnstack.Failure{Reason: cfnstack.Explain(reason), Cause: &cfnstack.Event{LogicalID: logicalID, Type: resourceType, Reason: reason}})
}

// handler returns a reason in the form of CloudFormation's resource handlers.
func handler(text, code string) string {
	return `Resource handler returned message: "` + text + ` (Service: Iam, Status Code: 409, Request ID: 3fa4dbbf-86f3-4139-9b33-a02d27d186e1)" (RequestToken: 102dbe91, HandlerErrorCode: ` + code + `)`
}

func TestHintsOfNames(t *testing.T) {
	s := Situation{Template: templateOf(t, fullConfiguration), Stack: "capa", Region: " --region eu-west-1", Partition: "aws", Account: "123456789012", Deploys: true}
	adopting := s
	adopting.Adopts = true
	const find = "aws cloudformation describe-stack-resources --physical-resource-id "
	for _, test := range []struct {
		name      string
		err       error
		situation Situation
		want      []string
		unwanted  []string
	}{
		{"a role", failureOf("AWSIAMRoleNodes", "AWS::IAM::Role", handler("Role with name nodes"+nameSuffix+" already exists.", "AlreadyExists")), s,
			[]string{"nodes" + nameSuffix + " already exists in the account", find + "nodes" + nameSuffix + " --region REGION", "--import-existing", "(namePrefix, nameSuffix)"}, []string{"eks."}},
		{"a managed policy is found by its ARN", failureOf("AWSIAMManagedPolicyControllers", "AWS::IAM::ManagedPolicy", handler("A policy called controllers"+nameSuffix+" already exists. Duplicate names are not allowed.", "AlreadyExists")), s,
			[]string{find + "arn:aws:iam::123456789012:policy/controllers" + nameSuffix + " "}, nil},
		{"an EKS role of the control plane", failureOf("AWSIAMRoleEKSControlPlane", "AWS::IAM::Role", "eks-controlplane"+nameSuffix+" already exists"), s,
			[]string{"set eks.defaultControlPlaneRole.disable: true", "the name of the resource is fixed", "--import-existing"}, []string{"(namePrefix, nameSuffix)"}},
		{"an EKS role of node groups", failureOf("AWSIAMRoleEKSNodegroup", "AWS::IAM::Role", "eks-nodegroup"+nameSuffix+" already exists"), s, []string{"set eks.managedMachinePool.disable: true"}, nil},
		{"an EKS role of Fargate", failureOf("AWSIAMRoleEKSFargate", "AWS::IAM::Role", "eks-fargate"+nameSuffix+" already exists"), s, []string{"set eks.fargate.disable: true"}, nil},
		{"the bootstrap user", failureOf("AWSIAMUserBootstrapper", "AWS::IAM::User", "boot-user already exists"), s, []string{"(bootstrapUser.userName)", find + "boot-user "}, []string{"namePrefix"}},
		{"the bootstrap group", failureOf("AWSIAMGroupBootstrapper", "AWS::IAM::Group", "boot-group already exists"), s, []string{"(bootstrapUser.groupName)"}, []string{"namePrefix"}},
		{"only a name, in another letter case", &cfnstack.Failure{Reason: cfnstack.Explain("EKS-fargate" + nameSuffix + " already exists")}, s, []string{"set eks.fargate.disable: true"}, nil},
		{"no name", failureOf("AWSIAMUserBootstrapper", "AWS::IAM::User", "HandlerErrorCode: AlreadyExists"), s, []string{"boot-user already exists in the account", "(bootstrapUser.userName)"}, nil},
		{"a name that is not in the template", &cfnstack.Failure{Reason: cfnstack.Explain("x$(rm) already exists")}, s, []string{"x$(rm) already exists in the account", find + "NAME ", "(namePrefix, nameSuffix)"}, nil},
		{"with --import-existing", failureOf("AWSIAMRoleNodes", "AWS::IAM::Role", "nodes"+nameSuffix+" already exists"), adopting, []string{"find out whether a stack owns"}, []string{"--import-existing"}},
		{"owned", failureOf("AWSIAMRoleNodes", "AWS::IAM::Role", "nodes"+nameSuffix+" already exists in stack arn:aws:cloudformation:us-east-1:1:stack/other/1234"), s,
			[]string{"belongs to the stack arn:aws:cloudformation:us-east-1:1:stack/other/1234: update that stack instead", "(namePrefix, nameSuffix)"}, []string{"--import-existing"}},
		{"owned, with a fixed name", failureOf("AWSIAMRoleEKSControlPlane", "AWS::IAM::Role", "eks-controlplane"+nameSuffix+" already exists in stack arn:aws:cloudformation:us-east-1:1:stack/other/1234"), s,
			[]string{"stack/other/1234: set eks.defaultControlPlaneRole.disable: true"}, []string{"--import-existing", "update that stack"}},
		{"owned by an unnamed stack", failureOf("AWSIAMRoleNodes", "AWS::IAM::Role", "Resource nodes"+nameSuffix+" already belongs to another stack"), s, []string{"belongs to another stack", find}, []string{"--import-existing"}},
		{"a replacement", failureOf("AWSIAMRoleNodes", "AWS::IAM::Role", "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename nodes"+nameSuffix+" and update the stack again."), s,
			[]string{"cannot replace nodes" + nameSuffix, "(namePrefix, nameSuffix)"}, nil},
		{"a replacement with a fixed name", failureOf("AWSIAMRoleEKSFargate", "AWS::IAM::Role", "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename eks-fargate"+nameSuffix+" and update the stack again."), s,
			[]string{"cannot replace eks-fargate" + nameSuffix, "eks.fargate.disable: true"}, []string{"namePrefix"}},
	} {
		t.Run(test.name, func(t *testing.T) { checkHint(t, test.err, test.situation, test.want, test.unwanted) })
	}
}

// checkHint checks a hint, and that it does not suggest deleting a resource
// that may belong to another stack.
func checkHint(t *testing.T, err error, s Situation, want, unwanted []string) {
	t.Helper()
	hint := Of(err, s)
	for _, part := range want {
		if !strings.Contains(hint, part) {
			t.Errorf("the hint\n%s\nlacks %q", hint, part)
		}
	}
	for _, part := range append(unwanted, "delete it", "delete that", "\n", "%!") {
		if strings.Contains(hint, part) {
			t.Errorf("the hint\n%s\nhas %q", hint, part)
		}
	}
	if len(want) == 0 && hint != "" {
		t.Errorf("a hint: %s", hint)
	}
}

// forPurpose returns a situation for a command that print-operator-policy
// supports.
func forPurpose(s Situation, purpose, serviceRole string) Situation {
	s.Purpose, s.ServiceRole = purpose, serviceRole
	return s
}

func TestHintsOfReasons(t *testing.T) {
	const me = "arn:aws:sts::123456789012:assumed-role/dev/me"
	const arn = "arn:aws:iam::123456789012:policy/controllers" + nameSuffix
	denied := "User: " + me + " is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::123456789012:role/nodes.capa "
	deploy := Situation{Template: templateOf(t, fullConfiguration), Stack: "capa", Region: " --region eu-west-1", Partition: "aws", Account: "123456789012", Deploys: true}
	deletion, read, china := deploy, Situation{}, deploy
	deletion.Deploys, deletion.Deletes = false, true
	china.Partition = "aws-cn"
	for _, test := range []struct {
		reason    string
		situation Situation
		want      []string
		unwanted  []string
	}{
		{handler(denied+"because no identity-based policy allows the iam:CreateRole action", "AccessDenied"), deploy, []string{"give " + me + " a policy that allows iam:CreateRole", "use --role-arn to pass a service role"}, nil},
		{denied, read, []string{"give " + me + " a policy that allows iam:CreateRole"}, []string{"--role-arn"}},
		{"User: " + me + " is not authorized to perform: cloudformation:CreateChangeSet on resource: x", deploy, []string{"a policy that allows cloudformation:CreateChangeSet"}, []string{"--role-arn"}},
		{"AccessDenied", deletion, []string{"give the caller a policy that allows the action", "--role-arn"}, nil},
		{denied, forPurpose(deploy, "deploy", ""), []string{"such a policy; to print the policy that the command needs: capaboot bootstrap iam print-operator-policy --for deploy"}, nil},
		{denied, forPurpose(deploy, "plan", ""), []string{"a policy that allows iam:CreateRole"}, []string{"print-operator-policy"}},
		{"AccessDenied", forPurpose(deletion, "delete", ""), []string{"; to print the policy that the command needs: capaboot bootstrap iam print-operator-policy --for delete"}, nil},
		{"User: " + me + " is not authorized to perform: cloudformation:DescribeStacks on resource: x", forPurpose(deploy, "plan", ""), []string{"cloudformation:DescribeStacks; to print the policy that the command needs: capaboot bootstrap iam print-operator-policy --for plan"}, nil},
		{"User: " + me + " is not authorized to perform: iam:PassRole on resource: x", forPurpose(deploy, "deploy", "arn:aws:iam::123456789012:role/cfn"), []string{": capaboot bootstrap iam print-operator-policy --for deploy --role-arn arn:aws:iam::123456789012:role/cfn"}, nil},
		{denied, forPurpose(deploy, "deploy", "x; rm"), []string{"--role-arn ARN"}, []string{"; rm"}},
		{"User: " + me + " is not authorized to perform: kms:Decrypt on resource: x", forPurpose(deploy, "deploy", ""), []string{"kms:Decrypt"}, []string{"print-operator-policy"}},
		{denied + "with an explicit deny in a service control policy", forPurpose(deploy, "deploy", ""), []string{"organization forbids"}, []string{"print-operator-policy"}},
		{denied + "because no permissions boundary allows the iam:CreateRole action", forPurpose(deploy, "deploy", ""), []string{"the permissions boundary of"}, []string{"print-operator-policy"}},
		{handler(denied+"with an explicit deny in an identity-based policy", "AccessDenied"), deploy, []string{"an identity-based policy denies iam:CreateRole to " + me, "set permissionsBoundary"}, nil},
		{denied + "with an explicit deny", deploy, []string{"a policy denies iam:CreateRole to " + me}, nil},
		{denied + "with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o-1/service_control_policy/p-2", deploy, []string{"a service control policy of the organization forbids iam:CreateRole", "(arn:aws:organizations::1:policy/o-1/service_control_policy/p-2)"}, nil},
		{denied + "because no permissions boundary allows the iam:CreateRole action", deploy, []string{"the permissions boundary of " + me}, nil},
		{denied + "with an explicit deny in a session policy", deploy, []string{"the session policy of " + me}, nil},

		{handler("Cannot exceed quota for PolicySize: 6144", "ServiceLimitExceeded"), deploy, []string{"6,144", "10,240", "extraStatements", "does not raise"}, nil},
		{handler("A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.", "ServiceLimitExceeded"), deploy,
			[]string{"aws iam list-policy-versions --policy-arn " + arn + ";", "aws iam delete-policy-version --version-id VERSION --policy-arn " + arn, "only the default version is in use, so delete one of the other versions: ", "; then run the same command again", "does not raise"}, nil},
		{handler("Cannot exceed quota for PolicyVersions: 5.", "ServiceLimitExceeded"), read, []string{"list-policy-versions --policy-arn ARN;"}, nil},
		{"policy arn:aws-cn:iam::123456789012:policy/x cannot have more than 5 versions", deploy, []string{"--policy-arn arn:aws-cn:iam::123456789012:policy/x;"}, nil},
		{handler("Cannot exceed quota for RolesPerAccount: 1000", "ServiceLimitExceeded"), deploy, []string{`the IAM quota "Roles per account" is reached (1000)`, "get-account-summary", "Service Quotas", "in the region us-east-1"}, nil},
		{handler("Cannot exceed quota for RolesPerAccount: 1000", "ServiceLimitExceeded"), china, []string{"Service Quotas"}, []string{"us-east-1"}},
		{"Cannot exceed quota for InstanceProfilesPerAccount: 1000", deploy, []string{`"Instance profiles per account"`, "Service Quotas"}, nil},
		{"Cannot exceed quota for PoliciesPerAccount: 2000", deploy, []string{`"Customer managed policies per account" is reached (2000)`, "Service Quotas"}, nil},
		{"Cannot exceed quota for PoliciesPerRole: 10", deploy, []string{`"Managed policies per role" is reached (10)`, "extraPolicyAttachments", "Service Quotas"}, []string{"get-account-summary"}},
		{"Cannot exceed quota for PoliciesPerGroup: 10", deploy, []string{`"Managed policies per group"`, "does not raise"}, []string{"Service Quotas"}},
		{"Cannot exceed quota for GroupsPerAccount: 300", deploy, []string{`"Groups per account"`, "Service Quotas"}, nil},
		{"Cannot exceed quota for UsersPerAccount: 5000", deploy, []string{`"Users per account"`, "does not raise"}, []string{"Service Quotas"}},
		{"Cannot exceed quota for GroupsPerUser: 10", deploy, []string{"bootstrapUser.extraGroups", "does not raise"}, nil},
		{"Cannot exceed quota for ACLSizePerRole: 2048", deploy, []string{`"Role trust policy length" is reached (2048)`, "trustStatements", "Service Quotas"}, nil},
		{"Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1", deploy, []string{"Roles in an instance profile", "does not raise"}, nil},
		{"Cannot exceed quota for SomethingNew: 3", deploy, []string{"a quota is reached, as the error says"}, []string{"IAM"}},
		{"Limit for stack has been exceeded (LimitExceededException)", deploy, []string{"a quota is reached, as the error says"}, nil},

		{"Stack [capa] cannot be deleted while TerminationProtection is enabled", deletion, []string{"aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name capa --region eu-west-1; then run the command again: the command shows what it will delete"}, nil},
		{handler("Cannot delete entity, must remove roles from instance profile first.", "InvalidRequest"), deletion, []string{"something outside the stack uses the resource", "--retain AWSIAMManagedPolicyControllers"}, nil},
		{handler("Cannot delete entity, must remove roles from instance profile first.", "InvalidRequest"), deploy, []string{"something outside the stack uses the resource"}, []string{"--retain"}},
		{"Role arn:aws:iam::1:role/cfn is invalid or cannot be assumed", deploy, []string{"the role arn:aws:iam::1:role/cfn (from --role-arn", "iam:PassRole"}, nil},
		{"The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck].", deploy, []string{"describe-events --stack-name capa --region eu-west-1"}, nil},
		{"Action denied by stack policy", deploy, []string{"get-stack-policy --stack-name capa"}, nil},
		{handler(`Invalid principal in policy: \"AWS\":\"arn:aws:iam::1:role/none\"`, "InvalidRequest"), deploy, []string{"principal that does not exist", "trustStatements"}, nil},
		{"Syntax errors in policy.", deploy, []string{"policy document"}, nil},
		{"Rate exceeded", deploy, []string{"wait"}, nil},
		{"Requires capabilities : [CAPABILITY_NAMED_IAM]", deploy, []string{"CAPABILITY_NAMED_IAM"}, nil},
		{"The security token included in the request is expired", deploy, []string{"get new credentials"}, nil},
		{"The role with name x cannot be found. HandlerErrorCode: NotFound", deploy, []string{"does not exist"}, nil},
		{"Template format error: x", deploy, []string{"refuses the template"}, nil},
		{"Internal Failure", deploy, []string{"wait"}, nil},
		{"something new", deploy, nil, nil},
	} {
		t.Run(test.reason, func(t *testing.T) {
			checkHint(t, failureOf("AWSIAMManagedPolicyControllers", "AWS::IAM::ManagedPolicy", test.reason), test.situation, test.want, test.unwanted)
		})
	}
}

// TestEveryKindHasAHint: every kind except KindUnknown has a hint.
func TestEveryKindHasAHint(t *testing.T) {
	for _, kind := range []cfnstack.Kind{cfnstack.KindPermission, cfnstack.KindDenied, cfnstack.KindOrganization, cfnstack.KindBoundary, cfnstack.KindSessionPolicy,
		cfnstack.KindNameExists, cfnstack.KindOwned, cfnstack.KindPolicySize, cfnstack.KindVersions, cfnstack.KindQuota, cfnstack.KindPrincipal, cfnstack.KindPolicy,
		cfnstack.KindThrottling, cfnstack.KindCapability, cfnstack.KindCredentials, cfnstack.KindServiceRole, cfnstack.KindInUse, cfnstack.KindReplacement,
		cfnstack.KindValidation, cfnstack.KindStackPolicy, cfnstack.KindProtected, cfnstack.KindNotFound, cfnstack.KindTemplate, cfnstack.KindService, cfnstack.KindUnreachable, cfnstack.KindIntercepted} {
		checkHint(t, &cfnstack.Failure{Reason: cfnstack.Reason{Kind: kind}}, Situation{}, []string{" "}, nil)
	}
	checkHint(t, &cfnstack.Failure{Reason: cfnstack.Reason{Kind: cfnstack.KindUnknown}}, Situation{}, nil, nil)
}

func TestHintsOfErrors(t *testing.T) {
	s := Situation{Stack: "capa", Region: " --region eu-west-1", Deploys: true}
	for _, test := range []struct {
		err  error
		want []string
	}{
		{&cfnstack.Interrupted{Err: deadline.ErrTimeout}, []string{"CloudFormation continues without this command; to follow the stack, run the same command again"}},
		{&cfnstack.Interrupted{Err: fmt.Errorf("x: %w", cfnstack.ErrCredentials)}, []string{"to follow the stack, get new credentials and run"}},
		{&cfnstack.Unconfirmed{}, []string{"run the same command again: if the operation has started, the command follows the operation"}},
		{&cfnstack.Deleted{}, []string{"CloudTrail"}},
		{fmt.Errorf("x: %w", &cfnstack.Protected{}), []string{"--no-enable-termination-protection --stack-name capa --region eu-west-1; then run the command again: the command shows what it will delete"}},
		{&cfnstack.NotInStack{StackName: "capa", LogicalID: "A"}, []string{"to list the logical IDs: aws cloudformation list-stack-resources --stack-name capa --region eu-west-1"}},
		{&cfnstack.Stuck{}, []string{"events"}},
		{&cfnstack.Unanswered{}, []string{"nothing was changed; "}},
		{&cfnstack.Unanswered{EarlierChanges: []cfnstack.EarlierChange{cfnstack.EarlierContinuedRollback}}, []string{"before the question, this command continued the rollback"}},
		{&cfnstack.Declined{Question: cfnstack.Question{Kind: cfnstack.QuestionContinueRollback}}, []string{"aws cloudformation continue-update-rollback --stack-name capa --region eu-west-1"}},
		{&cfnstack.Declined{Question: cfnstack.Question{Kind: cfnstack.QuestionContinueRollback}}, []string{"find the cause in the events of the stack (aws cloudformation describe-stack-events --stack-name capa --region eu-west-1), fix the cause, then run"}},
		{&cfnstack.Declined{Question: cfnstack.Question{Kind: cfnstack.QuestionContinueRollback, Resources: []cfnstack.Resource{{LogicalID: "A"}}}}, []string{"fix the causes that the list of resources shows, then run"}},
		{&cfnstack.Failure{Reason: cfnstack.Reason{Kind: cfnstack.KindTemplate}, Err: &smithy.GenericAPIError{Code: "ValidationError", Message: "Stack:arn is in UPDATE_ROLLBACK_FAILED state and can not be updated."}},
			[]string{"the status of the stack changed while the command worked: run the same command again"}},
		{&cfnstack.Failure{Reason: cfnstack.Reason{Kind: cfnstack.KindTemplate}, Err: &smithy.GenericAPIError{Code: "ValidationError", Message: "Template format error"}}, []string{"CloudFormation refuses the template"}},
		{&cfnstack.Failure{StackID: "arn:aws:cloudformation:eu-west-1:1:stack/capa/1", Status: "DELETE_COMPLETE", Reason: cfnstack.Reason{Kind: cfnstack.KindUnknown}},
			[]string{"fix the cause, then run the same command again; to see all events of the stack: aws cloudformation describe-stack-events --stack-name arn:aws:cloudformation:eu-west-1:1:stack/capa/1 --region eu-west-1"}},
		{fmt.Errorf("x: %w", &deployed.Unreadable{Silent: true}), []string{"check the network, the proxy (HTTPS_PROXY) and the region"}},
		{&deployed.Unreadable{Reason: cfnstack.Explain("Rate exceeded")}, []string{"AWS throttles requests"}},
		{&deployed.Unreadable{Reason: cfnstack.Explain("something new")}, nil},
		{errors.New("another"), nil},
		{nil, nil},
	} {
		checkHint(t, test.err, s, test.want, nil)
	}
}

func TestArgument(t *testing.T) {
	for value, want := range map[string]string{"a.b-c": "a.b-c", "arn:aws:iam::1:policy/x": "arn:aws:iam::1:policy/x", "": "X", "-x": "X", "a b": "X", "$(x)": "X", "a;b": "X", "a\u202eb": "X", "a\nb": "X", "=x": "X", "a=b": "a=b", "file://x": "X", "https://x": "X"} {
		if got := argument(value, "X"); got != want {
			t.Errorf("argument(%q) = %q, want %q", value, got, want)
		}
	}
}

func TestRefusedReplacements(t *testing.T) {
	template := templateOf(t, fullConfiguration)
	for physicalID, refused := range map[string]bool{
		"nodes" + nameSuffix: true,
		"Nodes" + nameSuffix: true,
		"nodes.capa":         false,
		"":                   true,
	} {
		change := cfnstack.Change{LogicalID: "AWSIAMRoleNodes", Type: "AWS::IAM::Role", PhysicalID: physicalID, Action: "Modify", Replacement: "True",
			Properties: []cfnstack.PropertyChange{{Name: "RoleName", Recreation: "Always"}}}
		warning, _ := RefusedReplacements(template, &cfnstack.ChangeSet{Changes: []cfnstack.Change{change}})
		if (warning != "") != refused {
			t.Errorf("%q: %q, want a warning: %t", physicalID, warning, refused)
		}
	}
	// The hint names the fields that rename the resources.
	change := func(logicalID string) cfnstack.Change {
		return cfnstack.Change{LogicalID: logicalID, Action: "Modify", Replacement: "True", Properties: []cfnstack.PropertyChange{{Name: "Path", Recreation: "Always"}}}
	}
	nodes, user := change("AWSIAMRoleNodes"), change("AWSIAMUserBootstrapper")
	for want, changes := range map[string][]cfnstack.Change{"change namePrefix or nameSuffix, so": {nodes, nodes}, "change bootstrapUser.userName, so": {user}, "change namePrefix or nameSuffix, and bootstrapUser.userName, so": {nodes, user}} {
		if _, hint := RefusedReplacements(template, &cfnstack.ChangeSet{Changes: changes}); !strings.Contains(hint, want) {
			t.Errorf("the hint %q lacks %q", hint, want)
		}
	}
}
