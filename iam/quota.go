// Quotas: whether what a configuration makes is small enough for AWS.
//
// Sources: IAM User Guide, "IAM and AWS STS quotas"; CloudFormation User Guide,
// "Understand CloudFormation quotas".

package iam

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/awslabs/goformation/v7/cloudformation/iam"

	"capaboot/internal/render"
)

// Quotas in characters without white space, except for the template's.
const (
	maxManagedPolicy    = 6144
	maxRoleInline       = 10240 // all inline policies of one role
	maxUserInline       = 2048  // all inline policies of one user
	MaxTemplateBody     = 51200 // bytes, as CloudFormation takes a template directly
	maxTrustPolicy      = 2048
	raisedTrustPolicy   = 8192 // the most that AWS grants on request
	maxAttachments      = 10   // managed policies of one role or user
	raisedRoleAttached  = 25   // the most that AWS grants on request
	raisedUserAttached  = 20
	raisedQuotasAdvice  = "if AWS raised this quota for your account, use --raised-quotas"
	policySizeQuotaName = "IAM counts characters without white space"
)

// checkQuotas reports what is too large in the template of a configuration. The
// error is that of a value whose size cannot be known.
func checkQuotas(r *report, c *Configuration, template *Template, options Options) error {
	q := quotas{report: r, raised: options.RaisedQuotas}
	for _, id := range template.PolicyIDs() {
		if n := q.size(template.properties(id)["PolicyDocument"]); n > maxManagedPolicy {
			at := "spec.clusterAPIControllers.allowedEC2InstanceProfiles"
			if id == featuresPolicy {
				at = featuresPath
			}
			r.on(r.given(at), "the policy %s would have %d characters, allowed: %d (%s)", id, n, maxManagedPolicy, policySizeQuotaName)
		}
	}
	for _, field := range c.Spec.roles() {
		if role, ok := template.Resources[field.logicalID].(*iam.Role); ok {
			q.role(field, role, template.attached(field.logicalID))
		}
	}
	if user, ok := template.Resources[userBootstrapper].(*iam.User); ok {
		q.user(user)
	}
	n, _, err := render.Size(template.Tree())
	if n > MaxTemplateBody {
		r.on("spec", "the template would have %d bytes, allowed: %d", n, MaxTemplateBody)
	}
	return cmp.Or(q.err, err)
}

type quotas struct {
	*report
	raised bool
	err    error // the first of size
}

func (q *quotas) role(field roleField, role *iam.Role, attached []string) {
	q.limit(field.path+".trustStatements", fmt.Sprintf("the trust policy would have %%d characters, allowed: %%d (%s)", policySizeQuotaName),
		q.size(role.AssumeRolePolicyDocument), maxTrustPolicy, raisedTrustPolicy)
	for _, inline := range role.Policies {
		if n := q.size(inline.PolicyDocument); n > maxRoleInline {
			q.on(field.path+".extraStatements", "the inline policy would have %d characters, allowed: %d (%s)", n, maxRoleInline, policySizeQuotaName)
		}
	}
	for i, arn := range role.ManagedPolicyArns {
		if slices.Contains(role.ManagedPolicyArns[:i], arn) && !hasTwice(field.spec.ExtraPolicyAttachments, arn) {
			q.on(field.path+".extraPolicyAttachments", "%q is already attached to this role: remove it", clip(arn))
		}
	}
	what := "%d managed policies would be attached to the role, allowed: %d"
	if len(attached) > 0 {
		what += "; those that CAPA needs: " + strings.Join(attached, ", ")
	}
	q.limit(field.path+".extraPolicyAttachments", what, len(role.ManagedPolicyArns)+len(attached), maxAttachments, raisedRoleAttached)
}

func (q *quotas) user(user *iam.User) {
	const path = "spec.bootstrapUser"
	for _, inline := range user.Policies {
		if n := q.size(inline.PolicyDocument); n > maxUserInline {
			q.on(path+".extraStatements", "the inline policy would have %d characters, allowed for a user: %d (%s)", n, maxUserInline, policySizeQuotaName)
		}
	}
	q.limit(path+".extraPolicyAttachments", "%d managed policies would be attached to the user, allowed: %d", len(user.ManagedPolicyArns), maxAttachments, raisedUserAttached)
}

// limit reports n over a quota that AWS may have raised. format takes n and
// the quota.
func (q *quotas) limit(path, format string, n, quota, raised int) {
	switch {
	case n > raised:
		q.on(path, format+", even where AWS raised the quota", n, raised)
	case n > quota && !q.raised:
		q.on(path, format+"; "+raisedQuotasAdvice, n, quota)
	}
}

// hasTwice reports whether a list has an item more than once.
func hasTwice(list []string, item string) bool {
	first := slices.Index(list, item)
	return first >= 0 && slices.Contains(list[first+1:], item)
}

// attached returns the logical IDs of the template's managed policies that are
// attached to a role.
func (t *Template) attached(roleID string) []string {
	var ids []string
	for _, id := range t.PolicyIDs() {
		for _, role := range t.Resources[id].(*iam.ManagedPolicy).Roles {
			if role == reference(roleID) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// size returns the number of characters of a policy document as IAM counts
// them: without white space.
func (q *quotas) size(document any) int {
	_, characters, err := render.Size(document)
	q.err = cmp.Or(q.err, err)
	return characters
}
