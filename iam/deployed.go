package iam

// This file reads what a stack has in the account, and writes it as the
// template that would make it: what was changed by hand shows.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"capaboot/policies/arn"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"
)

// API is what reading an account calls of IAM; *iam.Client is one.
type API interface {
	GetRole(context.Context, *iam.GetRoleInput, ...func(*iam.Options)) (*iam.GetRoleOutput, error)
	ListRolePolicies(context.Context, *iam.ListRolePoliciesInput, ...func(*iam.Options)) (*iam.ListRolePoliciesOutput, error)
	GetRolePolicy(context.Context, *iam.GetRolePolicyInput, ...func(*iam.Options)) (*iam.GetRolePolicyOutput, error)
	ListAttachedRolePolicies(context.Context, *iam.ListAttachedRolePoliciesInput, ...func(*iam.Options)) (*iam.ListAttachedRolePoliciesOutput, error)
	GetUser(context.Context, *iam.GetUserInput, ...func(*iam.Options)) (*iam.GetUserOutput, error)
	ListUserPolicies(context.Context, *iam.ListUserPoliciesInput, ...func(*iam.Options)) (*iam.ListUserPoliciesOutput, error)
	GetUserPolicy(context.Context, *iam.GetUserPolicyInput, ...func(*iam.Options)) (*iam.GetUserPolicyOutput, error)
	ListAttachedUserPolicies(context.Context, *iam.ListAttachedUserPoliciesInput, ...func(*iam.Options)) (*iam.ListAttachedUserPoliciesOutput, error)
	ListGroupsForUser(context.Context, *iam.ListGroupsForUserInput, ...func(*iam.Options)) (*iam.ListGroupsForUserOutput, error)
	GetGroup(context.Context, *iam.GetGroupInput, ...func(*iam.Options)) (*iam.GetGroupOutput, error)
	ListGroupPolicies(context.Context, *iam.ListGroupPoliciesInput, ...func(*iam.Options)) (*iam.ListGroupPoliciesOutput, error)
	GetGroupPolicy(context.Context, *iam.GetGroupPolicyInput, ...func(*iam.Options)) (*iam.GetGroupPolicyOutput, error)
	ListAttachedGroupPolicies(context.Context, *iam.ListAttachedGroupPoliciesInput, ...func(*iam.Options)) (*iam.ListAttachedGroupPoliciesOutput, error)
	GetPolicy(context.Context, *iam.GetPolicyInput, ...func(*iam.Options)) (*iam.GetPolicyOutput, error)
	GetPolicyVersion(context.Context, *iam.GetPolicyVersionInput, ...func(*iam.Options)) (*iam.GetPolicyVersionOutput, error)
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
	d := deployed{ctx: ctx, api: api, own: map[string]string{}}
	for _, r := range resources {
		if r.Type == "AWS::IAM::ManagedPolicy" {
			d.own[r.PhysicalID] = r.LogicalID
		}
	}
	for _, r := range resources {
		read, ok := map[string]func(string) (map[string]any, error){
			"AWS::IAM::Role": d.role, "AWS::IAM::User": d.user, "AWS::IAM::Group": d.group, "AWS::IAM::ManagedPolicy": d.policy,
		}[r.Type]
		if !ok || r.PhysicalID == "" {
			continue
		}
		properties, err := read(r.PhysicalID)
		if gone(err) {
			missing = append(missing, r.LogicalID)
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("reading %s (%s): %w", r.LogicalID, r.PhysicalID, err)
		}
		out[r.LogicalID] = map[string]any{"Type": r.Type, "Properties": properties}
	}
	for _, arn := range d.foreign {
		properties, err := d.policy(arn)
		if err != nil {
			return nil, nil, fmt.Errorf("reading the attached policy %s: %w", arn, err)
		}
		out[arn] = map[string]any{"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}
	}
	return map[string]any{"AWSTemplateFormatVersion": formatVersion, "Resources": out}, missing, nil
}

// gone is whether an error is that something does not exist.
func gone(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "NoSuchEntity"
}

type deployed struct {
	ctx context.Context
	api API
	own map[string]string // the managed policies of the stack: ARN to logical ID
	// foreign are the ARNs of policies of the account that the stack does not
	// have, in the order in which they were found.
	foreign []string
}

func (d *deployed) role(name string) (map[string]any, error) {
	got, err := d.api.GetRole(d.ctx, &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		return nil, err
	}
	trust, err := parseDocument(got.Role.AssumeRolePolicyDocument)
	if err != nil {
		return nil, err
	}
	properties := map[string]any{"RoleName": name, "Path": aws.ToString(got.Role.Path), "AssumeRolePolicyDocument": trust}
	if boundary := got.Role.PermissionsBoundary; boundary != nil {
		properties["PermissionsBoundary"] = d.reference(aws.ToString(boundary.PermissionsBoundaryArn))
	}
	inline, err := pages(func(marker *string) ([]string, *string, error) {
		got, err := d.api.ListRolePolicies(d.ctx, &iam.ListRolePoliciesInput{RoleName: &name, Marker: marker})
		if err != nil {
			return nil, nil, err
		}
		return got.PolicyNames, got.Marker, nil
	})
	if err != nil {
		return nil, err
	}
	err = d.inline(properties, inline, func(policy string) (*string, error) {
		got, err := d.api.GetRolePolicy(d.ctx, &iam.GetRolePolicyInput{RoleName: &name, PolicyName: &policy})
		if err != nil {
			return nil, err
		}
		return got.PolicyDocument, nil
	})
	if err != nil {
		return nil, err
	}
	attached, err := pages(func(marker *string) ([]string, *string, error) {
		got, err := d.api.ListAttachedRolePolicies(d.ctx, &iam.ListAttachedRolePoliciesInput{RoleName: &name, Marker: marker})
		if err != nil {
			return nil, nil, err
		}
		var arns []string
		for _, p := range got.AttachedPolicies {
			arns = append(arns, aws.ToString(p.PolicyArn))
		}
		return arns, got.Marker, nil
	})
	d.attached(properties, attached)
	return properties, err
}

func (d *deployed) user(name string) (map[string]any, error) {
	got, err := d.api.GetUser(d.ctx, &iam.GetUserInput{UserName: &name})
	if err != nil {
		return nil, err
	}
	properties := map[string]any{"UserName": name, "Path": aws.ToString(got.User.Path)}
	if boundary := got.User.PermissionsBoundary; boundary != nil {
		properties["PermissionsBoundary"] = d.reference(aws.ToString(boundary.PermissionsBoundaryArn))
	}
	groups, err := pages(func(marker *string) ([]string, *string, error) {
		got, err := d.api.ListGroupsForUser(d.ctx, &iam.ListGroupsForUserInput{UserName: &name, Marker: marker})
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
	properties["Groups"] = list(groups)
	inline, err := pages(func(marker *string) ([]string, *string, error) {
		got, err := d.api.ListUserPolicies(d.ctx, &iam.ListUserPoliciesInput{UserName: &name, Marker: marker})
		if err != nil {
			return nil, nil, err
		}
		return got.PolicyNames, got.Marker, nil
	})
	if err != nil {
		return nil, err
	}
	err = d.inline(properties, inline, func(policy string) (*string, error) {
		got, err := d.api.GetUserPolicy(d.ctx, &iam.GetUserPolicyInput{UserName: &name, PolicyName: &policy})
		if err != nil {
			return nil, err
		}
		return got.PolicyDocument, nil
	})
	if err != nil {
		return nil, err
	}
	attached, err := pages(func(marker *string) ([]string, *string, error) {
		got, err := d.api.ListAttachedUserPolicies(d.ctx, &iam.ListAttachedUserPoliciesInput{UserName: &name, Marker: marker})
		if err != nil {
			return nil, nil, err
		}
		var arns []string
		for _, p := range got.AttachedPolicies {
			arns = append(arns, aws.ToString(p.PolicyArn))
		}
		return arns, got.Marker, nil
	})
	d.attached(properties, attached)
	return properties, err
}

func (d *deployed) group(name string) (map[string]any, error) {
	got, err := d.api.GetGroup(d.ctx, &iam.GetGroupInput{GroupName: &name, MaxItems: aws.Int32(1)})
	if err != nil {
		return nil, err
	}
	properties := map[string]any{"GroupName": name, "Path": aws.ToString(got.Group.Path)}
	inline, err := pages(func(marker *string) ([]string, *string, error) {
		got, err := d.api.ListGroupPolicies(d.ctx, &iam.ListGroupPoliciesInput{GroupName: &name, Marker: marker})
		if err != nil {
			return nil, nil, err
		}
		return got.PolicyNames, got.Marker, nil
	})
	if err != nil {
		return nil, err
	}
	err = d.inline(properties, inline, func(policy string) (*string, error) {
		got, err := d.api.GetGroupPolicy(d.ctx, &iam.GetGroupPolicyInput{GroupName: &name, PolicyName: &policy})
		if err != nil {
			return nil, err
		}
		return got.PolicyDocument, nil
	})
	if err != nil {
		return nil, err
	}
	attached, err := pages(func(marker *string) ([]string, *string, error) {
		got, err := d.api.ListAttachedGroupPolicies(d.ctx, &iam.ListAttachedGroupPoliciesInput{GroupName: &name, Marker: marker})
		if err != nil {
			return nil, nil, err
		}
		var arns []string
		for _, p := range got.AttachedPolicies {
			arns = append(arns, aws.ToString(p.PolicyArn))
		}
		return arns, got.Marker, nil
	})
	d.attached(properties, attached)
	return properties, err
}

func (d *deployed) policy(arn string) (map[string]any, error) {
	got, err := d.api.GetPolicy(d.ctx, &iam.GetPolicyInput{PolicyArn: &arn})
	if err != nil {
		return nil, err
	}
	version, err := d.api.GetPolicyVersion(d.ctx, &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: got.Policy.DefaultVersionId})
	if err != nil {
		return nil, err
	}
	document, err := parseDocument(version.PolicyVersion.Document)
	if err != nil {
		return nil, err
	}
	return map[string]any{"ManagedPolicyName": aws.ToString(got.Policy.PolicyName), "Path": aws.ToString(got.Policy.Path), "PolicyDocument": document}, nil
}

// inline adds inline policies to the properties.
func (d *deployed) inline(properties map[string]any, names []string, read func(string) (*string, error)) error {
	slices.Sort(names)
	all := []any{}
	for _, name := range names {
		text, err := read(name)
		if err != nil {
			return err
		}
		document, err := parseDocument(text)
		if err != nil {
			return fmt.Errorf("inline policy %s: %w", name, err)
		}
		all = append(all, map[string]any{"PolicyName": name, "PolicyDocument": document})
	}
	properties["Policies"] = all
	return nil
}

// attached adds attached policies to the properties.
func (d *deployed) attached(properties map[string]any, arns []string) {
	slices.Sort(arns)
	all := []any{}
	for _, arn := range arns {
		all = append(all, d.reference(arn))
	}
	properties["ManagedPolicyArns"] = all
}

// reference stands for a managed policy: those of the account are in the
// template, those of AWS are not.
func (d *deployed) reference(policy string) any {
	id, known := d.own[policy]
	if a, _ := arn.Parse(policy); !known && a.Parts == 6 && a.Account != "aws" {
		d.own[policy], id, known = policy, policy, true
		d.foreign = append(d.foreign, policy)
	}
	if known {
		return map[string]any{"Ref": id}
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
func pages(read func(marker *string) ([]string, *string, error)) ([]string, error) {
	var all []string
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

func list(texts []string) []any {
	all := make([]any, len(texts))
	for i, text := range texts {
		all[i] = text
	}
	return all
}
