// Deployed: what a stack has in the account, as the template that would make it.
// What was changed by hand shows.

package iam

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"
	cloudformation "github.com/awslabs/goformation/v7/cloudformation/iam"

	"capaboot/policies/arn"
)

// API is what reading an account calls of IAM: [APIOf] a client.
type API struct {
	GetRole                   func(context.Context, *iam.GetRoleInput, ...func(*iam.Options)) (*iam.GetRoleOutput, error)
	ListRolePolicies          func(context.Context, *iam.ListRolePoliciesInput, ...func(*iam.Options)) (*iam.ListRolePoliciesOutput, error)
	GetRolePolicy             func(context.Context, *iam.GetRolePolicyInput, ...func(*iam.Options)) (*iam.GetRolePolicyOutput, error)
	ListAttachedRolePolicies  func(context.Context, *iam.ListAttachedRolePoliciesInput, ...func(*iam.Options)) (*iam.ListAttachedRolePoliciesOutput, error)
	GetUser                   func(context.Context, *iam.GetUserInput, ...func(*iam.Options)) (*iam.GetUserOutput, error)
	ListUserPolicies          func(context.Context, *iam.ListUserPoliciesInput, ...func(*iam.Options)) (*iam.ListUserPoliciesOutput, error)
	GetUserPolicy             func(context.Context, *iam.GetUserPolicyInput, ...func(*iam.Options)) (*iam.GetUserPolicyOutput, error)
	ListAttachedUserPolicies  func(context.Context, *iam.ListAttachedUserPoliciesInput, ...func(*iam.Options)) (*iam.ListAttachedUserPoliciesOutput, error)
	ListGroupsForUser         func(context.Context, *iam.ListGroupsForUserInput, ...func(*iam.Options)) (*iam.ListGroupsForUserOutput, error)
	GetGroup                  func(context.Context, *iam.GetGroupInput, ...func(*iam.Options)) (*iam.GetGroupOutput, error)
	ListGroupPolicies         func(context.Context, *iam.ListGroupPoliciesInput, ...func(*iam.Options)) (*iam.ListGroupPoliciesOutput, error)
	GetGroupPolicy            func(context.Context, *iam.GetGroupPolicyInput, ...func(*iam.Options)) (*iam.GetGroupPolicyOutput, error)
	ListAttachedGroupPolicies func(context.Context, *iam.ListAttachedGroupPoliciesInput, ...func(*iam.Options)) (*iam.ListAttachedGroupPoliciesOutput, error)
	GetPolicy                 func(context.Context, *iam.GetPolicyInput, ...func(*iam.Options)) (*iam.GetPolicyOutput, error)
	GetPolicyVersion          func(context.Context, *iam.GetPolicyVersionInput, ...func(*iam.Options)) (*iam.GetPolicyVersionOutput, error)
}

// APIOf returns what the package calls of a client. It is no interface, so that the
// program has no other methods of it: a third of its size.
func APIOf(client *iam.Client) API {
	return API{
		GetRole:                   client.GetRole,
		ListRolePolicies:          client.ListRolePolicies,
		GetRolePolicy:             client.GetRolePolicy,
		ListAttachedRolePolicies:  client.ListAttachedRolePolicies,
		GetUser:                   client.GetUser,
		ListUserPolicies:          client.ListUserPolicies,
		GetUserPolicy:             client.GetUserPolicy,
		ListAttachedUserPolicies:  client.ListAttachedUserPolicies,
		ListGroupsForUser:         client.ListGroupsForUser,
		GetGroup:                  client.GetGroup,
		ListGroupPolicies:         client.ListGroupPolicies,
		GetGroupPolicy:            client.GetGroupPolicy,
		ListAttachedGroupPolicies: client.ListAttachedGroupPolicies,
		GetPolicy:                 client.GetPolicy,
		GetPolicyVersion:          client.GetPolicyVersion,
	}
}

// StackResource is a resource of a stack, by its names.
type StackResource struct{ LogicalID, Type, PhysicalID string }

// Deployed returns a template, as JSON values, of the IAM resources that a
// stack has, with the policies that they have in the account now. Policies of
// the account that were attached by hand are in it, under their ARNs; those of
// AWS are named by their ARNs alone. What the stack has and the account has no
// more is left out, and named in missing. Resources of other kinds are passed
// over. Errors are the API's.
func Deployed(ctx context.Context, api API, resources []StackResource) (template map[string]any, missing []string, err error) {
	out := map[string]any{}
	d := deployed{api: api, own: map[string]string{}}
	for _, r := range resources {
		if r.Type == "AWS::IAM::ManagedPolicy" {
			d.own[r.PhysicalID] = r.LogicalID
		}
	}
	for _, r := range resources {
		read, ok := map[string]func(context.Context, string) (Resource, error){
			"AWS::IAM::Role": d.role, "AWS::IAM::User": d.user, "AWS::IAM::Group": d.group, "AWS::IAM::ManagedPolicy": d.policy,
		}[r.Type]
		if !ok || r.PhysicalID == "" {
			continue
		}
		resource, err := read(ctx, r.PhysicalID)
		if gone(err) {
			missing = append(missing, r.LogicalID)
			continue
		}
		if err == nil {
			out[r.LogicalID], err = tree(resource)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("reading %s (%s): %w", r.LogicalID, r.PhysicalID, err)
		}
	}
	for _, arn := range d.foreign {
		resource, err := d.policy(ctx, arn)
		if err == nil {
			out[arn], err = tree(resource)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("reading the attached policy %s: %w", arn, err)
		}
	}
	return map[string]any{"AWSTemplateFormatVersion": formatVersion, "Resources": out}, missing, nil
}

// gone is whether an error is that something does not exist.
func gone(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "NoSuchEntity"
}

type deployed struct {
	api API
	own map[string]string // the managed policies of the stack: ARN to logical ID
	// foreign are the ARNs of policies of the account that the stack does not
	// have, in the order in which they were found.
	foreign []string
}

func (d *deployed) role(ctx context.Context, name string) (Resource, error) {
	got, err := d.api.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		return nil, err
	}
	trust, err := parseDocument(got.Role.AssumeRolePolicyDocument)
	if err != nil {
		return nil, err
	}
	role := &cloudformation.Role{RoleName: &name, Path: pointer(aws.ToString(got.Role.Path)), AssumeRolePolicyDocument: trust, PermissionsBoundary: d.boundary(got.Role.PermissionsBoundary)}
	inline, err := pages(func(marker *string) ([]string, *string, error) {
		got, err := d.api.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: &name, Marker: marker})
		if err != nil {
			return nil, nil, err
		}
		return got.PolicyNames, got.Marker, nil
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(inline)
	for _, policy := range inline {
		got, err := d.api.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &name, PolicyName: &policy})
		if err != nil {
			return nil, err
		}
		document, err := inlineDocument(policy, got.PolicyDocument)
		if err != nil {
			return nil, err
		}
		role.Policies = append(role.Policies, cloudformation.Role_Policy{PolicyName: policy, PolicyDocument: document})
	}
	attached, err := pages(func(marker *string) ([]types.AttachedPolicy, *string, error) {
		got, err := d.api.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: &name, Marker: marker})
		if err != nil {
			return nil, nil, err
		}
		return got.AttachedPolicies, got.Marker, nil
	})
	role.ManagedPolicyArns = d.attached(attached)
	return role, err
}

func (d *deployed) user(ctx context.Context, name string) (Resource, error) {
	got, err := d.api.GetUser(ctx, &iam.GetUserInput{UserName: &name})
	if err != nil {
		return nil, err
	}
	user := &cloudformation.User{UserName: &name, Path: pointer(aws.ToString(got.User.Path)), PermissionsBoundary: d.boundary(got.User.PermissionsBoundary)}
	user.Groups, err = pages(func(marker *string) ([]string, *string, error) {
		got, err := d.api.ListGroupsForUser(ctx, &iam.ListGroupsForUserInput{UserName: &name, Marker: marker})
		if err != nil {
			return nil, nil, err
		}
		var names []string
		for _, g := range got.Groups {
			names = append(names, aws.ToString(g.GroupName))
		}
		return names, got.Marker, nil
	})
	if err != nil {
		return nil, err
	}
	inline, err := pages(func(marker *string) ([]string, *string, error) {
		got, err := d.api.ListUserPolicies(ctx, &iam.ListUserPoliciesInput{UserName: &name, Marker: marker})
		if err != nil {
			return nil, nil, err
		}
		return got.PolicyNames, got.Marker, nil
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(inline)
	for _, policy := range inline {
		got, err := d.api.GetUserPolicy(ctx, &iam.GetUserPolicyInput{UserName: &name, PolicyName: &policy})
		if err != nil {
			return nil, err
		}
		document, err := inlineDocument(policy, got.PolicyDocument)
		if err != nil {
			return nil, err
		}
		user.Policies = append(user.Policies, cloudformation.User_Policy{PolicyName: policy, PolicyDocument: document})
	}
	attached, err := pages(func(marker *string) ([]types.AttachedPolicy, *string, error) {
		got, err := d.api.ListAttachedUserPolicies(ctx, &iam.ListAttachedUserPoliciesInput{UserName: &name, Marker: marker})
		if err != nil {
			return nil, nil, err
		}
		return got.AttachedPolicies, got.Marker, nil
	})
	user.ManagedPolicyArns = d.attached(attached)
	return user, err
}

func (d *deployed) group(ctx context.Context, name string) (Resource, error) {
	got, err := d.api.GetGroup(ctx, &iam.GetGroupInput{GroupName: &name, MaxItems: aws.Int32(1)})
	if err != nil {
		return nil, err
	}
	group := &cloudformation.Group{GroupName: &name, Path: pointer(aws.ToString(got.Group.Path))}
	inline, err := pages(func(marker *string) ([]string, *string, error) {
		got, err := d.api.ListGroupPolicies(ctx, &iam.ListGroupPoliciesInput{GroupName: &name, Marker: marker})
		if err != nil {
			return nil, nil, err
		}
		return got.PolicyNames, got.Marker, nil
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(inline)
	for _, policy := range inline {
		got, err := d.api.GetGroupPolicy(ctx, &iam.GetGroupPolicyInput{GroupName: &name, PolicyName: &policy})
		if err != nil {
			return nil, err
		}
		document, err := inlineDocument(policy, got.PolicyDocument)
		if err != nil {
			return nil, err
		}
		group.Policies = append(group.Policies, cloudformation.Group_Policy{PolicyName: policy, PolicyDocument: document})
	}
	attached, err := pages(func(marker *string) ([]types.AttachedPolicy, *string, error) {
		got, err := d.api.ListAttachedGroupPolicies(ctx, &iam.ListAttachedGroupPoliciesInput{GroupName: &name, Marker: marker})
		if err != nil {
			return nil, nil, err
		}
		return got.AttachedPolicies, got.Marker, nil
	})
	group.ManagedPolicyArns = d.attached(attached)
	return group, err
}

func (d *deployed) policy(ctx context.Context, arn string) (Resource, error) {
	got, err := d.api.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
	if err != nil {
		return nil, err
	}
	version, err := d.api.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: got.Policy.DefaultVersionId})
	if err != nil {
		return nil, err
	}
	document, err := parseDocument(version.PolicyVersion.Document)
	if err != nil {
		return nil, err
	}
	return &cloudformation.ManagedPolicy{ManagedPolicyName: pointer(aws.ToString(got.Policy.PolicyName)), Path: pointer(aws.ToString(got.Policy.Path)), PolicyDocument: document}, nil
}

// inlineDocument reads the document of an inline policy.
func inlineDocument(name string, text *string) (any, error) {
	document, err := parseDocument(text)
	if err != nil {
		return nil, fmt.Errorf("inline policy %s: %w", name, err)
	}
	return document, nil
}

// attached names attached policies.
func (d *deployed) attached(policies []types.AttachedPolicy) []string {
	var all []string
	for _, p := range policies {
		all = append(all, aws.ToString(p.PolicyArn))
	}
	slices.Sort(all)
	for i, arn := range all {
		all[i] = d.reference(arn)
	}
	return all
}

// boundary names a permissions boundary, if there is one.
func (d *deployed) boundary(boundary *types.AttachedPermissionsBoundary) *string {
	if boundary == nil {
		return nil
	}
	return pointer(d.reference(aws.ToString(boundary.PermissionsBoundaryArn)))
}

// reference names a managed policy: those of the account are in the template,
// those of AWS are not.
func (d *deployed) reference(policy string) string {
	id, known := d.own[policy]
	if a, _ := arn.Parse(policy); !known && a.Parts == 6 && a.Account != "aws" {
		d.own[policy], id, known = policy, policy, true
		d.foreign = append(d.foreign, policy)
	}
	if known {
		return reference(id)
	}
	return policy
}

// parseDocument reads a document as the API gives it: percent-encoded, or, from
// some servers, plain. Source: IAM API Reference, "PolicyVersion".
func parseDocument(text *string) (any, error) {
	var document any
	if json.Unmarshal([]byte(aws.ToString(text)), &document) == nil {
		return document, nil
	}
	plain, err := url.PathUnescape(aws.ToString(text))
	if err != nil {
		return nil, errors.New("the policy document is not percent-encoded JSON")
	}
	if err := json.Unmarshal([]byte(plain), &document); err != nil {
		return nil, errors.New("the policy document is no JSON")
	}
	return document, nil
}

// pages reads all pages of a list.
func pages[T any](read func(marker *string) ([]T, *string, error)) ([]T, error) {
	var all []T
	var marker *string
	for {
		page, next, err := read(marker)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if next == nil || *next == "" {
			return all, nil
		}
		marker = next
	}
}
