// Reading each type of resource.

package iam

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func (r *reading) role(ctx context.Context, f *Found) {
	got, ok := ask(ctx, r, f, PartResource, "GetRole", r.API.GetRole, &iam.GetRoleInput{RoleName: &f.Name},
		func(out *iam.GetRoleOutput) bool { return out.Role != nil && out.Role.AssumeRolePolicyDocument != nil }, &f.Gone)
	if !ok {
		return
	}
	var err error
	if f.Trust, err = parseDocument(got.Role.AssumeRolePolicyDocument); err != nil {
		r.failed(f, PartResource, "GetRole", fmt.Errorf("trust policy: %w", err))
		return
	}
	f.Path, f.Boundary, f.Tags = aws.ToString(got.Role.Path), boundaryOf(got.Role.PermissionsBoundary), tagsOf(got.Role.Tags)
	r.inline(f, "GetRolePolicy",
		func(read func([]string, bool, *string) (listed, bool)) bool {
			return askPages(ctx, r, f, PartInline, "ListRolePolicies", r.API.ListRolePolicies, &iam.ListRolePoliciesInput{RoleName: &f.Name},
				func(in *iam.ListRolePoliciesInput, marker *string) { in.Marker = marker },
				func(out *iam.ListRolePoliciesOutput) (listed, bool) {
					return read(out.PolicyNames, out.IsTruncated, out.Marker)
				})
		},
		func(name string) (*string, bool) {
			out, ok := ask(ctx, r, f, PartInline, "GetRolePolicy", r.API.GetRolePolicy, &iam.GetRolePolicyInput{RoleName: &f.Name, PolicyName: &name},
				func(out *iam.GetRolePolicyOutput) bool { return out.PolicyDocument != nil }, nil)
			if !ok {
				return nil, false
			}
			return out.PolicyDocument, true
		})
	askPages(ctx, r, f, PartAttached, "ListAttachedRolePolicies", r.API.ListAttachedRolePolicies, &iam.ListAttachedRolePoliciesInput{RoleName: &f.Name},
		func(in *iam.ListAttachedRolePoliciesInput, marker *string) { in.Marker = marker },
		func(out *iam.ListAttachedRolePoliciesOutput) (listed, bool) {
			return f.attach(out.AttachedPolicies, out.IsTruncated, out.Marker)
		})
	r.finish(f)
}

func (r *reading) user(ctx context.Context, f *Found) {
	got, ok := ask(ctx, r, f, PartResource, "GetUser", r.API.GetUser, &iam.GetUserInput{UserName: &f.Name},
		func(out *iam.GetUserOutput) bool { return out.User != nil }, &f.Gone)
	if !ok {
		return
	}
	f.Path, f.Boundary, f.Tags = aws.ToString(got.User.Path), boundaryOf(got.User.PermissionsBoundary), tagsOf(got.User.Tags)
	askPages(ctx, r, f, PartGroups, "ListGroupsForUser", r.API.ListGroupsForUser, &iam.ListGroupsForUserInput{UserName: &f.Name},
		func(in *iam.ListGroupsForUserInput, marker *string) { in.Marker = marker },
		func(out *iam.ListGroupsForUserOutput) (listed, bool) {
			for _, g := range out.Groups {
				f.Groups = append(f.Groups, aws.ToString(g.GroupName))
			}
			return listed{out.IsTruncated, out.Marker}, !slices.Contains(f.Groups, "")
		})
	r.inline(f, "GetUserPolicy",
		func(read func([]string, bool, *string) (listed, bool)) bool {
			return askPages(ctx, r, f, PartInline, "ListUserPolicies", r.API.ListUserPolicies, &iam.ListUserPoliciesInput{UserName: &f.Name},
				func(in *iam.ListUserPoliciesInput, marker *string) { in.Marker = marker },
				func(out *iam.ListUserPoliciesOutput) (listed, bool) {
					return read(out.PolicyNames, out.IsTruncated, out.Marker)
				})
		},
		func(name string) (*string, bool) {
			out, ok := ask(ctx, r, f, PartInline, "GetUserPolicy", r.API.GetUserPolicy, &iam.GetUserPolicyInput{UserName: &f.Name, PolicyName: &name},
				func(out *iam.GetUserPolicyOutput) bool { return out.PolicyDocument != nil }, nil)
			if !ok {
				return nil, false
			}
			return out.PolicyDocument, true
		})
	askPages(ctx, r, f, PartAttached, "ListAttachedUserPolicies", r.API.ListAttachedUserPolicies, &iam.ListAttachedUserPoliciesInput{UserName: &f.Name},
		func(in *iam.ListAttachedUserPoliciesInput, marker *string) { in.Marker = marker },
		func(out *iam.ListAttachedUserPoliciesOutput) (listed, bool) {
			return f.attach(out.AttachedPolicies, out.IsTruncated, out.Marker)
		})
	r.finish(f)
	if r.Whole {
		r.keys(ctx, f)
	}
}

func (r *reading) group(ctx context.Context, f *Found) {
	in := &iam.GetGroupInput{GroupName: &f.Name}
	if !r.Whole {
		in.MaxItems = aws.Int32(1)
	}
	whole := func(out *iam.GetGroupOutput) bool { return out.Group != nil }
	got, ok := ask(ctx, r, f, PartResource, "GetGroup", r.API.GetGroup, in, whole, &f.Gone)
	if !ok {
		return
	}
	f.Path = aws.ToString(got.Group.Path)
	members := func(out *iam.GetGroupOutput) (listed, bool) {
		for _, user := range out.Users {
			f.Members = append(f.Members, aws.ToString(user.UserName))
		}
		return listed{out.IsTruncated, out.Marker}, !slices.Contains(f.Members, "") && whole(out)
	}
	if r.Whole {
		if first, ok := members(got); !ok || first.truncated && aws.ToString(first.marker) == "" {
			r.failed(f, PartHolders, "GetGroup", errIncomplete)
		} else if in.Marker = first.marker; aws.ToString(in.Marker) != "" {
			askPages(ctx, r, f, PartHolders, "GetGroup", r.API.GetGroup, in, func(in *iam.GetGroupInput, marker *string) { in.Marker = marker }, members)
		}
	}
	r.inline(f, "GetGroupPolicy",
		func(read func([]string, bool, *string) (listed, bool)) bool {
			return askPages(ctx, r, f, PartInline, "ListGroupPolicies", r.API.ListGroupPolicies, &iam.ListGroupPoliciesInput{GroupName: &f.Name},
				func(in *iam.ListGroupPoliciesInput, marker *string) { in.Marker = marker },
				func(out *iam.ListGroupPoliciesOutput) (listed, bool) {
					return read(out.PolicyNames, out.IsTruncated, out.Marker)
				})
		},
		func(name string) (*string, bool) {
			out, ok := ask(ctx, r, f, PartInline, "GetGroupPolicy", r.API.GetGroupPolicy, &iam.GetGroupPolicyInput{GroupName: &f.Name, PolicyName: &name},
				func(out *iam.GetGroupPolicyOutput) bool { return out.PolicyDocument != nil }, nil)
			if !ok {
				return nil, false
			}
			return out.PolicyDocument, true
		})
	askPages(ctx, r, f, PartAttached, "ListAttachedGroupPolicies", r.API.ListAttachedGroupPolicies, &iam.ListAttachedGroupPoliciesInput{GroupName: &f.Name},
		func(in *iam.ListAttachedGroupPoliciesInput, marker *string) { in.Marker = marker },
		func(out *iam.ListAttachedGroupPoliciesOutput) (listed, bool) {
			return f.attach(out.AttachedPolicies, out.IsTruncated, out.Marker)
		})
	r.finish(f)
}

// inline reads the inline policies of a role, user or group.
func (r *reading) inline(f *Found, get string, pages func(read func([]string, bool, *string) (listed, bool)) bool, document func(name string) (*string, bool)) {
	var names []string
	if !pages(func(page []string, truncated bool, marker *string) (listed, bool) {
		names = append(names, page...)
		return listed{truncated, marker}, !slices.Contains(page, "")
	}) {
		return
	}
	slices.Sort(names)
	for _, name := range names {
		policy := InlinePolicy{Name: name}
		if text, ok := document(name); ok {
			var err error
			if policy.Document, err = parseDocument(text); err != nil {
				r.failed(f, PartInline, get, fmt.Errorf("inline policy %s: %w", name, err))
			}
		}
		f.Inline = append(f.Inline, policy)
	}
}

// attach takes a page of attached policies.
func (f *Found) attach(policies []types.AttachedPolicy, truncated bool, marker *string) (listed, bool) {
	for _, p := range policies {
		f.Attached = append(f.Attached, aws.ToString(p.PolicyArn))
	}
	return listed{truncated, marker}, !slices.Contains(f.Attached, "")
}

// finish sorts what was read, and takes note of the policies.
func (r *reading) finish(f *Found) {
	slices.Sort(f.Attached)
	slices.Sort(f.Groups)
	slices.Sort(f.Members)
	r.policies(f.Attached...)
	r.policies(f.Boundary)
}

func (r *reading) policy(ctx context.Context, f *Found) {
	r.document(ctx, f)
	if f.Gone || !r.Whole || f.Unseen[PartResource] {
		return
	}
	holders := func(kind string, name *string) { f.Holders = append(f.Holders, Holder{kind, aws.ToString(name)}) }
	askPages(ctx, r, f, PartHolders, "ListEntitiesForPolicy", r.API.ListEntitiesForPolicy,
		&iam.ListEntitiesForPolicyInput{PolicyArn: &f.Name, PolicyUsageFilter: types.PolicyUsageTypePermissionsPolicy},
		func(in *iam.ListEntitiesForPolicyInput, marker *string) { in.Marker = marker },
		func(out *iam.ListEntitiesForPolicyOutput) (listed, bool) {
			for _, one := range out.PolicyRoles {
				holders(typeRole, one.RoleName)
			}
			for _, one := range out.PolicyUsers {
				holders(typeUser, one.UserName)
			}
			for _, one := range out.PolicyGroups {
				holders(typeGroup, one.GroupName)
			}
			return listed{out.IsTruncated, out.Marker}, !slices.ContainsFunc(f.Holders, func(h Holder) bool { return h.Name == "" })
		})
	sortHolders(f.Holders)
}

// document reads a managed policy and its default version. A policy that the
// stack does not have is there, or it could not be attached.
func (r *reading) document(ctx context.Context, f *Found) {
	absent := &f.Gone
	if f.LogicalID == "" {
		absent = nil
	}
	got, ok := ask(ctx, r, f, PartResource, "GetPolicy", r.API.GetPolicy, &iam.GetPolicyInput{PolicyArn: &f.Name},
		func(out *iam.GetPolicyOutput) bool {
			return out.Policy != nil && aws.ToString(out.Policy.DefaultVersionId) != ""
		}, absent)
	if !ok {
		return
	}
	f.Path, f.Tags = aws.ToString(got.Policy.Path), tagsOf(got.Policy.Tags)
	version, ok := ask(ctx, r, f, PartDocument, "GetPolicyVersion", r.API.GetPolicyVersion, &iam.GetPolicyVersionInput{PolicyArn: &f.Name, VersionId: got.Policy.DefaultVersionId},
		func(out *iam.GetPolicyVersionOutput) bool {
			return out.PolicyVersion != nil && out.PolicyVersion.Document != nil
		}, nil)
	if !ok {
		return
	}
	var err error
	if f.Document, err = parseDocument(version.PolicyVersion.Document); err != nil {
		r.failed(f, PartDocument, "GetPolicyVersion", err)
	}
}

func (r *reading) profile(ctx context.Context, f *Found) {
	got, ok := ask(ctx, r, f, PartResource, "GetInstanceProfile", r.API.GetInstanceProfile, &iam.GetInstanceProfileInput{InstanceProfileName: &f.Name},
		func(out *iam.GetInstanceProfileOutput) bool { return out.InstanceProfile != nil }, &f.Gone)
	if !ok {
		return
	}
	f.Path, f.Tags = aws.ToString(got.InstanceProfile.Path), tagsOf(got.InstanceProfile.Tags)
	for _, role := range got.InstanceProfile.Roles {
		f.Roles = append(f.Roles, aws.ToString(role.RoleName))
	}
	slices.Sort(f.Roles)
}

// keys reads the access keys of a user.
func (r *reading) keys(ctx context.Context, f *Found) {
	askPages(ctx, r, f, PartKeys, "ListAccessKeys", r.API.ListAccessKeys, &iam.ListAccessKeysInput{UserName: &f.Name},
		func(in *iam.ListAccessKeysInput, marker *string) { in.Marker = marker },
		func(out *iam.ListAccessKeysOutput) (listed, bool) {
			for _, key := range out.AccessKeyMetadata {
				f.Keys = append(f.Keys, AccessKey{ID: aws.ToString(key.AccessKeyId), Status: string(key.Status), Created: aws.ToTime(key.CreateDate)})
			}
			return listed{out.IsTruncated, out.Marker}, !slices.ContainsFunc(f.Keys, func(key AccessKey) bool { return key.ID == "" })
		})
	for i := range f.Keys {
		key := &f.Keys[i]
		got, ok := ask(ctx, r, f, PartLastUse, "GetAccessKeyLastUsed", r.API.GetAccessKeyLastUsed, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &key.ID},
			func(out *iam.GetAccessKeyLastUsedOutput) bool { return out.AccessKeyLastUsed != nil }, nil)
		if key.UseUnseen = !ok; !ok {
			continue
		}
		// "N/A" is what a key that was never used has. Source: IAM API Reference,
		// "AccessKeyLastUsed".
		if key.LastUsed = aws.ToTime(got.AccessKeyLastUsed.LastUsedDate); !key.LastUsed.IsZero() {
			key.Service, key.Region = aws.ToString(got.AccessKeyLastUsed.ServiceName), aws.ToString(got.AccessKeyLastUsed.Region)
		}
	}
}

// boundaryOf is the ARN of a permissions boundary, "" for none.
func boundaryOf(boundary *types.AttachedPermissionsBoundary) string {
	if boundary == nil {
		return ""
	}
	return aws.ToString(boundary.PermissionsBoundaryArn)
}

func tagsOf(tags []types.Tag) map[string]string {
	all := map[string]string{}
	for _, tag := range tags {
		all[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return all
}
