// The IAM operations that reading an account needs.

package iam

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// API has the IAM operations that reading an account needs. [APIOf] creates an
// API from a client.
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
	// Only a [Reader] with Full set calls these.
	ListEntitiesForPolicy func(context.Context, *iam.ListEntitiesForPolicyInput, ...func(*iam.Options)) (*iam.ListEntitiesForPolicyOutput, error)
	GetInstanceProfile    func(context.Context, *iam.GetInstanceProfileInput, ...func(*iam.Options)) (*iam.GetInstanceProfileOutput, error)
	ListAccessKeys        func(context.Context, *iam.ListAccessKeysInput, ...func(*iam.Options)) (*iam.ListAccessKeysOutput, error)
	GetAccessKeyLastUsed  func(context.Context, *iam.GetAccessKeyLastUsedInput, ...func(*iam.Options)) (*iam.GetAccessKeyLastUsedOutput, error)
}

// APIOf returns the operations of a client. API is a struct of functions
// instead of an interface, so that the linker drops the other methods of the
// client, which would be a third of the program's size.
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
		ListEntitiesForPolicy:     client.ListEntitiesForPolicy,
		GetInstanceProfile:        client.GetInstanceProfile,
		ListAccessKeys:            client.ListAccessKeys,
		GetAccessKeyLastUsed:      client.GetAccessKeyLastUsed,
	}
}
