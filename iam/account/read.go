// Reads each type of resource.

package account

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"capaboot/iam"
)

func (r *readRun) readRole(ctx context.Context, f *iam.ResourceState) {
	got, ok := request(ctx, r, f, iam.PartResource, "GetRole", r.API.GetRole, &awsiam.GetRoleInput{RoleName: &f.Name},
		func(out *awsiam.GetRoleOutput) bool {
			return out.Role != nil && out.Role.AssumeRolePolicyDocument != nil
		}, &f.Missing)
	if !ok {
		return
	}
	var err error
	if f.Trust, err = parseDocument(got.Role.AssumeRolePolicyDocument); err != nil {
		r.recordFailure(f, iam.PartResource, "GetRole", fmt.Errorf("trust policy: %w", err))
		return
	}
	f.Path, f.Boundary, f.Tags = aws.ToString(got.Role.Path), boundaryOf(got.Role.PermissionsBoundary), tagsOf(got.Role.Tags)
	f.Description, f.MaxSession = aws.ToString(got.Role.Description), aws.ToInt32(got.Role.MaxSessionDuration)
	if r.Full && got.Role.MaxSessionDuration == nil {
		r.recordFailure(f, iam.PartSession, "GetRole", errIncomplete)
	}
	r.readInline(f, "GetRolePolicy",
		func(read func([]string, bool, *string) (pageInfo, bool)) bool {
			return requestPages(ctx, r, f, iam.PartInline, "ListRolePolicies", r.API.ListRolePolicies, &awsiam.ListRolePoliciesInput{RoleName: &f.Name},
				func(in *awsiam.ListRolePoliciesInput, marker *string) { in.Marker = marker },
				func(out *awsiam.ListRolePoliciesOutput) (pageInfo, bool) {
					return read(out.PolicyNames, out.IsTruncated, out.Marker)
				})
		},
		func(name string) (*string, bool) {
			out, ok := request(ctx, r, f, iam.PartInline, "GetRolePolicy", r.API.GetRolePolicy, &awsiam.GetRolePolicyInput{RoleName: &f.Name, PolicyName: &name},
				func(out *awsiam.GetRolePolicyOutput) bool { return out.PolicyDocument != nil }, nil)
			if !ok {
				return nil, false
			}
			return out.PolicyDocument, true
		})
	requestPages(ctx, r, f, iam.PartAttachedPolicies, "ListAttachedRolePolicies", r.API.ListAttachedRolePolicies, &awsiam.ListAttachedRolePoliciesInput{RoleName: &f.Name},
		func(in *awsiam.ListAttachedRolePoliciesInput, marker *string) { in.Marker = marker },
		func(out *awsiam.ListAttachedRolePoliciesOutput) (pageInfo, bool) {
			return addAttached(f, out.AttachedPolicies, out.IsTruncated, out.Marker)
		})
	if r.Full {
		requestPages(ctx, r, f, iam.PartProfiles, "ListInstanceProfilesForRole", r.API.ListInstanceProfilesForRole, &awsiam.ListInstanceProfilesForRoleInput{RoleName: &f.Name},
			func(in *awsiam.ListInstanceProfilesForRoleInput, marker *string) { in.Marker = marker },
			func(out *awsiam.ListInstanceProfilesForRoleOutput) (pageInfo, bool) {
				for _, profile := range out.InstanceProfiles {
					f.Profiles = append(f.Profiles, aws.ToString(profile.InstanceProfileName))
				}
				return pageInfo{out.IsTruncated, out.Marker}, !slices.Contains(f.Profiles, "")
			})
	}
	r.finish(f)
}

func (r *readRun) readUser(ctx context.Context, f *iam.ResourceState) {
	got, ok := request(ctx, r, f, iam.PartResource, "GetUser", r.API.GetUser, &awsiam.GetUserInput{UserName: &f.Name},
		func(out *awsiam.GetUserOutput) bool { return out.User != nil }, &f.Missing)
	if !ok {
		return
	}
	f.Path, f.Boundary, f.Tags = aws.ToString(got.User.Path), boundaryOf(got.User.PermissionsBoundary), tagsOf(got.User.Tags)
	requestPages(ctx, r, f, iam.PartGroups, "ListGroupsForUser", r.API.ListGroupsForUser, &awsiam.ListGroupsForUserInput{UserName: &f.Name},
		func(in *awsiam.ListGroupsForUserInput, marker *string) { in.Marker = marker },
		func(out *awsiam.ListGroupsForUserOutput) (pageInfo, bool) {
			for _, g := range out.Groups {
				f.Groups = append(f.Groups, aws.ToString(g.GroupName))
			}
			return pageInfo{out.IsTruncated, out.Marker}, !slices.Contains(f.Groups, "")
		})
	r.readInline(f, "GetUserPolicy",
		func(read func([]string, bool, *string) (pageInfo, bool)) bool {
			return requestPages(ctx, r, f, iam.PartInline, "ListUserPolicies", r.API.ListUserPolicies, &awsiam.ListUserPoliciesInput{UserName: &f.Name},
				func(in *awsiam.ListUserPoliciesInput, marker *string) { in.Marker = marker },
				func(out *awsiam.ListUserPoliciesOutput) (pageInfo, bool) {
					return read(out.PolicyNames, out.IsTruncated, out.Marker)
				})
		},
		func(name string) (*string, bool) {
			out, ok := request(ctx, r, f, iam.PartInline, "GetUserPolicy", r.API.GetUserPolicy, &awsiam.GetUserPolicyInput{UserName: &f.Name, PolicyName: &name},
				func(out *awsiam.GetUserPolicyOutput) bool { return out.PolicyDocument != nil }, nil)
			if !ok {
				return nil, false
			}
			return out.PolicyDocument, true
		})
	requestPages(ctx, r, f, iam.PartAttachedPolicies, "ListAttachedUserPolicies", r.API.ListAttachedUserPolicies, &awsiam.ListAttachedUserPoliciesInput{UserName: &f.Name},
		func(in *awsiam.ListAttachedUserPoliciesInput, marker *string) { in.Marker = marker },
		func(out *awsiam.ListAttachedUserPoliciesOutput) (pageInfo, bool) {
			return addAttached(f, out.AttachedPolicies, out.IsTruncated, out.Marker)
		})
	r.finish(f)
	if r.Full {
		r.readKeys(ctx, f)
		r.readPassword(ctx, f)
	}
}

func (r *readRun) readGroup(ctx context.Context, f *iam.ResourceState) {
	in := &awsiam.GetGroupInput{GroupName: &f.Name}
	if !r.Full {
		in.MaxItems = aws.Int32(1)
	}
	hasGroup := func(out *awsiam.GetGroupOutput) bool { return out.Group != nil }
	got, ok := request(ctx, r, f, iam.PartResource, "GetGroup", r.API.GetGroup, in, hasGroup, &f.Missing)
	if !ok {
		return
	}
	f.Path = aws.ToString(got.Group.Path)
	members := func(out *awsiam.GetGroupOutput) (pageInfo, bool) {
		for _, user := range out.Users {
			f.Members = append(f.Members, aws.ToString(user.UserName))
		}
		return pageInfo{out.IsTruncated, out.Marker}, !slices.Contains(f.Members, "") && hasGroup(out)
	}
	if r.Full {
		if first, ok := members(got); !ok || first.truncated && aws.ToString(first.marker) == "" {
			r.recordFailure(f, iam.PartAttachments, "GetGroup", errIncomplete)
		} else if in.Marker = first.marker; aws.ToString(in.Marker) != "" {
			requestPages(ctx, r, f, iam.PartAttachments, "GetGroup", r.API.GetGroup, in, func(in *awsiam.GetGroupInput, marker *string) { in.Marker = marker }, members)
		}
	}
	r.readInline(f, "GetGroupPolicy",
		func(read func([]string, bool, *string) (pageInfo, bool)) bool {
			return requestPages(ctx, r, f, iam.PartInline, "ListGroupPolicies", r.API.ListGroupPolicies, &awsiam.ListGroupPoliciesInput{GroupName: &f.Name},
				func(in *awsiam.ListGroupPoliciesInput, marker *string) { in.Marker = marker },
				func(out *awsiam.ListGroupPoliciesOutput) (pageInfo, bool) {
					return read(out.PolicyNames, out.IsTruncated, out.Marker)
				})
		},
		func(name string) (*string, bool) {
			out, ok := request(ctx, r, f, iam.PartInline, "GetGroupPolicy", r.API.GetGroupPolicy, &awsiam.GetGroupPolicyInput{GroupName: &f.Name, PolicyName: &name},
				func(out *awsiam.GetGroupPolicyOutput) bool { return out.PolicyDocument != nil }, nil)
			if !ok {
				return nil, false
			}
			return out.PolicyDocument, true
		})
	requestPages(ctx, r, f, iam.PartAttachedPolicies, "ListAttachedGroupPolicies", r.API.ListAttachedGroupPolicies, &awsiam.ListAttachedGroupPoliciesInput{GroupName: &f.Name},
		func(in *awsiam.ListAttachedGroupPoliciesInput, marker *string) { in.Marker = marker },
		func(out *awsiam.ListAttachedGroupPoliciesOutput) (pageInfo, bool) {
			return addAttached(f, out.AttachedPolicies, out.IsTruncated, out.Marker)
		})
	r.finish(f)
}

// readInline reads the inline policies of a role, user or group: pages lists
// their names, and document reads one of them with the operation named get.
func (r *readRun) readInline(f *iam.ResourceState, get string, pages func(read func([]string, bool, *string) (pageInfo, bool)) bool, document func(name string) (*string, bool)) {
	var names []string
	if !pages(func(page []string, truncated bool, marker *string) (pageInfo, bool) {
		names = append(names, page...)
		return pageInfo{truncated, marker}, !slices.Contains(page, "")
	}) {
		return
	}
	slices.Sort(names)
	for _, name := range names {
		policy := iam.InlinePolicy{Name: name}
		if text, ok := document(name); ok {
			var err error
			if policy.Document, err = parseDocument(text); err != nil {
				r.recordFailure(f, iam.PartInline, get, fmt.Errorf("inline policy %s: %w", name, err))
			}
		}
		f.Inline = append(f.Inline, policy)
	}
}

// addAttached adds a page of attached policies. It returns where the list
// continues, and whether every policy has an ARN.
func addAttached(f *iam.ResourceState, policies []types.AttachedPolicy, truncated bool, marker *string) (pageInfo, bool) {
	for _, p := range policies {
		f.Attached = append(f.Attached, aws.ToString(p.PolicyArn))
	}
	return pageInfo{truncated, marker}, !slices.Contains(f.Attached, "")
}

// finish sorts the lists in f, and passes the attached policies and the
// permissions boundary of f to addUnrequested.
func (r *readRun) finish(f *iam.ResourceState) {
	slices.Sort(f.Attached)
	slices.Sort(f.Groups)
	slices.Sort(f.Members)
	slices.Sort(f.Profiles)
	r.addUnrequested(f.Attached...)
	r.addUnrequested(f.Boundary)
}

func (r *readRun) readPolicy(ctx context.Context, f *iam.ResourceState) {
	r.readDocument(ctx, f)
	if f.Missing || !r.Full || f.Unread[iam.PartResource] {
		return
	}
	addEntity := func(kind string, name *string) {
		f.AttachedTo = append(f.AttachedTo, iam.Entity{Type: kind, Name: aws.ToString(name)})
	}
	requestPages(ctx, r, f, iam.PartAttachments, "ListEntitiesForPolicy", r.API.ListEntitiesForPolicy,
		&awsiam.ListEntitiesForPolicyInput{PolicyArn: &f.Name, PolicyUsageFilter: types.PolicyUsageTypePermissionsPolicy},
		func(in *awsiam.ListEntitiesForPolicyInput, marker *string) { in.Marker = marker },
		func(out *awsiam.ListEntitiesForPolicyOutput) (pageInfo, bool) {
			for _, role := range out.PolicyRoles {
				addEntity(iam.TypeRole, role.RoleName)
			}
			for _, user := range out.PolicyUsers {
				addEntity(iam.TypeUser, user.UserName)
			}
			for _, group := range out.PolicyGroups {
				addEntity(iam.TypeGroup, group.GroupName)
			}
			return pageInfo{out.IsTruncated, out.Marker}, !slices.ContainsFunc(f.AttachedTo, func(h iam.Entity) bool { return h.Name == "" })
		})
	f.SortAttachedTo()
}

// readDocument reads a managed policy and its default version. An unrequested policy
// that does not exist counts as a failed read, because a resource refers to the
// policy.
func (r *readRun) readDocument(ctx context.Context, f *iam.ResourceState) {
	absent := &f.Missing
	if f.LogicalID == "" {
		absent = nil
	}
	got, ok := request(ctx, r, f, iam.PartResource, "GetPolicy", r.API.GetPolicy, &awsiam.GetPolicyInput{PolicyArn: &f.Name},
		func(out *awsiam.GetPolicyOutput) bool {
			return out.Policy != nil && aws.ToString(out.Policy.DefaultVersionId) != ""
		}, absent)
	if !ok {
		return
	}
	f.Path, f.Description, f.Tags = aws.ToString(got.Policy.Path), aws.ToString(got.Policy.Description), tagsOf(got.Policy.Tags)
	version, ok := request(ctx, r, f, iam.PartDocument, "GetPolicyVersion", r.API.GetPolicyVersion, &awsiam.GetPolicyVersionInput{PolicyArn: &f.Name, VersionId: got.Policy.DefaultVersionId},
		func(out *awsiam.GetPolicyVersionOutput) bool {
			return out.PolicyVersion != nil && out.PolicyVersion.Document != nil
		}, nil)
	if !ok {
		return
	}
	var err error
	if f.Document, err = parseDocument(version.PolicyVersion.Document); err != nil {
		r.recordFailure(f, iam.PartDocument, "GetPolicyVersion", err)
	}
}

func (r *readRun) readProfile(ctx context.Context, f *iam.ResourceState) {
	got, ok := request(ctx, r, f, iam.PartResource, "GetInstanceProfile", r.API.GetInstanceProfile, &awsiam.GetInstanceProfileInput{InstanceProfileName: &f.Name},
		func(out *awsiam.GetInstanceProfileOutput) bool {
			return out.InstanceProfile != nil && !slices.ContainsFunc(out.InstanceProfile.Roles, func(role types.Role) bool { return aws.ToString(role.RoleName) == "" })
		}, &f.Missing)
	if !ok {
		return
	}
	f.Path, f.Tags = aws.ToString(got.InstanceProfile.Path), tagsOf(got.InstanceProfile.Tags)
	for _, role := range got.InstanceProfile.Roles {
		f.Roles = append(f.Roles, aws.ToString(role.RoleName))
	}
	slices.Sort(f.Roles)
}

func (r *readRun) readKeys(ctx context.Context, f *iam.ResourceState) {
	requestPages(ctx, r, f, iam.PartKeys, "ListAccessKeys", r.API.ListAccessKeys, &awsiam.ListAccessKeysInput{UserName: &f.Name},
		func(in *awsiam.ListAccessKeysInput, marker *string) { in.Marker = marker },
		func(out *awsiam.ListAccessKeysOutput) (pageInfo, bool) {
			for _, key := range out.AccessKeyMetadata {
				f.Keys = append(f.Keys, iam.AccessKey{ID: aws.ToString(key.AccessKeyId), Status: string(key.Status), Created: aws.ToTime(key.CreateDate)})
			}
			return pageInfo{out.IsTruncated, out.Marker}, !slices.ContainsFunc(f.Keys, func(key iam.AccessKey) bool { return key.ID == "" })
		})
	for i := range f.Keys {
		key := &f.Keys[i]
		got, ok := request(ctx, r, f, iam.PartLastUse, "GetAccessKeyLastUsed", r.API.GetAccessKeyLastUsed, &awsiam.GetAccessKeyLastUsedInput{AccessKeyId: &key.ID},
			func(out *awsiam.GetAccessKeyLastUsedOutput) bool { return out.AccessKeyLastUsed != nil }, nil)
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

// readPassword reads whether a user has a password for the console. IAM answers
// that the login profile does not exist if the user has none. Source: IAM API
// Reference, "GetLoginProfile".
func (r *readRun) readPassword(ctx context.Context, f *iam.ResourceState) {
	absent := false
	_, f.Password = request(ctx, r, f, iam.PartPassword, "GetLoginProfile", r.API.GetLoginProfile, &awsiam.GetLoginProfileInput{UserName: &f.Name},
		func(out *awsiam.GetLoginProfileOutput) bool { return out.LoginProfile != nil }, &absent)
}

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
