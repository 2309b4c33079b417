// Reads each type of resource.

package iam

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func (r *readRun) readRole(ctx context.Context, f *ResourceState) {
	got, ok := request(ctx, r, f, PartResource, "GetRole", r.API.GetRole, &iam.GetRoleInput{RoleName: &f.Name},
		func(out *iam.GetRoleOutput) bool { return out.Role != nil && out.Role.AssumeRolePolicyDocument != nil }, &f.Missing)
	if !ok {
		return
	}
	var err error
	if f.Trust, err = parseDocument(got.Role.AssumeRolePolicyDocument); err != nil {
		r.recordFailure(f, PartResource, "GetRole", fmt.Errorf("trust policy: %w", err))
		return
	}
	f.Path, f.Boundary, f.Tags = aws.ToString(got.Role.Path), boundaryOf(got.Role.PermissionsBoundary), tagsOf(got.Role.Tags)
	r.readInline(f, "GetRolePolicy",
		func(read func([]string, bool, *string) (pageInfo, bool)) bool {
			return requestPages(ctx, r, f, PartInline, "ListRolePolicies", r.API.ListRolePolicies, &iam.ListRolePoliciesInput{RoleName: &f.Name},
				func(in *iam.ListRolePoliciesInput, marker *string) { in.Marker = marker },
				func(out *iam.ListRolePoliciesOutput) (pageInfo, bool) {
					return read(out.PolicyNames, out.IsTruncated, out.Marker)
				})
		},
		func(name string) (*string, bool) {
			out, ok := request(ctx, r, f, PartInline, "GetRolePolicy", r.API.GetRolePolicy, &iam.GetRolePolicyInput{RoleName: &f.Name, PolicyName: &name},
				func(out *iam.GetRolePolicyOutput) bool { return out.PolicyDocument != nil }, nil)
			if !ok {
				return nil, false
			}
			return out.PolicyDocument, true
		})
	requestPages(ctx, r, f, PartAttachedPolicies, "ListAttachedRolePolicies", r.API.ListAttachedRolePolicies, &iam.ListAttachedRolePoliciesInput{RoleName: &f.Name},
		func(in *iam.ListAttachedRolePoliciesInput, marker *string) { in.Marker = marker },
		func(out *iam.ListAttachedRolePoliciesOutput) (pageInfo, bool) {
			return f.addAttached(out.AttachedPolicies, out.IsTruncated, out.Marker)
		})
	r.finish(f)
}

func (r *readRun) readUser(ctx context.Context, f *ResourceState) {
	got, ok := request(ctx, r, f, PartResource, "GetUser", r.API.GetUser, &iam.GetUserInput{UserName: &f.Name},
		func(out *iam.GetUserOutput) bool { return out.User != nil }, &f.Missing)
	if !ok {
		return
	}
	f.Path, f.Boundary, f.Tags = aws.ToString(got.User.Path), boundaryOf(got.User.PermissionsBoundary), tagsOf(got.User.Tags)
	requestPages(ctx, r, f, PartGroups, "ListGroupsForUser", r.API.ListGroupsForUser, &iam.ListGroupsForUserInput{UserName: &f.Name},
		func(in *iam.ListGroupsForUserInput, marker *string) { in.Marker = marker },
		func(out *iam.ListGroupsForUserOutput) (pageInfo, bool) {
			for _, g := range out.Groups {
				f.Groups = append(f.Groups, aws.ToString(g.GroupName))
			}
			return pageInfo{out.IsTruncated, out.Marker}, !slices.Contains(f.Groups, "")
		})
	r.readInline(f, "GetUserPolicy",
		func(read func([]string, bool, *string) (pageInfo, bool)) bool {
			return requestPages(ctx, r, f, PartInline, "ListUserPolicies", r.API.ListUserPolicies, &iam.ListUserPoliciesInput{UserName: &f.Name},
				func(in *iam.ListUserPoliciesInput, marker *string) { in.Marker = marker },
				func(out *iam.ListUserPoliciesOutput) (pageInfo, bool) {
					return read(out.PolicyNames, out.IsTruncated, out.Marker)
				})
		},
		func(name string) (*string, bool) {
			out, ok := request(ctx, r, f, PartInline, "GetUserPolicy", r.API.GetUserPolicy, &iam.GetUserPolicyInput{UserName: &f.Name, PolicyName: &name},
				func(out *iam.GetUserPolicyOutput) bool { return out.PolicyDocument != nil }, nil)
			if !ok {
				return nil, false
			}
			return out.PolicyDocument, true
		})
	requestPages(ctx, r, f, PartAttachedPolicies, "ListAttachedUserPolicies", r.API.ListAttachedUserPolicies, &iam.ListAttachedUserPoliciesInput{UserName: &f.Name},
		func(in *iam.ListAttachedUserPoliciesInput, marker *string) { in.Marker = marker },
		func(out *iam.ListAttachedUserPoliciesOutput) (pageInfo, bool) {
			return f.addAttached(out.AttachedPolicies, out.IsTruncated, out.Marker)
		})
	r.finish(f)
	if r.Full {
		r.readKeys(ctx, f)
	}
}

func (r *readRun) readGroup(ctx context.Context, f *ResourceState) {
	in := &iam.GetGroupInput{GroupName: &f.Name}
	if !r.Full {
		in.MaxItems = aws.Int32(1)
	}
	hasGroup := func(out *iam.GetGroupOutput) bool { return out.Group != nil }
	got, ok := request(ctx, r, f, PartResource, "GetGroup", r.API.GetGroup, in, hasGroup, &f.Missing)
	if !ok {
		return
	}
	f.Path = aws.ToString(got.Group.Path)
	members := func(out *iam.GetGroupOutput) (pageInfo, bool) {
		for _, user := range out.Users {
			f.Members = append(f.Members, aws.ToString(user.UserName))
		}
		return pageInfo{out.IsTruncated, out.Marker}, !slices.Contains(f.Members, "") && hasGroup(out)
	}
	if r.Full {
		if first, ok := members(got); !ok || first.truncated && aws.ToString(first.marker) == "" {
			r.recordFailure(f, PartAttachments, "GetGroup", errIncomplete)
		} else if in.Marker = first.marker; aws.ToString(in.Marker) != "" {
			requestPages(ctx, r, f, PartAttachments, "GetGroup", r.API.GetGroup, in, func(in *iam.GetGroupInput, marker *string) { in.Marker = marker }, members)
		}
	}
	r.readInline(f, "GetGroupPolicy",
		func(read func([]string, bool, *string) (pageInfo, bool)) bool {
			return requestPages(ctx, r, f, PartInline, "ListGroupPolicies", r.API.ListGroupPolicies, &iam.ListGroupPoliciesInput{GroupName: &f.Name},
				func(in *iam.ListGroupPoliciesInput, marker *string) { in.Marker = marker },
				func(out *iam.ListGroupPoliciesOutput) (pageInfo, bool) {
					return read(out.PolicyNames, out.IsTruncated, out.Marker)
				})
		},
		func(name string) (*string, bool) {
			out, ok := request(ctx, r, f, PartInline, "GetGroupPolicy", r.API.GetGroupPolicy, &iam.GetGroupPolicyInput{GroupName: &f.Name, PolicyName: &name},
				func(out *iam.GetGroupPolicyOutput) bool { return out.PolicyDocument != nil }, nil)
			if !ok {
				return nil, false
			}
			return out.PolicyDocument, true
		})
	requestPages(ctx, r, f, PartAttachedPolicies, "ListAttachedGroupPolicies", r.API.ListAttachedGroupPolicies, &iam.ListAttachedGroupPoliciesInput{GroupName: &f.Name},
		func(in *iam.ListAttachedGroupPoliciesInput, marker *string) { in.Marker = marker },
		func(out *iam.ListAttachedGroupPoliciesOutput) (pageInfo, bool) {
			return f.addAttached(out.AttachedPolicies, out.IsTruncated, out.Marker)
		})
	r.finish(f)
}

// readInline reads the inline policies of a role, user or group: pages lists
// their names, and document reads one of them with the operation named get.
func (r *readRun) readInline(f *ResourceState, get string, pages func(read func([]string, bool, *string) (pageInfo, bool)) bool, document func(name string) (*string, bool)) {
	var names []string
	if !pages(func(page []string, truncated bool, marker *string) (pageInfo, bool) {
		names = append(names, page...)
		return pageInfo{truncated, marker}, !slices.Contains(page, "")
	}) {
		return
	}
	slices.Sort(names)
	for _, name := range names {
		policy := InlinePolicy{Name: name}
		if text, ok := document(name); ok {
			var err error
			if policy.Document, err = parseDocument(text); err != nil {
				r.recordFailure(f, PartInline, get, fmt.Errorf("inline policy %s: %w", name, err))
			}
		}
		f.Inline = append(f.Inline, policy)
	}
}

// addAttached adds a page of attached policies. It returns where the list
// continues, and whether every policy has an ARN.
func (f *ResourceState) addAttached(policies []types.AttachedPolicy, truncated bool, marker *string) (pageInfo, bool) {
	for _, p := range policies {
		f.Attached = append(f.Attached, aws.ToString(p.PolicyArn))
	}
	return pageInfo{truncated, marker}, !slices.Contains(f.Attached, "")
}

// finish sorts the lists in f, and passes its attached policies and its
// boundary to addForeign.
func (r *readRun) finish(f *ResourceState) {
	slices.Sort(f.Attached)
	slices.Sort(f.Groups)
	slices.Sort(f.Members)
	r.addForeign(f.Attached...)
	r.addForeign(f.Boundary)
}

func (r *readRun) readPolicy(ctx context.Context, f *ResourceState) {
	r.readDocument(ctx, f)
	if f.Missing || !r.Full || f.Unread[PartResource] {
		return
	}
	addEntity := func(kind string, name *string) { f.AttachedTo = append(f.AttachedTo, Entity{kind, aws.ToString(name)}) }
	requestPages(ctx, r, f, PartAttachments, "ListEntitiesForPolicy", r.API.ListEntitiesForPolicy,
		&iam.ListEntitiesForPolicyInput{PolicyArn: &f.Name, PolicyUsageFilter: types.PolicyUsageTypePermissionsPolicy},
		func(in *iam.ListEntitiesForPolicyInput, marker *string) { in.Marker = marker },
		func(out *iam.ListEntitiesForPolicyOutput) (pageInfo, bool) {
			for _, role := range out.PolicyRoles {
				addEntity(typeRole, role.RoleName)
			}
			for _, user := range out.PolicyUsers {
				addEntity(typeUser, user.UserName)
			}
			for _, group := range out.PolicyGroups {
				addEntity(typeGroup, group.GroupName)
			}
			return pageInfo{out.IsTruncated, out.Marker}, !slices.ContainsFunc(f.AttachedTo, func(h Entity) bool { return h.Name == "" })
		})
	sortEntities(f.AttachedTo)
}

// readDocument reads a managed policy and its default version. A foreign policy
// that does not exist counts as a failed read, because a resource refers to the
// policy.
func (r *readRun) readDocument(ctx context.Context, f *ResourceState) {
	absent := &f.Missing
	if f.LogicalID == "" {
		absent = nil
	}
	got, ok := request(ctx, r, f, PartResource, "GetPolicy", r.API.GetPolicy, &iam.GetPolicyInput{PolicyArn: &f.Name},
		func(out *iam.GetPolicyOutput) bool {
			return out.Policy != nil && aws.ToString(out.Policy.DefaultVersionId) != ""
		}, absent)
	if !ok {
		return
	}
	f.Path, f.Tags = aws.ToString(got.Policy.Path), tagsOf(got.Policy.Tags)
	version, ok := request(ctx, r, f, PartDocument, "GetPolicyVersion", r.API.GetPolicyVersion, &iam.GetPolicyVersionInput{PolicyArn: &f.Name, VersionId: got.Policy.DefaultVersionId},
		func(out *iam.GetPolicyVersionOutput) bool {
			return out.PolicyVersion != nil && out.PolicyVersion.Document != nil
		}, nil)
	if !ok {
		return
	}
	var err error
	if f.Document, err = parseDocument(version.PolicyVersion.Document); err != nil {
		r.recordFailure(f, PartDocument, "GetPolicyVersion", err)
	}
}

func (r *readRun) readProfile(ctx context.Context, f *ResourceState) {
	got, ok := request(ctx, r, f, PartResource, "GetInstanceProfile", r.API.GetInstanceProfile, &iam.GetInstanceProfileInput{InstanceProfileName: &f.Name},
		func(out *iam.GetInstanceProfileOutput) bool { return out.InstanceProfile != nil }, &f.Missing)
	if !ok {
		return
	}
	f.Path, f.Tags = aws.ToString(got.InstanceProfile.Path), tagsOf(got.InstanceProfile.Tags)
	for _, role := range got.InstanceProfile.Roles {
		f.Roles = append(f.Roles, aws.ToString(role.RoleName))
	}
	slices.Sort(f.Roles)
}

// readKeys reads the access keys of a user.
func (r *readRun) readKeys(ctx context.Context, f *ResourceState) {
	requestPages(ctx, r, f, PartKeys, "ListAccessKeys", r.API.ListAccessKeys, &iam.ListAccessKeysInput{UserName: &f.Name},
		func(in *iam.ListAccessKeysInput, marker *string) { in.Marker = marker },
		func(out *iam.ListAccessKeysOutput) (pageInfo, bool) {
			for _, key := range out.AccessKeyMetadata {
				f.Keys = append(f.Keys, AccessKey{ID: aws.ToString(key.AccessKeyId), Status: string(key.Status), Created: aws.ToTime(key.CreateDate)})
			}
			return pageInfo{out.IsTruncated, out.Marker}, !slices.ContainsFunc(f.Keys, func(key AccessKey) bool { return key.ID == "" })
		})
	for i := range f.Keys {
		key := &f.Keys[i]
		got, ok := request(ctx, r, f, PartLastUse, "GetAccessKeyLastUsed", r.API.GetAccessKeyLastUsed, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &key.ID},
			func(out *iam.GetAccessKeyLastUsedOutput) bool { return out.AccessKeyLastUsed != nil }, nil)
		if key.LastUseUnread = !ok; !ok {
			continue
		}
		// Service and Region are "N/A" for a key that was never used. Source:
		// IAM API Reference, "AccessKeyLastUsed".
		if key.LastUsed = aws.ToTime(got.AccessKeyLastUsed.LastUsedDate); !key.LastUsed.IsZero() {
			key.Service, key.Region = aws.ToString(got.AccessKeyLastUsed.ServiceName), aws.ToString(got.AccessKeyLastUsed.Region)
		}
	}
}

// boundaryOf returns the ARN of a permissions boundary, or "".
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
