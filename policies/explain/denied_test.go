// Tests of explained denials, with the policies that the default configuration
// of a release generates.

package explain_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"capaboot/policies/denial"
	"capaboot/policies/explain"
)

const (
	controllersARN = "arn:aws:sts::111122223333:assumed-role/controllers.cluster-api-provider-aws.sigs.k8s.io/1"
	nodesARN       = "arn:aws:sts::111122223333:assumed-role/nodes.cluster-api-provider-aws.sigs.k8s.io/i-1"
	otherARN       = "arn:aws:iam::111122223333:role/path/mine"
)

func TestDenied(t *testing.T) {
	e := explainDefault(t, newestRelease(t))
	for _, test := range []struct {
		name   string
		denial denial.Denial
		help   []explain.Help
		// resource is the resource of the suggested statement; field is the path
		// of extraStatements in the configuration, "" if the caller has none.
		resource, field string
	}{
		{"a call that no policy of the release grants",
			denial.Denial{Action: "ec2:AllocateHosts", Principal: controllersARN, Resource: "arn:aws:ec2:eu-west-1:111122223333:dedicated-host/*", Policy: denial.Identity},
			[]explain.Help{explain.SwitchOn, explain.AddStatement}, "arn:aws:ec2:eu-west-1:111122223333:dedicated-host/*", "clusterAPIControllers.extraStatements"},
		{"a call that no policy grants, without a resource",
			denial.Denial{Action: "ec2:AllocateHosts", Principal: controllersARN, Policy: denial.Identity},
			[]explain.Help{explain.SwitchOn, explain.AddStatement}, "arn:*:ec2:*:*:dedicated-host/*", "clusterAPIControllers.extraStatements"},
		{"a call that the configuration grants",
			denial.Denial{Action: "ec2:RunInstances", Principal: controllersARN, Resource: "arn:aws:ec2:eu-west-1:111122223333:instance/*", Policy: denial.Identity},
			[]explain.Help{explain.UpdateStack}, "", "clusterAPIControllers.extraStatements"},
		{"a service-linked role with the service in its path",
			denial.Denial{Action: "iam:CreateServiceLinkedRole", Principal: controllersARN, Resource: "arn:aws:iam::111122223333:role/aws-service-role/elasticloadbalancing.amazonaws.com/AWSServiceRoleForElasticLoadBalancing"},
			[]explain.Help{explain.UpdateStack}, "", "clusterAPIControllers.extraStatements"},
		{"passing a role with another name",
			denial.Denial{Action: "iam:PassRole", Principal: controllersARN, Resource: "arn:aws:iam::111122223333:role/custom", Policy: denial.Identity},
			[]explain.Help{explain.MeetCondition, explain.SwitchOn, explain.AddStatement}, "arn:aws:iam::111122223333:role/custom", "clusterAPIControllers.extraStatements"},
		{"passing a role with another name for a lifecycle hook",
			denial.Denial{Action: "iam:PassRole", Operation: "autoscaling:PutLifecycleHook", Principal: controllersARN, Resource: "arn:aws:iam::111122223333:role/custom", Policy: denial.Identity},
			[]explain.Help{explain.MeetCondition, explain.SwitchOn, explain.AddStatement}, "arn:aws:iam::111122223333:role/custom", "clusterAPIControllers.extraStatements"},
		{"passing a role with another name to an instance",
			denial.Denial{Action: "iam:PassRole", Operation: "ec2:RunInstances", Principal: controllersARN, Resource: "arn:aws:iam::111122223333:role/custom", Policy: denial.Identity},
			[]explain.Help{explain.MeetCondition, explain.SwitchOn, explain.AddStatement}, "arn:aws:iam::111122223333:role/custom", "clusterAPIControllers.extraStatements"},
		{"a key with another alias",
			denial.Denial{Action: "kms:CreateGrant", Principal: controllersARN, Resource: "arn:aws:kms:eu-west-1:111122223333:key/1", Policy: denial.Identity},
			[]explain.Help{explain.MeetCondition, explain.SwitchOn, explain.AddStatement}, "arn:aws:kms:eu-west-1:111122223333:key/1", "clusterAPIControllers.extraStatements"},
		{"a call that is granted on other resources",
			denial.Denial{Action: "eks:UntagResource", Principal: controllersARN, Resource: "arn:aws:eks:eu-west-1:111122223333:fargateprofile/a/b/c", Policy: denial.Identity},
			[]explain.Help{explain.SwitchOn, explain.AddStatement}, "arn:aws:eks:eu-west-1:111122223333:fargateprofile/a/b/c", "clusterAPIControllers.extraStatements"},
		{"a call of a feature, by nodes",
			denial.Denial{Action: "ec2:AllocateHosts", Principal: nodesARN, Policy: denial.Identity},
			[]explain.Help{explain.AddStatement}, "arn:*:ec2:*:*:dedicated-host/*", "nodes.extraStatements"},
		{"a secret that no setting covers",
			denial.Denial{Action: "secretsmanager:CreateSecret", Principal: controllersARN, Resource: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:other/x", Policy: denial.Identity},
			[]explain.Help{explain.AddStatement}, "arn:aws:secretsmanager:eu-west-1:111122223333:secret:other/x", "clusterAPIControllers.extraStatements"},
		{"a call that a setting switches on",
			denial.Denial{Action: "s3:CreateBucket", Principal: controllersARN, Resource: "arn:aws:s3:::cluster-api-provider-aws-x"},
			[]explain.Help{explain.SwitchOn, explain.AddStatement}, "arn:aws:s3:::cluster-api-provider-aws-x", "clusterAPIControllers.extraStatements"},
		{"a call that the policies of another role grant",
			denial.Denial{Action: "ec2:RunInstances", Principal: nodesARN, Policy: denial.Identity},
			[]explain.Help{explain.AddStatement}, "arn:*:ec2:*:*:instance/*", "nodes.extraStatements"},
		{"a principal that is not in the configuration",
			denial.Denial{Action: "ec2:RunInstances", Principal: otherARN, Policy: denial.Identity},
			[]explain.Help{explain.UseRole, explain.AddStatement}, "arn:*:ec2:*:*:instance/*", ""},
		{"an encoded message alone", denial.Denial{Code: "UnauthorizedOperation", Encoded: true}, []explain.Help{explain.Decode}, "", ""},
		{"a code alone", denial.Denial{Code: "AccessDenied"}, []explain.Help{explain.FindRecord}, "", ""},
		{"an encoded message with a known action: the message has the kind of policy",
			denial.Denial{Action: "ec2:AllocateHosts", Encoded: true}, []explain.Help{explain.Decode, explain.SwitchOn, explain.AddStatement}, "arn:*:ec2:*:*:dedicated-host/*", ""},
		{"an SCP", denial.Denial{Action: "ec2:RunInstances", Principal: controllersARN, Policy: denial.ServiceControl, Explicit: true}, []explain.Help{explain.AskOrganization}, "", "clusterAPIControllers.extraStatements"},
		{"an RCP", denial.Denial{Action: "s3:GetObject", Principal: otherARN, Policy: denial.ResourceControl}, []explain.Help{explain.AskOrganization}, "", ""},
		{"a boundary", denial.Denial{Action: "ec2:RunInstances", Principal: otherARN, Policy: denial.Boundary}, []explain.Help{explain.ChangeBoundary}, "", ""},
		{"a session policy", denial.Denial{Action: "ec2:RunInstances", Principal: otherARN, Policy: denial.Session}, []explain.Help{explain.ChangeSession}, "", ""},
		{"a VPC endpoint", denial.Denial{Action: "ec2:RunInstances", Principal: otherARN, Policy: denial.Endpoint}, []explain.Help{explain.ChangeEndpoint}, "", ""},
		{"a trust policy", denial.Denial{Action: "sts:AssumeRole", Principal: otherARN, Policy: denial.Trust}, []explain.Help{explain.ChangeTrust}, "", ""},
		{"a web identity", denial.Denial{Action: "sts:AssumeRoleWithWebIdentity"}, []explain.Help{explain.ChangeTrust}, "", ""},
		{"a resource's policy", denial.Denial{Action: "kms:Decrypt", Principal: otherARN, Policy: denial.Resource}, []explain.Help{explain.ChangeResource}, "", ""},
		{"an explicit deny of an identity policy", denial.Denial{Action: "ec2:RunInstances", Principal: otherARN, Policy: denial.Identity, Explicit: true}, []explain.Help{explain.RemoveDenial}, "", ""},
		{"an action that needs no permission", denial.Denial{Action: "sts:GetCallerIdentity", Principal: otherARN}, []explain.Help{explain.NotByPolicy}, "", ""},
		{"S3 Block Public Access", denial.Denial{Action: "s3:PutBucketPolicy", Principal: controllersARN, Policy: denial.PublicAccess}, []explain.Help{explain.ChangePublicAccess}, "", "clusterAPIControllers.extraStatements"},
		{"a key that may not exist", denial.Denial{Action: "kms:Decrypt", Principal: otherARN, Policy: denial.Resource, MayNotExist: true}, []explain.Help{explain.CheckResource, explain.ChangeResource}, "", ""},
		{"a key that may not exist, without a kind of policy", denial.Denial{Action: "kms:Decrypt", Principal: otherARN, MayNotExist: true}, []explain.Help{explain.CheckResource, explain.AddStatement}, "arn:*:kms:*:*:key/*", ""},
		{"an action that AWS does not have", denial.Denial{Action: "widgets:Get", Principal: otherARN, Policy: denial.Identity}, []explain.Help{explain.UnknownAction}, "", ""},
		{"an action that AWS does not have, denied by an SCP", denial.Denial{Action: "widgets:Get", Principal: otherARN, Policy: denial.ServiceControl}, []explain.Help{explain.UnknownAction, explain.AskOrganization}, "", ""},
		{"the root user", denial.Denial{Action: "iam:CreateRole", Principal: "arn:aws:iam::111122223333:root"}, []explain.Help{explain.AskOrganization, explain.ChangeResource}, "", ""},
		{"a service-linked role", denial.Denial{Action: "kms:Decrypt", Principal: "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForAutoScaling/AutoScaling"}, []explain.Help{explain.ChangeResource}, "", ""},
		{"a federated user", denial.Denial{Action: "ec2:AllocateHosts", Principal: "arn:aws:sts::111122223333:federated-user/joe"}, []explain.Help{explain.ChangeSession, explain.AddStatement}, "arn:*:ec2:*:*:dedicated-host/*", ""},
		{"a resource in another account", denial.Denial{Action: "sqs:ReceiveMessage", Principal: otherARN, Resource: "arn:aws:sqs:eu-west-1:444455556666:q"},
			[]explain.Help{explain.ChangeResource, explain.AddStatement}, "arn:aws:sqs:eu-west-1:444455556666:q", ""},
		{"a cluster in another account", denial.Denial{Action: "eks:DescribeCluster", Principal: controllersARN, Resource: "arn:aws:eks:eu-west-1:444455556666:cluster/c", Policy: denial.Resource},
			[]explain.Help{explain.UseAccount}, "", "clusterAPIControllers.extraStatements"},
		{"a role in another account", denial.Denial{Action: "iam:CreateRole", Principal: controllersARN, Resource: "arn:aws:iam::444455556666:role/x"}, []explain.Help{explain.UseAccount}, "", "clusterAPIControllers.extraStatements"},
		{"a cluster in another account, denied by a statement", denial.Denial{Action: "eks:DescribeCluster", Principal: otherARN, Resource: "arn:aws:eks:eu-west-1:444455556666:cluster/c", Policy: denial.Identity, Explicit: true},
			[]explain.Help{explain.RemoveDenial}, "", ""},
		{"a cluster in the same account", denial.Denial{Action: "eks:DescribeCluster", Principal: otherARN, Resource: "arn:aws:eks:eu-west-1:111122223333:cluster/c", Policy: denial.Resource},
			[]explain.Help{explain.ChangeResource}, "", ""},
		{"assuming a role in another account without an identity policy", denial.Denial{Action: "sts:AssumeRole", Principal: otherARN, Resource: "arn:aws:iam::444455556666:role/r", Policy: denial.Identity},
			[]explain.Help{explain.ChangeTrust, explain.AddStatement}, "arn:aws:iam::444455556666:role/r", ""},
		{"the policy of a role is its trust policy", denial.Denial{Action: "sts:AssumeRole", Principal: otherARN, Resource: "arn:aws:iam::444455556666:role/r", Policy: denial.Resource}, []explain.Help{explain.ChangeTrust}, "", ""},
		{"a call that is granted on some resources, without a resource", denial.Denial{Action: "secretsmanager:CreateSecret", Principal: controllersARN},
			[]explain.Help{explain.MeetCondition, explain.AddStatement}, "arn:*:secretsmanager:*:*:secret:*", "clusterAPIControllers.extraStatements"},
		{"a truncated resource", denial.Denial{Action: "ec2:AllocateHosts", Principal: controllersARN, Resource: "arn:aws:ec2:eu-west-1:111122223333:dedicated-ho...", CutOff: true},
			[]explain.Help{explain.SwitchOn, explain.AddStatement}, "arn:*:ec2:*:*:dedicated-host/*", "clusterAPIControllers.extraStatements"},
		{"a truncated resource of a granted call", denial.Denial{Action: "ec2:RunInstances", Principal: controllersARN, Resource: "arn:aws:ec2:eu-west-1:1111...", CutOff: true},
			[]explain.Help{explain.UpdateStack}, "", "clusterAPIControllers.extraStatements"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := e.ExplainDenial(test.denial)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Help, test.help) {
				t.Errorf("help %v, want %v", got.Help, test.help)
			}
			if slices.Contains(got.Help, explain.UseAccount) && len(got.WouldGrant) > 0 {
				t.Errorf("a setting would not help: %+v", got.WouldGrant)
			}
			resource := ""
			if len(got.Statements) > 0 {
				resource = got.Statements[0].Resource[0]
				if !slices.Contains(got.Statements[0].Resource, test.resource) {
					t.Errorf("the statement is for %v, want %s", got.Statements[0].Resource, test.resource)
				}
			}
			if (resource == "") != (test.resource == "") || got.ExtraStatements != test.field {
				t.Errorf("statement for %q in %q, want %q in %q", resource, got.ExtraStatements, test.resource, test.field)
			}
		})
	}
}

func TestRedactedDenials(t *testing.T) {
	e := explainDefault(t, newestRelease(t))
	var r denial.Redactor
	var accounts []string
	for _, account := range []string{"111122223333", "444455556666", "111122223333"} {
		got, err := e.ExplainDenial(denial.Denial{Action: "ec2:AllocateHosts", Principal: strings.Replace(controllersARN, "111122223333", account, 1) + "-ann",
			Resource: "arn:aws:ec2:eu-west-1:" + account + ":dedicated-host/*", PolicyARN: "arn:aws:iam::" + account + ":policy/p"})
		if err != nil {
			t.Fatal(err)
		}
		got.Redact(&r)
		if got.Holder == "" {
			t.Error("the holder is not found when redacting")
		}
		accounts = append(accounts, got.Caller.Account)
		for _, text := range append([]string{got.Principal, got.Resource, got.PolicyARN, got.Caller.Account, got.Caller.Session}, got.Statements[0].Resource...) {
			if strings.Contains(text, account) || strings.Contains(text, "1-ann") {
				t.Errorf("%s contains the account or the session", text)
			}
		}
	}
	if want := []string{"ACCOUNT", "ACCOUNT-2", "ACCOUNT"}; !slices.Equal(accounts, want) {
		t.Errorf("the accounts are redacted as %v, want %v", accounts, want)
	}
}

// A suggested statement for iam:PassRole names the service.
func TestPassedToService(t *testing.T) {
	t.Parallel()
	e := explainDefault(t, newestRelease(t))
	pass := denial.Denial{Action: "iam:PassRole", Principal: otherARN, Resource: "arn:aws:iam::111122223333:role/custom"}
	for _, test := range []struct {
		name   string
		change func(*denial.Denial)
		want   string
	}{
		{"to the service of the request", func(d *denial.Denial) { d.Operation = "lambda:CreateFunction" }, "map[iam:PassedToService:lambda.amazonaws.com]"},
		{"to instances that a group starts", func(d *denial.Denial) { d.Operation = "autoscaling:CreateAutoScalingGroup" }, "map[iam:PassedToService:ec2.amazonaws.com]"},
		{"to the group itself, for its hooks", func(d *denial.Denial) { d.Operation = "autoscaling:PutLifecycleHook" }, "map[iam:PassedToService:autoscaling.amazonaws.com]"},
		{"with a service alone", func(d *denial.Denial) { d.RequestedService = "eks" }, "map[iam:PassedToService:eks.amazonaws.com]"},
		{"with Auto Scaling alone", func(d *denial.Denial) { d.RequestedService = "autoscaling" }, "map[iam:PassedToService:[autoscaling.amazonaws.com ec2.amazonaws.com]]"},
		{"in China", func(d *denial.Denial) {
			d.Operation, d.Principal = "ec2:RunInstances", strings.Replace(otherARN, "arn:aws:", "arn:aws-cn:", 1)
		}, "map[iam:PassedToService:ec2.amazonaws.com.cn]"},
		{"with an error code of EC2", func(d *denial.Denial) { d.Code = "Client.UnauthorizedOperation" }, "map[iam:PassedToService:ec2.amazonaws.com]"},
		{"to those of the set", func(*denial.Denial) {}, "map[iam:PassedToService:[ec2.amazonaws.com eks.amazonaws.com]]"},
	} {
		d := pass
		test.change(&d)
		got, err := e.ExplainDenial(d)
		if err != nil {
			t.Fatal(err)
		}
		if text := fmt.Sprint(got.Statements[0].Condition["StringEquals"]); text != test.want {
			t.Errorf("%s: %s, want %s", test.name, text, test.want)
		}
	}
	// If AWS does not say which of several actions was denied, each gets a
	// statement.
	got, err := e.ExplainDenial(denial.Denial{Action: "ec2:RunInstances", Or: []string{"iam:PassRole", "ec2:CreateTags"}, Principal: otherARN})
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, s := range got.Statements {
		texts = append(texts, fmt.Sprint(s.Action, s.Condition))
	}
	want := []string{"[ec2:RunInstances] map[]", "[iam:PassRole] map[StringEquals:map[iam:PassedToService:ec2.amazonaws.com]]", "[ec2:CreateTags] map[StringEquals:map[ec2:CreateAction:RunInstances]]"}
	if !slices.Equal(texts, want) {
		t.Errorf("statements %q, want %q", texts, want)
	}
	// For a known holder, only the actions that the holder is not allowed get a
	// statement.
	got, err = e.ExplainDenial(denial.Denial{Action: "ec2:RunInstances", Or: []string{"ec2:CreateTags", "iam:PassRole"}, Principal: nodesARN})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Statements) != 2 || got.Statements[1].Action[0] != "iam:PassRole" {
		t.Errorf("statements %v, want one for ec2:RunInstances and one for iam:PassRole", got.Statements)
	}
}

// A statement for another action is not limited to the resource of the denied
// action.
func TestStatementForAnotherAction(t *testing.T) {
	t.Parallel()
	e := explainDefault(t, newestRelease(t))
	got, err := e.ExplainDenial(denial.Denial{Action: "ec2:RunInstances", Or: []string{"ec2:CopyImage"}, Principal: controllersARN, Resource: "arn:aws:ec2:eu-west-1:111122223333:instance/*"})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Statements) != 1 || got.Statements[0].Action[0] != "ec2:CopyImage" || slices.Contains(got.Statements[0].Resource, got.Resource) {
		t.Errorf("the statements are %v", got.Statements)
	}
}

func TestCallers(t *testing.T) {
	t.Parallel()
	e := explainDefault(t, newestRelease(t))
	for principal, want := range map[string]explain.Caller{
		"arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Power_User_0123456789abcdef/ann":                       {Kind: "role", Name: "AWSReservedSSO_Power_User_0123456789abcdef", Account: "111122223333", Session: "ann", PermissionSet: "Power_User"},
		"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Dev_0123456789abcdef": {Kind: "role", Name: "AWSReservedSSO_Dev_0123456789abcdef", Account: "111122223333", PermissionSet: "Dev"},
		"arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForAutoScaling/AutoScaling":                             {Kind: "role", Name: "AWSServiceRoleForAutoScaling", Account: "111122223333", Session: "AutoScaling", ServiceLinked: true},
		"arn:aws:iam::111122223333:root": {Kind: "root", Account: "111122223333"},
	} {
		got, err := e.ExplainDenial(denial.Denial{Action: "ec2:RunInstances", Principal: principal})
		if err != nil {
			t.Fatal(err)
		}
		if got.Caller != want {
			t.Errorf("%s is %+v, want %+v", principal, got.Caller, want)
		}
	}
}
