// Tests of reading the stack from the account: what cannot be read, and retained
// resources. The commands' tests read whole stacks.

package deployed

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	"capaboot/cfnstack"
	bootstrap "capaboot/iam"
	"capaboot/iam/account"
	"capaboot/iam/preflight"
	"capaboot/iam/verify"
	"capaboot/internal/awsclient"
	"capaboot/policies/source"
)

func TestUnreadable(t *testing.T) {
	denied := &smithy.GenericAPIError{Code: "AccessDenied", Message: "User: x is not authorized to perform: iam:GetRole on resource: y\n"}
	unreachable := &awsclient.ConnectionError{Err: errors.New("refused")}
	for _, test := range []struct {
		name   string
		err    error
		want   string
		kind   cfnstack.Kind // "" for an error that is passed on
		silent bool
	}{
		{"denied", &smithy.OperationError{ServiceID: "IAM", OperationName: "GetRole", Err: denied},
			`reading the account: iam:GetRole: User: x is not authorized to perform: iam:GetRole on resource: y\u000a (AccessDenied)`, cfnstack.KindPermission, false},
		{"no response", &smithy.OperationError{ServiceID: "IAM", OperationName: "GetRole", Err: unreachable},
			"reading the account: no response from IAM: " + unreachable.Error(), "", true},
		{"another error", errors.New("another"), "reading the account: reading R (r): another", "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			reader := Reader{IAM: func(context.Context) (account.API, error) {
				return account.API{GetRole: func(context.Context, *iam.GetRoleInput, ...func(*iam.Options)) (*iam.GetRoleOutput, error) {
					return nil, test.err
				}}, nil
			}}
			stack := &cfnstack.Stack{Resources: []cfnstack.Resource{{LogicalID: "R", Type: "AWS::IAM::Role", PhysicalID: "r"}}}
			_, _, err := reader.Template(t.Context(), stack)
			if err == nil || err.Error() != test.want {
				t.Fatalf("got  %v\nwant %s", err, test.want)
			}
			unreadable, ok := errors.AsType[*Unreadable](err)
			if ok != (test.kind != "" || test.silent) || ok && (unreadable.Silent != test.silent || !test.silent && unreadable.Reason.Kind != test.kind) {
				t.Errorf("got %+v", unreadable)
			}
		})
	}
}

// TestVerifyWithoutATemplate: without the template of the stack it is unknown
// whether the stack is outdated. For the empty stack of a change set, a missing
// template is normal and not reported.
func TestVerifyWithoutATemplate(t *testing.T) {
	t.Parallel()
	for status, want := range map[types.StackStatus]bool{"CREATE_COMPLETE": true, "REVIEW_IN_PROGRESS": false} {
		reader := Reader{
			Manager: &cfnstack.Manager{API: cfnstack.API{
				DescribeStacks: func(context.Context, *cloudformation.DescribeStacksInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStacksOutput, error) {
					return &cloudformation.DescribeStacksOutput{Stacks: []types.Stack{{StackName: aws.String("capa"), StackId: aws.String("id"), StackStatus: status}}}, nil
				},
				ListStackResources: func(context.Context, *cloudformation.ListStackResourcesInput, ...func(*cloudformation.Options)) (*cloudformation.ListStackResourcesOutput, error) {
					return &cloudformation.ListStackResourcesOutput{}, nil
				},
				GetTemplate: func(context.Context, *cloudformation.GetTemplateInput, ...func(*cloudformation.Options)) (*cloudformation.GetTemplateOutput, error) {
					return &cloudformation.GetTemplateOutput{}, nil
				},
			}},
			IAM: func(context.Context) (account.API, error) { return account.API{}, nil },
		}
		in := verify.Input{StackName: "capa", Template: &bootstrap.Template{}, Partition: "aws", Account: "123456789012",
			Generated: &source.Generated{Template: map[string]any{"Resources": map[string]any{}}}}
		found, err := reader.Verify(t.Context(), in, false)
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.ContainsFunc(found.NotRead, func(u verify.NotRead) bool { return u.Part == "template" }); got != want {
			t.Errorf("%s: the template is not read: %t, want %t: %+v", status, got, want, found.NotRead)
		}
	}
}

// TestInterceptedTemplate checks that a response to the request for the template
// that is not from CloudFormation counts as such, like that of every other lookup.
func TestInterceptedTemplate(t *testing.T) {
	t.Parallel()
	manager := &cfnstack.Manager{API: cfnstack.API{
		DescribeStacks: func(context.Context, *cloudformation.DescribeStacksInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStacksOutput, error) {
			return &cloudformation.DescribeStacksOutput{Stacks: []types.Stack{{StackName: aws.String("capa"), StackId: aws.String("id"), StackStatus: "CREATE_COMPLETE"}}}, nil
		},
		ListStackResources: func(context.Context, *cloudformation.ListStackResourcesInput, ...func(*cloudformation.Options)) (*cloudformation.ListStackResourcesOutput, error) {
			return &cloudformation.ListStackResourcesOutput{}, nil
		},
		GetTemplate: func(context.Context, *cloudformation.GetTemplateInput, ...func(*cloudformation.Options)) (*cloudformation.GetTemplateOutput, error) {
			return nil, &smithy.OperationError{ServiceID: "CloudFormation", OperationName: "GetTemplate", Err: &awsclient.InvalidResponse{}}
		},
	}}
	in := preflight.Input{StackName: "capa", Time: time.Minute}
	if err := ReadForChecks(t.Context(), manager, &in); err != nil {
		t.Fatal(err)
	}
	if in.TemplateNotRead == nil || in.TemplateNotRead.Intercepted == nil {
		t.Errorf("%+v", in.TemplateNotRead)
	}
}

// TestRetainedResources checks that a resource that a deletion retained does not
// belong to the stack.
func TestRetainedResources(t *testing.T) {
	t.Parallel()
	stack := &cfnstack.Stack{Status: "UPDATE_COMPLETE", Resources: []cfnstack.Resource{
		{LogicalID: "Kept", Type: "AWS::IAM::Role", PhysicalID: "kept", Status: "DELETE_SKIPPED"},
		{LogicalID: "Own", Type: "AWS::IAM::Role", PhysicalID: "own", Status: "CREATE_COMPLETE"},
	}}
	for _, found := range []*verify.Stack{convertStack(stack, ""), convertStack(withoutFailed(stack), "")} {
		if len(found.Resources) != 1 || found.Resources[0].LogicalID != "Own" {
			t.Errorf("%+v", found.Resources)
		}
	}
	reader := Reader{IAM: func(context.Context) (account.API, error) {
		return account.API{GetRole: func(_ context.Context, in *iam.GetRoleInput, _ ...func(*iam.Options)) (*iam.GetRoleOutput, error) {
			if *in.RoleName != "own" {
				t.Errorf("it reads %s", *in.RoleName)
			}
			return nil, &smithy.GenericAPIError{Code: "NoSuchEntity"}
		}}, nil
	}}
	if _, missing, err := reader.Template(t.Context(), stack); err != nil || !slices.Equal(missing, []string{"Own"}) {
		t.Errorf("missing %q, %v", missing, err)
	}
}

// TestChecksOfRecreatedStack: when a deployment deletes and recreates a failed
// stack, a resource that the deletion retains does not belong to the stack.
func TestChecksOfRecreatedStack(t *testing.T) {
	t.Parallel()
	for status, want := range map[types.StackStatus][]string{"DELETE_FAILED": {"Other"}, "UPDATE_COMPLETE": {"Kept", "Other"}} {
		manager := &cfnstack.Manager{API: cfnstack.API{
			DescribeStacks: func(context.Context, *cloudformation.DescribeStacksInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStacksOutput, error) {
				return &cloudformation.DescribeStacksOutput{Stacks: []types.Stack{{StackName: aws.String("capa"), StackId: aws.String("id"), StackStatus: status, EnableTerminationProtection: aws.Bool(true),
					ParentId: aws.String("arn:aws:cloudformation:eu-west-1:123456789012:stack/parent/1"), RootId: aws.String("arn:aws:cloudformation:eu-west-1:123456789012:stack/root/2")}}}, nil
			},
			ListStackResources: func(context.Context, *cloudformation.ListStackResourcesInput, ...func(*cloudformation.Options)) (*cloudformation.ListStackResourcesOutput, error) {
				var all []types.StackResourceSummary
				for _, id := range []string{"Kept", "Other"} {
					all = append(all, types.StackResourceSummary{LogicalResourceId: &id, ResourceType: aws.String("AWS::IAM::Role"), PhysicalResourceId: &id, ResourceStatus: "CREATE_COMPLETE"})
				}
				return &cloudformation.ListStackResourcesOutput{StackResourceSummaries: all}, nil
			},
			GetTemplate: func(context.Context, *cloudformation.GetTemplateInput, ...func(*cloudformation.Options)) (*cloudformation.GetTemplateOutput, error) {
				return &cloudformation.GetTemplateOutput{TemplateBody: aws.String("Resources: {Kept: {Type: AWS::IAM::Role, DeletionPolicy: Retain}, Other: {Type: AWS::IAM::Role}}")}, nil
			},
		}}
		in := preflight.Input{StackName: "capa", Time: time.Minute}
		if err := ReadForChecks(t.Context(), manager, &in); err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, r := range in.Found.Resources {
			ids = append(ids, r.LogicalID)
		}
		if !slices.Equal(ids, want) || !in.Protected || in.Root != "root" || len(in.Retained) != 2-len(want) || in.Recreated != (status == "DELETE_FAILED") {
			t.Errorf("%s: %q, %+v", status, ids, in)
		}
	}
}

// TestDeletedInstanceProfile checks that an instance profile that was deleted by
// hand counts as missing before a drift-aware change set creates it again.
func TestDeletedInstanceProfile(t *testing.T) {
	t.Parallel()
	profile := map[string]any{"Type": "AWS::IAM::InstanceProfile", "Properties": map[string]any{}}
	template := map[string]any{"Resources": map[string]any{"Deleted": profile, "Kept": profile}}
	account := map[string]any{"Resources": map[string]any{"Kept": profile}}
	set := &cfnstack.ChangeSet{Changes: []cfnstack.Change{{Action: "Add", LogicalID: "Deleted", Type: "AWS::IAM::InstanceProfile"}}}
	if got := resourcesIn(templateBeforeRevert(template, account, set)); got["Deleted"] != nil || got["Kept"] == nil {
		t.Errorf("%v", got)
	}
}
