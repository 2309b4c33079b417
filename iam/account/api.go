// The IAM operations that reading an account needs.

package account

import (
	"context"

	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
)

// API has the IAM operations that reading an account needs. [APIOf] creates an
// API from a client.
type API struct {
	GetRole                   func(context.Context, *awsiam.GetRoleInput, ...func(*awsiam.Options)) (*awsiam.GetRoleOutput, error)
	ListRolePolicies          func(context.Context, *awsiam.ListRolePoliciesInput, ...func(*awsiam.Options)) (*awsiam.ListRolePoliciesOutput, error)
	GetRolePolicy             func(context.Context, *awsiam.GetRolePolicyInput, ...func(*awsiam.Options)) (*awsiam.GetRolePolicyOutput, error)
	ListAttachedRolePolicies  func(context.Context, *awsiam.ListAttachedRolePoliciesInput, ...func(*awsiam.Options)) (*awsiam.ListAttachedRolePoliciesOutput, error)
	GetUser                   func(context.Context, *awsiam.GetUserInput, ...func(*awsiam.Options)) (*awsiam.GetUserOutput, error)
	ListUserPolicies          func(context.Context, *awsiam.ListUserPoliciesInput, ...func(*awsiam.Options)) (*awsiam.ListUserPoliciesOutput, error)
	GetUserPolicy             func(context.Context, *awsiam.GetUserPolicyInput, ...func(*awsiam.Options)) (*awsiam.GetUserPolicyOutput, error)
	ListAttachedUserPolicies  func(context.Context, *awsiam.ListAttachedUserPoliciesInput, ...func(*awsiam.Options)) (*awsiam.ListAttachedUserPoliciesOutput, error)
	ListGroupsForUser         func(context.Context, *awsiam.ListGroupsForUserInput, ...func(*awsiam.Options)) (*awsiam.ListGroupsForUserOutput, error)
	GetGroup                  func(context.Context, *awsiam.GetGroupInput, ...func(*awsiam.Options)) (*awsiam.GetGroupOutput, error)
	ListGroupPolicies         func(context.Context, *awsiam.ListGroupPoliciesInput, ...func(*awsiam.Options)) (*awsiam.ListGroupPoliciesOutput, error)
	GetGroupPolicy            func(context.Context, *awsiam.GetGroupPolicyInput, ...func(*awsiam.Options)) (*awsiam.GetGroupPolicyOutput, error)
	ListAttachedGroupPolicies func(context.Context, *awsiam.ListAttachedGroupPoliciesInput, ...func(*awsiam.Options)) (*awsiam.ListAttachedGroupPoliciesOutput, error)
	GetPolicy                 func(context.Context, *awsiam.GetPolicyInput, ...func(*awsiam.Options)) (*awsiam.GetPolicyOutput, error)
	GetPolicyVersion          func(context.Context, *awsiam.GetPolicyVersionInput, ...func(*awsiam.Options)) (*awsiam.GetPolicyVersionOutput, error)
	GetInstanceProfile        func(context.Context, *awsiam.GetInstanceProfileInput, ...func(*awsiam.Options)) (*awsiam.GetInstanceProfileOutput, error)
	// Only a [Reader] with Full set calls these.
	ListEntitiesForPolicy       func(context.Context, *awsiam.ListEntitiesForPolicyInput, ...func(*awsiam.Options)) (*awsiam.ListEntitiesForPolicyOutput, error)
	ListInstanceProfilesForRole func(context.Context, *awsiam.ListInstanceProfilesForRoleInput, ...func(*awsiam.Options)) (*awsiam.ListInstanceProfilesForRoleOutput, error)
	ListAccessKeys              func(context.Context, *awsiam.ListAccessKeysInput, ...func(*awsiam.Options)) (*awsiam.ListAccessKeysOutput, error)
	GetAccessKeyLastUsed        func(context.Context, *awsiam.GetAccessKeyLastUsedInput, ...func(*awsiam.Options)) (*awsiam.GetAccessKeyLastUsedOutput, error)
	GetLoginProfile             func(context.Context, *awsiam.GetLoginProfileInput, ...func(*awsiam.Options)) (*awsiam.GetLoginProfileOutput, error)
}

// APIOf returns the operations of a client. API is a struct of functions
// instead of an interface, so that the linker drops the client's other methods.
// These would be a third of the program's size.
func APIOf(client *awsiam.Client) API {
	return API{
		GetRole:                     client.GetRole,
		ListRolePolicies:            client.ListRolePolicies,
		GetRolePolicy:               client.GetRolePolicy,
		ListAttachedRolePolicies:    client.ListAttachedRolePolicies,
		GetUser:                     client.GetUser,
		ListUserPolicies:            client.ListUserPolicies,
		GetUserPolicy:               client.GetUserPolicy,
		ListAttachedUserPolicies:    client.ListAttachedUserPolicies,
		ListGroupsForUser:           client.ListGroupsForUser,
		GetGroup:                    client.GetGroup,
		ListGroupPolicies:           client.ListGroupPolicies,
		GetGroupPolicy:              client.GetGroupPolicy,
		ListAttachedGroupPolicies:   client.ListAttachedGroupPolicies,
		GetPolicy:                   client.GetPolicy,
		GetPolicyVersion:            client.GetPolicyVersion,
		ListEntitiesForPolicy:       client.ListEntitiesForPolicy,
		GetInstanceProfile:          client.GetInstanceProfile,
		ListInstanceProfilesForRole: client.ListInstanceProfilesForRole,
		ListAccessKeys:              client.ListAccessKeys,
		GetAccessKeyLastUsed:        client.GetAccessKeyLastUsed,
		GetLoginProfile:             client.GetLoginProfile,
	}
}
