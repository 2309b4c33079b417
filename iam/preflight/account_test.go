// An account in memory for the tests of the checks.

package preflight

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"

	"capaboot/iam"
	"capaboot/iam/verify"
)

// iamDouble is a double of IAM. The zero value allows every call, has no
// resources except AWS managed policies, and is below every quota.
type iamDouble struct {
	// arns has the ARNs of existing resources, keyed by type and name, or by
	// type and ARN for policies and providers.
	arns map[string]string
	// denied has the operations that return an access denied error. failing has
	// the errors that other operations return.
	denied  map[string]bool
	failing map[string]error
	// versions has the number of versions of each policy. A policy that is not
	// in it has one version; a negative number means none. attached has the
	// policies that are attached to each role or user.
	versions map[string]int
	attached map[string][]string
	summary  map[string]int32
	simulate func(action, resource string) types.EvaluationResult
	// trust is the trust policy of every role, by default trustOfCloudFormation.
	trust   string
	latency time.Duration
	// emptyFirstPage means that the first page of ListPolicies is empty, and
	// the second has all policies.
	emptyFirstPage bool

	mutex               sync.Mutex
	calls               map[string]int
	running, maxRunning int
}

const trustOfCloudFormation = `{"Statement": {"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}}`

func (a *iamDouble) add(kind, name, arn string) {
	if a.arns == nil {
		a.arns = map[string]string{}
	}
	a.arns[kind+" "+name] = arn
}

func (a *iamDouble) deny(operations ...string) {
	if a.denied == nil {
		a.denied = map[string]bool{}
	}
	for _, operation := range operations {
		a.denied[operation] = true
	}
}

func (a *iamDouble) total() (n int) {
	for _, calls := range a.calls {
		n += calls
	}
	return n
}

// respondWith returns an operation. The operation returns its error in a.denied
// or a.failing or, if it has none, the result of answer.
func respondWith[In, Out any](a *iamDouble, operation string, answer func(*In) (*Out, error)) func(context.Context, *In, ...func(*awsiam.Options)) (*Out, error) {
	return func(ctx context.Context, in *In, _ ...func(*awsiam.Options)) (*Out, error) {
		a.mutex.Lock()
		if a.calls == nil {
			a.calls = map[string]int{}
		}
		a.calls[operation]++
		a.running++
		a.maxRunning = max(a.maxRunning, a.running)
		a.mutex.Unlock()
		defer func() { a.mutex.Lock(); a.running--; a.mutex.Unlock() }()
		if a.latency > 0 {
			select {
			case <-time.After(a.latency):
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		if a.denied[operation] {
			return nil, &smithy.GenericAPIError{Code: "AccessDenied", Message: "not authorized to perform: iam:" + operation}
		}
		if err := a.failing[operation]; err != nil {
			return nil, err
		}
		return answer(in)
	}
}

// respondWithResource returns an operation that looks up a resource by its type
// and name. The operation returns an error if the account has no such resource.
func respondWithResource[In, Out any](a *iamDouble, operation, kind string, name func(*In) *string, answer func(arn *string) *Out) func(context.Context, *In, ...func(*awsiam.Options)) (*Out, error) {
	return respondWith(a, operation, func(in *In) (*Out, error) {
		arn, is := a.arns[kind+" "+aws.ToString(name(in))]
		if kind == typePolicy && strings.HasPrefix(aws.ToString(name(in)), "arn:aws:iam::aws:") {
			arn, is = *name(in), true
		}
		if !is {
			return nil, &smithy.GenericAPIError{Code: "NoSuchEntity", Message: "it cannot be found"}
		}
		return answer(&arn), nil
	})
}

func (a *iamDouble) api() API {
	return API{
		GetRole: respondWithResource(a, "GetRole", "AWS::IAM::Role", func(in *awsiam.GetRoleInput) *string { return in.RoleName },
			func(arn *string) *awsiam.GetRoleOutput {
				return &awsiam.GetRoleOutput{Role: &types.Role{Arn: arn, AssumeRolePolicyDocument: aws.String(url.PathEscape(cmp.Or(a.trust, trustOfCloudFormation)))}}
			}),
		GetUser: respondWithResource(a, "GetUser", "AWS::IAM::User", func(in *awsiam.GetUserInput) *string { return in.UserName },
			func(arn *string) *awsiam.GetUserOutput { return &awsiam.GetUserOutput{User: &types.User{Arn: arn}} }),
		GetGroup: respondWithResource(a, "GetGroup", "AWS::IAM::Group", func(in *awsiam.GetGroupInput) *string { return in.GroupName },
			func(arn *string) *awsiam.GetGroupOutput { return &awsiam.GetGroupOutput{Group: &types.Group{Arn: arn}} }),
		GetInstanceProfile: respondWithResource(a, "GetInstanceProfile", "AWS::IAM::InstanceProfile", func(in *awsiam.GetInstanceProfileInput) *string { return in.InstanceProfileName },
			func(arn *string) *awsiam.GetInstanceProfileOutput {
				return &awsiam.GetInstanceProfileOutput{InstanceProfile: &types.InstanceProfile{Arn: arn}}
			}),
		GetPolicy: respondWithResource(a, "GetPolicy", typePolicy, func(in *awsiam.GetPolicyInput) *string { return in.PolicyArn },
			func(arn *string) *awsiam.GetPolicyOutput {
				return &awsiam.GetPolicyOutput{Policy: &types.Policy{Arn: arn}}
			}),
		GetOpenIDConnectProvider: respondWithResource(a, "GetOpenIDConnectProvider", typeOIDCProvider, func(in *awsiam.GetOpenIDConnectProviderInput) *string { return in.OpenIDConnectProviderArn },
			func(*string) *awsiam.GetOpenIDConnectProviderOutput { return &awsiam.GetOpenIDConnectProviderOutput{} }),
		GetSAMLProvider: respondWithResource(a, "GetSAMLProvider", typeSAMLProvider, func(in *awsiam.GetSAMLProviderInput) *string { return in.SAMLProviderArn },
			func(*string) *awsiam.GetSAMLProviderOutput { return &awsiam.GetSAMLProviderOutput{} }),
		ListPolicies: respondWith(a, "ListPolicies", a.listPolicies),
		ListPolicyVersions: respondWith(a, "ListPolicyVersions", func(in *awsiam.ListPolicyVersionsInput) (*awsiam.ListPolicyVersionsOutput, error) {
			return &awsiam.ListPolicyVersionsOutput{Versions: make([]types.PolicyVersion, max(cmp.Or(a.versions[*in.PolicyArn], 1), 0))}, nil
		}),
		ListAttachedRolePolicies: respondWith(a, "ListAttachedRolePolicies", func(in *awsiam.ListAttachedRolePoliciesInput) (*awsiam.ListAttachedRolePoliciesOutput, error) {
			return &awsiam.ListAttachedRolePoliciesOutput{AttachedPolicies: a.attachedTo(*in.RoleName)}, nil
		}),
		ListAttachedUserPolicies: respondWith(a, "ListAttachedUserPolicies", func(in *awsiam.ListAttachedUserPoliciesInput) (*awsiam.ListAttachedUserPoliciesOutput, error) {
			return &awsiam.ListAttachedUserPoliciesOutput{AttachedPolicies: a.attachedTo(*in.UserName)}, nil
		}),
		GetAccountSummary: respondWith(a, "GetAccountSummary", func(*awsiam.GetAccountSummaryInput) (*awsiam.GetAccountSummaryOutput, error) {
			return &awsiam.GetAccountSummaryOutput{SummaryMap: a.counts()}, nil
		}),
		SimulatePrincipalPolicy: respondWith(a, "SimulatePrincipalPolicy", a.simulation),
	}
}

func (a *iamDouble) listPolicies(in *awsiam.ListPoliciesInput) (*awsiam.ListPoliciesOutput, error) {
	out := &awsiam.ListPoliciesOutput{}
	for key, arn := range a.arns {
		if strings.HasPrefix(key, typePolicy+" ") {
			out.Policies = append(out.Policies, types.Policy{Arn: &arn, PolicyName: aws.String(iam.NameOf(arn))})
		}
	}
	if a.emptyFirstPage && aws.ToString(in.Marker) == "" {
		return &awsiam.ListPoliciesOutput{IsTruncated: true, Marker: aws.String("2")}, nil
	}
	return out, nil
}

func (a *iamDouble) attachedTo(name string) (all []types.AttachedPolicy) {
	for _, policy := range a.attached[name] {
		all = append(all, types.AttachedPolicy{PolicyArn: &policy})
	}
	return all
}

func (a *iamDouble) counts() map[string]int32 {
	if a.summary != nil {
		return a.summary
	}
	return map[string]int32{"Roles": 10, "RolesQuota": 1000, "Policies": 10, "PoliciesQuota": 1500, "InstanceProfiles": 10, "InstanceProfilesQuota": 1000,
		"Users": 1, "UsersQuota": 5000, "Groups": 1, "GroupsQuota": 300, "AttachedPoliciesPerRoleQuota": 10, "AttachedPoliciesPerUserQuota": 10}
}

func (a *iamDouble) simulation(in *awsiam.SimulatePrincipalPolicyInput) (*awsiam.SimulatePrincipalPolicyOutput, error) {
	out := &awsiam.SimulatePrincipalPolicyOutput{}
	resources := in.ResourceArns
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	for _, action := range in.ActionNames {
		for _, resource := range resources {
			result := types.EvaluationResult{EvalDecision: types.PolicyEvaluationDecisionTypeAllowed}
			if a.simulate != nil {
				result = a.simulate(action, resource)
			}
			result.EvalActionName, result.EvalResourceName = &action, &resource
			out.EvaluationResults = append(out.EvaluationResults, result)
		}
	}
	return out, nil
}

// addStack sets in.Found to a stack that was deployed from in.Template.
func addStack(t *testing.T, in *Input) {
	t.Helper()
	text, err := json.Marshal(in.Template.Tree())
	if err != nil {
		t.Fatal(err)
	}
	in.Found = &verify.Stack{Name: in.StackName, Status: "CREATE_COMPLETE", Final: true, Template: string(text)}
	for _, f := range in.Template.Expected(in.Partition, in.Account, nil) {
		in.Found.Resources = append(in.Found.Resources, iam.StackResource{LogicalID: f.LogicalID, Type: f.Type, PhysicalID: f.Name})
	}
}
