// Checks whether the account's quotas leave room for the template's resources.

package preflight

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"capaboot/iam"
	"capaboot/iam/verify"
	"capaboot/internal/render"
)

// accountQuotas lists the quotas on the account's resources. key is the key of
// the count in the account summary; key + "Quota" is the key of the quota.
// Source: IAM API Reference, "GetAccountSummary".
var accountQuotas = []struct{ kind, key, quota string }{
	{"AWS::IAM::Role", "Roles", "RolesPerAccount"},
	{typePolicy, "Policies", "PoliciesPerAccount"},
	{"AWS::IAM::InstanceProfile", "InstanceProfiles", "InstanceProfilesPerAccount"},
	{"AWS::IAM::User", "Users", "UsersPerAccount"},
	{"AWS::IAM::Group", "Groups", "GroupsPerAccount"},
}

func (r *run) checkQuotas(ctx context.Context) {
	r.addQuota("template body", r.templateBytes, 0, iam.MaxTemplateBody, "")
	mapConcurrently(r.expected, func(f *iam.ResourceState) presence { // Fill the cache concurrently.
		if f.Name == "" || r.inStack(f) {
			return presence{}
		}
		return r.lookUpName(ctx, f)
	})
	summary, notRead := r.accountSummary(ctx)
	if notRead != nil {
		r.addNotRead(*notRead)
		return
	}
	for _, row := range accountQuotas {
		if !slices.ContainsFunc(r.expected, func(f *iam.ResourceState) bool { return f.Type == row.kind }) {
			continue
		}
		have, has := summary[row.key]
		limit, limited := summary[row.key+"Quota"]
		if !has || !limited {
			r.addNotRead(verify.NotRead{Name: row.key, Part: verify.WholeResource, Action: "iam:GetAccountSummary", Reason: "the account summary has no " + row.key + " or no " + row.key + "Quota"})
			continue
		}
		certain, possible := r.countCreated(ctx, row.kind)
		r.addQuota(quotaName(row.quota), int(have)+certain, possible, int(limit), "")
	}
	r.checkTrustSizes(summary)
	r.checkAttachments(ctx, summary)
}

// checkTrustSizes checks whether each trust policy that exceeds the default quota
// is within the quota of this account, which AWS may have raised.
func (r *run) checkTrustSizes(summary map[string]int32) {
	const key = "AssumeRolePolicySizeQuota"
	quota, _ := iam.QuotaOf("ACLSizePerRole")
	limit, known := summary[key]
	for _, f := range r.expected {
		_, characters, err := render.Size(f.Trust)
		if f.Trust == nil || err == nil && characters <= quota.Default {
			continue
		}
		if err != nil || !known {
			r.addNotRead(verify.NotRead{LogicalID: f.LogicalID, Name: key, Part: verify.WholeResource, Action: "iam:GetAccountSummary", Reason: "the account summary does not have this quota"})
			continue
		}
		r.addQuota(quota.Name, characters, 0, int(limit), f.Name)
	}
}

// addQuota adds a finding about a quota. After the deployment, at least count
// and at most count+possible of the quota will be used.
func (r *run) addQuota(what string, count, possible, limit int, subject string) {
	f := Finding{Kind: KindQuotaFree, Result: Passed, What: what, Subject: subject, Count: count + possible, Limit: limit}
	switch {
	case count > limit:
		f.Kind, f.Result, f.Count = KindQuotaFull, Failed, count
	case count+possible > limit:
		f.Kind, f.Result = KindQuotaUncertain, NotPossible
	}
	r.add(f)
}

func quotaName(key string) string {
	quota, known := iam.QuotaOf(key)
	if !known {
		return key
	}
	return quota.Name
}

// countCreated counts the resources of a type that the deployment creates, and
// those that it may create. It does not subtract deletions, because
// CloudFormation deletes last.
func (r *run) countCreated(ctx context.Context, kind string) (certain, possible int) {
	for _, f := range r.expected {
		if f.Type != kind || r.inStack(f) {
			continue
		}
		p := presence{}
		if f.Name != "" {
			p = r.lookUpName(ctx, f)
		}
		switch {
		case p.notRead != nil:
			possible++
		case !p.exists && r.StackNotRead != nil && f.Name == "":
			possible++
		case !p.exists:
			certain++
		}
	}
	return certain, possible
}

func (r *run) accountSummary(ctx context.Context) (map[string]int32, *verify.NotRead) {
	out, _, notRead := lookUp(ctx, r, "GetAccountSummary", r.Account, r.api.GetAccountSummary, &awsiam.GetAccountSummaryInput{},
		func(out *awsiam.GetAccountSummaryOutput) bool { return len(out.SummaryMap) > 0 })
	if notRead != nil {
		return nil, notRead
	}
	if out == nil {
		return nil, newNotRead("GetAccountSummary", r.Account, errIncomplete)
	}
	return out.SummaryMap, nil
}

// principalQuotas has the quotas on attached policies, by key in the summary.
var principalQuotas = []struct{ kind, key, quota string }{
	{"AWS::IAM::Role", "AttachedPoliciesPerRoleQuota", "PoliciesPerRole"},
	{"AWS::IAM::User", "AttachedPoliciesPerUserQuota", "PoliciesPerUser"},
}

// checkAttachments checks the quota on the policies attached to each role and user.
// After the deployment, these are the policies of the configuration and those
// attached manually.
func (r *run) checkAttachments(ctx context.Context, summary map[string]int32) {
	for _, row := range principalQuotas {
		var holders []*iam.ResourceState
		for _, f := range r.expected {
			if f.Type == row.kind {
				holders = append(holders, f)
			}
		}
		limit, known := summary[row.key]
		if !known && len(holders) > 0 {
			r.addNotRead(verify.NotRead{Name: row.key, Part: verify.WholeResource, Action: "iam:GetAccountSummary", Reason: "the account summary does not have this quota"})
			continue
		}
		for i, a := range mapConcurrently(holders, func(f *iam.ResourceState) attachedARNs { return r.listAttached(ctx, f) }) {
			if a.notRead != nil {
				r.addNotRead(withLogicalID(a.notRead, holders[i].LogicalID))
				continue
			}
			certain, possible := a.countForeign(r, holders[i])
			r.addQuota(quotaName(row.quota), len(holders[i].Attached)+certain, possible, int(limit), holders[i].Name)
		}
	}
}

type attachedARNs struct {
	policies []string
	notRead  *verify.NotRead
}

// countForeign counts the attached policies that neither the stack's template
// nor the new template attaches. possible counts those for which this is
// unknown (see deployedAttaches).
func (a attachedARNs) countForeign(r *run, f *iam.ResourceState) (certain, possible int) {
	for _, policy := range a.policies {
		if slices.Contains(f.Attached, policy) {
			continue
		}
		switch is, known := r.deployedAttaches(f, policy); {
		case !known:
			possible++
		case !is:
			certain++
		}
	}
	return certain, possible
}

// deployedAttaches reports whether the stack's template attaches a policy to a
// role or user, so that the update detaches it. A policy of the stack that was
// attached manually stays attached. known is false if the template was not
// read, or has values that are known only at deployment.
func (r *run) deployedAttaches(f *iam.ResourceState, policy string) (is, known bool) {
	if r.Found == nil {
		return false, true
	}
	if r.deployed == nil {
		return false, false
	}
	policyID := ""
	for _, one := range r.Found.Resources {
		if one.PhysicalID == policy {
			policyID = one.LogicalID
		}
	}
	known = true
	has := func(values any, name, id string) {
		for _, value := range asList(values) {
			text, plain := value.(string)
			reference := iam.RefTarget(value)
			is = is || plain && sameName(text, name) || id != "" && reference == id
			known = known && (plain || reference != "")
		}
	}
	has(r.deployed[f.LogicalID].Properties["ManagedPolicyArns"], policy, policyID)
	if policyID != "" {
		has(r.deployed[policyID].Properties["Roles"], f.Name, f.LogicalID)
		has(r.deployed[policyID].Properties["Users"], f.Name, f.LogicalID)
	}
	return is, is || known
}

// listAttached lists the policies attached to a role or user of the template.
// The list is empty if the role or user does not exist or has no known name.
func (r *run) listAttached(ctx context.Context, f *iam.ResourceState) (a attachedARNs) {
	if f.Name == "" {
		return attachedARNs{}
	}
	if !r.inStack(f) {
		if p := r.lookUpPresence(ctx, f.Type, f.Name); !p.exists {
			return attachedARNs{notRead: p.notRead}
		}
	}
	addPage := func(policies []types.AttachedPolicy, truncated bool, marker *string) (bool, *string) {
		for _, policy := range policies {
			a.policies = append(a.policies, aws.ToString(policy.PolicyArn))
		}
		return truncated, marker
	}
	if f.Type == "AWS::IAM::User" {
		in := &awsiam.ListAttachedUserPoliciesInput{UserName: &f.Name}
		_, a.notRead = readPages(ctx, r, "ListAttachedUserPolicies", f.Name, r.api.ListAttachedUserPolicies, in, func(out *awsiam.ListAttachedUserPoliciesOutput) (bool, *string) {
			return addPage(out.AttachedPolicies, out.IsTruncated, out.Marker)
		}, func(marker *string) { in.Marker = marker })
		return a
	}
	in := &awsiam.ListAttachedRolePoliciesInput{RoleName: &f.Name}
	_, a.notRead = readPages(ctx, r, "ListAttachedRolePolicies", f.Name, r.api.ListAttachedRolePolicies, in, func(out *awsiam.ListAttachedRolePoliciesOutput) (bool, *string) {
		return addPage(out.AttachedPolicies, out.IsTruncated, out.Marker)
	}, func(marker *string) { in.Marker = marker })
	return a
}
