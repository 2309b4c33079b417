// A double of IAM for the tests. Its account is initially as configured. Tests
// change the account, deny calls, and read lists in pages of one entry.

package verify

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"

	"capaboot/iam"
	"capaboot/iam/account"
	"capaboot/policies/catalog"
	"capaboot/policies/source"
)

const (
	accountID = "123456789012"
	stackName = "capa"
)

// world is a configuration with an account that matches it.
type world struct {
	t        testing.TB
	template *iam.Template
	in       Input
	all      map[string]*iam.ResourceState // the resources of the account, by type and name
	keys     []types.AccessKeyMetadata
	lastUse  map[string]*types.AccessKeyLastUsed
	// faults has the errors that operations return; calls counts the calls of
	// each operation.
	faults map[string]error
	calls  map[string]int
	// changeResponse has functions that change the response of an operation.
	changeResponse map[string]func(any)
}

// everything is a configuration with every type of resource.
const everything = `apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1
kind: AWSIAMConfiguration
spec:
  stackName: capa
  bootstrapUser:
    enable: true
    extraPolicyAttachments: ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
    extraGroups: [auditors]
    extraStatements: [{Effect: Allow, Action: ["s3:GetObject"], Resource: ["*"]}]
  nodes:
    extraStatements: [{Effect: Allow, Action: ["s3:GetObject"], Resource: ["*"]}]
    tags: {team: capa}
  controlPlane:
    trustStatements: [{Effect: Allow, Principal: {AWS: ["arn:aws:iam::444455556666:root"]}, Action: ["sts:AssumeRole"]}]
`

func newWorld(t testing.TB, text string) *world {
	t.Helper()
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	release, err := catalogue.Resolve("v2.11.1")
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := iam.Load("config.yaml", []byte(text), iam.Options{Catalogue: catalogue, Release: release})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, template: loaded.Template, all: map[string]*iam.ResourceState{}, faults: map[string]error{}, calls: map[string]int{}, changeResponse: map[string]func(any){}, lastUse: map[string]*types.AccessKeyLastUsed{}}
	template, err := json.Marshal(loaded.Template.Tree())
	if err != nil {
		t.Fatal(err)
	}
	stack := &Stack{Name: stackName, Status: "CREATE_COMPLETE", Final: true, Tags: map[string]string{}, Template: string(template)}
	for _, f := range loaded.Template.Expected("aws", accountID, nil) {
		if f.Name == "" {
			t.Fatalf("%s has no name", f.LogicalID)
		}
		stack.Resources = append(stack.Resources, iam.StackResource{LogicalID: f.LogicalID, Type: f.Type, PhysicalID: f.Name})
		w.all[f.Type+" "+f.Name] = f
	}
	w.in = Input{Generated: &source.Generated{Template: loaded.Template.Tree(), Release: release, Settings: loaded.Configuration.Settings(), Partition: "aws"},
		Template: loaded.Template, Partition: "aws", Account: accountID, Stack: stack, StackName: stackName, Now: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)}
	return w
}

func (w *world) resource(id string) *iam.ResourceState {
	w.t.Helper()
	for _, f := range w.all {
		if f.LogicalID == id {
			return f
		}
	}
	w.t.Fatalf("there is no %s", id)
	return nil
}

// read compares the account with the configuration.
func (w *world) read() *Result {
	w.t.Helper()
	got, err := Read(w.t.Context(), w.api(), w.in)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

func denied(operation string) error {
	return &smithy.OperationError{ServiceID: "IAM", OperationName: operation, Err: &smithy.GenericAPIError{Code: "AccessDenied", Message: "User: ann is not authorized to perform: iam:" + operation}}
}

var errNoSuchEntity error = &smithy.GenericAPIError{Code: "NoSuchEntity", Message: "it cannot be found"}

// operationOf returns an operation. The operation returns its error in w.faults
// or, if it has none, the result of do after w.changeResponse changed it.
func operationOf[In, Out any](w *world, operation string, do func(*In) (*Out, error)) func(context.Context, *In, ...func(*awsiam.Options)) (*Out, error) {
	return func(_ context.Context, in *In, _ ...func(*awsiam.Options)) (*Out, error) {
		w.calls[operation]++
		if err := w.faults[operation]; err != nil {
			return nil, err
		}
		out, err := do(in)
		if damage := w.changeResponse[operation]; damage != nil && err == nil {
			damage(out)
		}
		return out, err
	}
}

func (w *world) find(kind, name string) (*iam.ResourceState, error) {
	f := w.all[kind+" "+name]
	if f == nil {
		return nil, errNoSuchEntity
	}
	return f, nil
}

// page returns the entry of a list at the marker, whether there are more
// entries, and the marker of the next entry.
func page[T any](all []T, marker *string) (items []T, truncated bool, next *string) {
	i, _ := strconv.Atoi(aws.ToString(marker))
	if i >= len(all) {
		return nil, false, nil
	}
	if i+1 < len(all) {
		next = aws.String(strconv.Itoa(i + 1))
	}
	return all[i : i+1], next != nil, next
}

func text(document any) *string {
	raw, err := json.Marshal(document)
	if err != nil {
		panic(err)
	}
	return aws.String(url.PathEscape(string(raw)))
}

func inlineNames(f *iam.ResourceState) (names []string) {
	for _, p := range f.Inline {
		names = append(names, p.Name)
	}
	return names
}

func inlineText(f *iam.ResourceState, name string) (*string, error) {
	for _, p := range f.Inline {
		if p.Name == name {
			return text(p.Document), nil
		}
	}
	return nil, errNoSuchEntity
}

func attachedTo(f *iam.ResourceState) (all []types.AttachedPolicy) {
	for _, policy := range f.Attached {
		all = append(all, types.AttachedPolicy{PolicyArn: aws.String(policy)})
	}
	return all
}

func boundaryOf(f *iam.ResourceState) *types.AttachedPermissionsBoundary {
	if f.Boundary == "" {
		return nil
	}
	return &types.AttachedPermissionsBoundary{PermissionsBoundaryArn: &f.Boundary}
}

func tagsOf(f *iam.ResourceState) (all []types.Tag) {
	for key, value := range f.Tags {
		all = append(all, types.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	return all
}

// entities returns the roles, users and groups that a policy is attached to
// now.
func (w *world) entities(policy string) (all []iam.Entity) {
	for _, f := range w.all {
		if slices.Contains(f.Attached, policy) {
			all = append(all, iam.Entity{Type: f.Type, Name: f.Name})
		}
	}
	slices.SortFunc(all, func(a, b iam.Entity) int { return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name)) })
	return all
}

const (
	roleType, userType, groupType, policyType, profileType = "AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::ManagedPolicy", "AWS::IAM::InstanceProfile"
)

func (w *world) api() account.API {
	a := account.API{
		GetRole: operationOf(w, "GetRole", func(in *awsiam.GetRoleInput) (*awsiam.GetRoleOutput, error) {
			f, err := w.find(roleType, *in.RoleName)
			if err != nil {
				return nil, err
			}
			return &awsiam.GetRoleOutput{Role: &types.Role{Path: &f.Path, AssumeRolePolicyDocument: text(f.Trust), PermissionsBoundary: boundaryOf(f), Tags: tagsOf(f),
				Description: &f.Description, MaxSessionDuration: &f.MaxSession}}, nil
		}),
		ListRolePolicies: operationOf(w, "ListRolePolicies", func(in *awsiam.ListRolePoliciesInput) (*awsiam.ListRolePoliciesOutput, error) {
			f, err := w.find(roleType, *in.RoleName)
			if err != nil {
				return nil, err
			}
			out := &awsiam.ListRolePoliciesOutput{}
			out.PolicyNames, out.IsTruncated, out.Marker = page(inlineNames(f), in.Marker)
			return out, nil
		}),
		GetRolePolicy: operationOf(w, "GetRolePolicy", func(in *awsiam.GetRolePolicyInput) (*awsiam.GetRolePolicyOutput, error) {
			f, err := w.find(roleType, *in.RoleName)
			if err != nil {
				return nil, err
			}
			document, err := inlineText(f, *in.PolicyName)
			return &awsiam.GetRolePolicyOutput{PolicyDocument: document}, err
		}),
		ListAttachedRolePolicies: operationOf(w, "ListAttachedRolePolicies", func(in *awsiam.ListAttachedRolePoliciesInput) (*awsiam.ListAttachedRolePoliciesOutput, error) {
			f, err := w.find(roleType, *in.RoleName)
			if err != nil {
				return nil, err
			}
			out := &awsiam.ListAttachedRolePoliciesOutput{}
			out.AttachedPolicies, out.IsTruncated, out.Marker = page(attachedTo(f), in.Marker)
			return out, nil
		}),
		ListInstanceProfilesForRole: operationOf(w, "ListInstanceProfilesForRole", func(in *awsiam.ListInstanceProfilesForRoleInput) (*awsiam.ListInstanceProfilesForRoleOutput, error) {
			if _, err := w.find(roleType, *in.RoleName); err != nil {
				return nil, err
			}
			var names []string
			for _, profile := range w.all {
				if profile.Type == profileType && slices.Contains(profile.Roles, *in.RoleName) {
					names = append(names, profile.Name)
				}
			}
			slices.Sort(names)
			out := &awsiam.ListInstanceProfilesForRoleOutput{}
			names, out.IsTruncated, out.Marker = page(names, in.Marker)
			for _, name := range names {
				out.InstanceProfiles = append(out.InstanceProfiles, types.InstanceProfile{InstanceProfileName: &name})
			}
			return out, nil
		}),
		GetInstanceProfile: operationOf(w, "GetInstanceProfile", func(in *awsiam.GetInstanceProfileInput) (*awsiam.GetInstanceProfileOutput, error) {
			f, err := w.find(profileType, *in.InstanceProfileName)
			if err != nil {
				return nil, err
			}
			profile := &types.InstanceProfile{Path: &f.Path, Tags: tagsOf(f)}
			for _, role := range f.Roles {
				profile.Roles = append(profile.Roles, types.Role{RoleName: aws.String(role)})
			}
			return &awsiam.GetInstanceProfileOutput{InstanceProfile: profile}, nil
		}),
	}
	w.userAPI(&a)
	w.groupAPI(&a)
	w.policyAPI(&a)
	return a
}

func (w *world) userAPI(a *account.API) {
	a.GetUser = operationOf(w, "GetUser", func(in *awsiam.GetUserInput) (*awsiam.GetUserOutput, error) {
		f, err := w.find(userType, *in.UserName)
		if err != nil {
			return nil, err
		}
		return &awsiam.GetUserOutput{User: &types.User{Path: &f.Path, PermissionsBoundary: boundaryOf(f), Tags: tagsOf(f)}}, nil
	})
	a.ListGroupsForUser = operationOf(w, "ListGroupsForUser", func(in *awsiam.ListGroupsForUserInput) (*awsiam.ListGroupsForUserOutput, error) {
		f, err := w.find(userType, *in.UserName)
		if err != nil {
			return nil, err
		}
		out := &awsiam.ListGroupsForUserOutput{}
		var names []string
		names, out.IsTruncated, out.Marker = page(f.Groups, in.Marker)
		for _, name := range names {
			out.Groups = append(out.Groups, types.Group{GroupName: aws.String(name)})
		}
		return out, nil
	})
	a.ListUserPolicies = operationOf(w, "ListUserPolicies", func(in *awsiam.ListUserPoliciesInput) (*awsiam.ListUserPoliciesOutput, error) {
		f, err := w.find(userType, *in.UserName)
		if err != nil {
			return nil, err
		}
		out := &awsiam.ListUserPoliciesOutput{}
		out.PolicyNames, out.IsTruncated, out.Marker = page(inlineNames(f), in.Marker)
		return out, nil
	})
	a.GetUserPolicy = operationOf(w, "GetUserPolicy", func(in *awsiam.GetUserPolicyInput) (*awsiam.GetUserPolicyOutput, error) {
		f, err := w.find(userType, *in.UserName)
		if err != nil {
			return nil, err
		}
		document, err := inlineText(f, *in.PolicyName)
		return &awsiam.GetUserPolicyOutput{PolicyDocument: document}, err
	})
	a.ListAttachedUserPolicies = operationOf(w, "ListAttachedUserPolicies", func(in *awsiam.ListAttachedUserPoliciesInput) (*awsiam.ListAttachedUserPoliciesOutput, error) {
		f, err := w.find(userType, *in.UserName)
		if err != nil {
			return nil, err
		}
		out := &awsiam.ListAttachedUserPoliciesOutput{}
		out.AttachedPolicies, out.IsTruncated, out.Marker = page(attachedTo(f), in.Marker)
		return out, nil
	})
	a.ListAccessKeys = operationOf(w, "ListAccessKeys", func(in *awsiam.ListAccessKeysInput) (*awsiam.ListAccessKeysOutput, error) {
		out := &awsiam.ListAccessKeysOutput{}
		out.AccessKeyMetadata, out.IsTruncated, out.Marker = page(w.keys, in.Marker)
		return out, nil
	})
	a.GetLoginProfile = operationOf(w, "GetLoginProfile", func(in *awsiam.GetLoginProfileInput) (*awsiam.GetLoginProfileOutput, error) {
		f, err := w.find(userType, *in.UserName)
		if err != nil || !f.Password {
			return nil, cmp.Or(err, errNoSuchEntity)
		}
		return &awsiam.GetLoginProfileOutput{LoginProfile: &types.LoginProfile{UserName: in.UserName}}, nil
	})
	a.GetAccessKeyLastUsed = operationOf(w, "GetAccessKeyLastUsed", func(in *awsiam.GetAccessKeyLastUsedInput) (*awsiam.GetAccessKeyLastUsedOutput, error) {
		return &awsiam.GetAccessKeyLastUsedOutput{AccessKeyLastUsed: w.lastUse[*in.AccessKeyId]}, nil
	})
}

func (w *world) groupAPI(a *account.API) {
	a.GetGroup = operationOf(w, "GetGroup", func(in *awsiam.GetGroupInput) (*awsiam.GetGroupOutput, error) {
		f, err := w.find(groupType, *in.GroupName)
		if err != nil {
			return nil, err
		}
		out := &awsiam.GetGroupOutput{Group: &types.Group{GroupName: in.GroupName, Path: &f.Path}}
		var members []string
		for _, user := range w.all {
			if user.Type == userType && slices.Contains(user.Groups, f.Name) {
				members = append(members, user.Name)
			}
		}
		slices.Sort(members)
		members, out.IsTruncated, out.Marker = page(members, in.Marker)
		for _, name := range members {
			out.Users = append(out.Users, types.User{UserName: aws.String(name)})
		}
		return out, nil
	})
	a.ListGroupPolicies = operationOf(w, "ListGroupPolicies", func(in *awsiam.ListGroupPoliciesInput) (*awsiam.ListGroupPoliciesOutput, error) {
		f, err := w.find(groupType, *in.GroupName)
		if err != nil {
			return nil, err
		}
		out := &awsiam.ListGroupPoliciesOutput{}
		out.PolicyNames, out.IsTruncated, out.Marker = page(inlineNames(f), in.Marker)
		return out, nil
	})
	a.GetGroupPolicy = operationOf(w, "GetGroupPolicy", func(in *awsiam.GetGroupPolicyInput) (*awsiam.GetGroupPolicyOutput, error) {
		f, err := w.find(groupType, *in.GroupName)
		if err != nil {
			return nil, err
		}
		document, err := inlineText(f, *in.PolicyName)
		return &awsiam.GetGroupPolicyOutput{PolicyDocument: document}, err
	})
	a.ListAttachedGroupPolicies = operationOf(w, "ListAttachedGroupPolicies", func(in *awsiam.ListAttachedGroupPoliciesInput) (*awsiam.ListAttachedGroupPoliciesOutput, error) {
		f, err := w.find(groupType, *in.GroupName)
		if err != nil {
			return nil, err
		}
		out := &awsiam.ListAttachedGroupPoliciesOutput{}
		out.AttachedPolicies, out.IsTruncated, out.Marker = page(attachedTo(f), in.Marker)
		return out, nil
	})
}

func (w *world) policyAPI(a *account.API) {
	a.GetPolicy = operationOf(w, "GetPolicy", func(in *awsiam.GetPolicyInput) (*awsiam.GetPolicyOutput, error) {
		f, err := w.find(policyType, *in.PolicyArn)
		if err != nil {
			return nil, err
		}
		return &awsiam.GetPolicyOutput{Policy: &types.Policy{Path: &f.Path, Description: &f.Description, DefaultVersionId: aws.String("v3"), Tags: tagsOf(f)}}, nil
	})
	a.GetPolicyVersion = operationOf(w, "GetPolicyVersion", func(in *awsiam.GetPolicyVersionInput) (*awsiam.GetPolicyVersionOutput, error) {
		f, err := w.find(policyType, *in.PolicyArn)
		if err != nil || *in.VersionId != "v3" {
			return nil, cmp.Or(err, errNoSuchEntity)
		}
		return &awsiam.GetPolicyVersionOutput{PolicyVersion: &types.PolicyVersion{Document: text(f.Document)}}, nil
	})
	a.ListEntitiesForPolicy = operationOf(w, "ListEntitiesForPolicy", func(in *awsiam.ListEntitiesForPolicyInput) (*awsiam.ListEntitiesForPolicyOutput, error) {
		out := &awsiam.ListEntitiesForPolicyOutput{}
		var entities []iam.Entity
		entities, out.IsTruncated, out.Marker = page(w.entities(*in.PolicyArn), in.Marker)
		for _, h := range entities {
			switch h.Type {
			case roleType:
				out.PolicyRoles = append(out.PolicyRoles, types.PolicyRole{RoleName: aws.String(h.Name)})
			case userType:
				out.PolicyUsers = append(out.PolicyUsers, types.PolicyUser{UserName: aws.String(h.Name)})
			case groupType:
				out.PolicyGroups = append(out.PolicyGroups, types.PolicyGroup{GroupName: aws.String(h.Name)})
			}
		}
		return out, nil
	})
}
