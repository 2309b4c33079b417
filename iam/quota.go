// Checks whether the template of a configuration is within AWS quotas.
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

// Quotas. Policy sizes are in characters without white space.
const (
	maxManagedPolicy   = 6144
	maxRoleInline      = 10240 // all inline policies of a role
	maxUserInline      = 2048  // all inline policies of a user
	MaxTemplateBody    = 51200 // bytes, for a template in the request itself
	maxTrustPolicy     = 2048
	raisedTrustPolicy  = 8192 // the most that AWS grants on request
	maxAttachments     = 10   // managed policies of a role or user
	raisedRoleAttached = 25   // the most that AWS grants on request
	raisedUserAttached = 20
	raisedQuotasAdvice = "if AWS raised this quota for your account, use --raised-quotas"
	policySizeNote     = "IAM counts characters without white space"
)

// checkQuotas reports what exceeds a quota in the template of a configuration.
// It returns an error if the size of a value cannot be determined.
func checkQuotas(r *report, c *Configuration, template *Template, options Options) error {
	q := quotaCheck{report: r, raised: options.RaisedQuotas}
	for _, id := range template.PolicyIDs() {
		if n := q.size(template.properties(id)["PolicyDocument"]); n > maxManagedPolicy {
			field := "spec.clusterAPIControllers.allowedEC2InstanceProfiles"
			if id == featuresPolicy {
				field = featuresPath
			}
			r.add(r.nearest(field), "the policy %s would have %d characters; allowed: %d (%s)", id, n, maxManagedPolicy, policySizeNote)
		}
	}
	for _, field := range c.Spec.roles() {
		if role, ok := template.Resources[field.logicalID].(*iam.Role); ok {
			q.checkRole(field, role, template.attachedPolicies(field.logicalID))
		}
	}
	if user, ok := template.Resources[userBootstrapper].(*iam.User); ok {
		q.checkUser(user)
	}
	n, _, err := render.Size(template.Tree())
	if n > MaxTemplateBody {
		r.add("spec", "the template would have %d bytes; allowed: %d", n, MaxTemplateBody)
	}
	return cmp.Or(q.err, err)
}

type quotaCheck struct {
	*report
	raised bool
	err    error // the first error of size
}

func (q *quotaCheck) checkRole(field roleField, role *iam.Role, attached []string) {
	q.checkLimit(field.path+".trustStatements", fmt.Sprintf("the trust policy would have %%d characters; allowed: %%d (%s)", policySizeNote),
		q.size(role.AssumeRolePolicyDocument), maxTrustPolicy, raisedTrustPolicy)
	for _, inline := range role.Policies {
		if n := q.size(inline.PolicyDocument); n > maxRoleInline {
			q.add(field.path+".extraStatements", "the inline policy would have %d characters; allowed: %d (%s)", n, maxRoleInline, policySizeNote)
		}
	}
	for i, arn := range role.ManagedPolicyArns {
		if slices.Contains(role.ManagedPolicyArns[:i], arn) && !isRepeated(field.spec.ExtraPolicyAttachments, arn) {
			q.add(field.path+".extraPolicyAttachments", "%q is already attached to this role: remove it from the configuration", clip(arn))
		}
	}
	message := "%d managed policies would be attached to the role"
	if len(attached) > 0 {
		message += " (CAPA needs " + strings.Join(attached, ", ") + ")"
	}
	message += "; allowed: %d"
	q.checkLimit(field.path+".extraPolicyAttachments", message, len(role.ManagedPolicyArns)+len(attached), maxAttachments, raisedRoleAttached)
}

func (q *quotaCheck) checkUser(user *iam.User) {
	const path = "spec.bootstrapUser"
	for _, inline := range user.Policies {
		if n := q.size(inline.PolicyDocument); n > maxUserInline {
			q.add(path+".extraStatements", "the inline policy would have %d characters; allowed for a user: %d (%s)", n, maxUserInline, policySizeNote)
		}
	}
	q.checkLimit(path+".extraPolicyAttachments", "%d managed policies would be attached to the user; allowed: %d", len(user.ManagedPolicyArns), maxAttachments, raisedUserAttached)
}

// checkLimit reports a problem if n exceeds quota or, with
// [Options.RaisedQuotas], raised. format gets n and the exceeded limit.
func (q *quotaCheck) checkLimit(path, format string, n, quota, raised int) {
	switch {
	case n > raised:
		q.add(path, format+", the most that AWS grants on request", n, raised)
	case n > quota && !q.raised:
		q.add(path, format+"; "+raisedQuotasAdvice, n, quota)
	}
}

func isRepeated(list []string, item string) bool {
	first := slices.Index(list, item)
	return first >= 0 && slices.Contains(list[first+1:], item)
}

// attachedPolicies returns the logical IDs of the template's managed policies
// that are attached to a role.
func (t *Template) attachedPolicies(roleID string) []string {
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
// them, without white space.
func (q *quotaCheck) size(document any) int {
	_, characters, err := render.Size(document)
	q.err = cmp.Or(q.err, err)
	return characters
}
