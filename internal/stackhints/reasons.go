// The hints, one for each kind of reason.

package stackhints

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"capaboot/cfnstack"
	"capaboot/iam"
	"capaboot/iam/operator"
	"capaboot/internal/lazy"
	"capaboot/internal/shortlist"
)

// boundaryHint is for accounts whose policies allow only roles with a
// permissions boundary.
const boundaryHint = "if roles must have a permissions boundary in this account, set permissionsBoundary in the configuration"

var reasonHints = lazy.Value[map[cfnstack.Kind]func(failure) string]{Make: func() map[cfnstack.Kind]func(failure) string {
	return map[cfnstack.Kind]func(failure) string{
		cfnstack.KindPermission: failure.notAllowedHint,
		cfnstack.KindDenied: func(t failure) string {
			return fmt.Sprintf("%s denies %[3]s to %[2]s, whatever other policies allow: change that policy, or use other credentials; %[4]s", t.policy(), t.caller(), t.action(), boundaryHint)
		},
		cfnstack.KindOrganization: func(t failure) string {
			return fmt.Sprintf("%s of the organization forbids %s in this account, whatever the account's own policies allow: ask the administrators of the organization; %s", t.policy(), t.action(), boundaryHint)
		},
		cfnstack.KindBoundary: func(t failure) string {
			return fmt.Sprintf("the permissions boundary of %s does not allow %s: ask the administrator who set the boundary, or use credentials without a permissions boundary", t.caller(), t.action())
		},
		cfnstack.KindSessionPolicy: func(t failure) string {
			return fmt.Sprintf("the session policy of %s does not allow %s: sign in without a session policy", t.caller(), t.action())
		},
		cfnstack.KindNameExists: failure.nameExistsHint,
		cfnstack.KindOwned:      failure.ownedHint,
		cfnstack.KindPolicySize: fixedHint("IAM allows 6,144 characters in a managed policy, 10,240 in all inline policies of a role and 2,048 in all inline policies of a user, not counting white space; AWS does not raise these quotas: " +
			"remove statements (extraStatements), or move them to a separate managed policy (extraPolicyAttachments)"),
		cfnstack.KindVersions: failure.versionsHint,
		cfnstack.KindQuota:    failure.quotaHint,
		cfnstack.KindPrincipal: fixedHint("a trust policy names a principal that does not exist (trustStatements in the configuration): IAM checks that roles and users exist; " +
			"check the account ID, the path and the partition"),
		cfnstack.KindPolicy:      fixedHint("IAM refuses the policy document: check the statements that the configuration adds (extraStatements, trustStatements)"),
		cfnstack.KindThrottling:  fixedHint("AWS throttles requests of this account: wait a few minutes, then run the same command again"),
		cfnstack.KindCapability:  fixedHint("the template creates named IAM resources: create the change set with CAPABILITY_NAMED_IAM"),
		cfnstack.KindCredentials: fixedHint("get new credentials and run the same command again"),
		cfnstack.KindServiceRole: func(t failure) string {
			return fmt.Sprintf("CloudFormation cannot use the role %s (from --role-arn, or from an earlier deployment of the stack): check that the role exists and trusts cloudformation.amazonaws.com, and that the caller has iam:PassRole for the role", cmp.Or(t.Name, "it was given"))
		},
		cfnstack.KindInUse:       failure.inUseHint,
		cfnstack.KindReplacement: failure.replacementHint,
		cfnstack.KindValidation: func(t failure) string {
			return "CloudFormation refused the change set before anything was changed; to show the details: aws cloudformation describe-events" + t.stackOptions()
		},
		cfnstack.KindStackPolicy: func(t failure) string {
			return "the stack policy forbids this update; to show the stack policy: aws cloudformation get-stack-policy" + t.stackOptions() + "; to change the stack policy, use set-stack-policy"
		},
		cfnstack.KindProtected:   func(t failure) string { return t.unprotectHint() },
		cfnstack.KindNotFound:    fixedHint("the template refers to something that does not exist in this account: check the name or ARN in the error above"),
		cfnstack.KindTemplate:    fixedHint("CloudFormation refuses the template: fix the problem that the error above describes"),
		cfnstack.KindService:     fixedHint("AWS had an internal error: wait a few minutes, then run the same command again"),
		cfnstack.KindIntercepted: fixedHint("the response did not come from CloudFormation: check the proxy (HTTPS_PROXY), the login page of the network, and AWS_ENDPOINT_URL"),
		cfnstack.KindUnreachable: fixedHint("the service did not respond: check the network, the proxy and the region"),
	}
}}

// fixedHint returns a function that returns text, a hint that does not depend
// on the failure.
func fixedHint(text string) func(failure) string { return func(failure) string { return text } }

// notAllowedHint is the hint for an action that no policy allows. A service
// role covers the calls of CloudFormation, but not those of the command itself.
func (t failure) notAllowedHint() string {
	text := fmt.Sprintf("give %s a policy that allows %s", t.caller(), t.action())
	service, _, _ := strings.Cut(t.Action, ":")
	if (t.Deploys || t.Deletes) && service != "cloudformation" && service != "sts" {
		text += ", or use --role-arn to pass a service role that has such a policy"
	}
	return text + t.operatorPolicyCommand()
}

// operatorPolicyCommand returns, as the end of a hint, the command that prints the
// policy that the failed command needs; "" if there is none, or if that policy does not
// allow the action.
func (t failure) operatorPolicyCommand() string {
	if t.Purpose == "" || t.Action != "" && !operator.Grants(t.Action, t.Purpose) {
		return ""
	}
	command := "capaboot bootstrap iam print-operator-policy --for " + t.Purpose
	if t.ServiceRole != "" {
		command += " --role-arn " + argument(t.ServiceRole, "ARN")
	}
	return "; to print the policy that the command needs: " + command
}

// templateResource returns the logical ID of the failed resource; "" when the
// template does not have it.
func (t failure) templateResource() string {
	if t.Template == nil {
		return ""
	}
	if _, exists := t.Template.Naming(t.logicalID); exists {
		return t.logicalID
	}
	if ids := t.Template.Named(iam.NameOf(t.Name)); len(ids) > 0 {
		return ids[0]
	}
	return ""
}

// naming returns the configuration fields that name the resource; namePrefix
// and nameSuffix when the resource is unknown.
func (t failure) naming() iam.Naming {
	if id := t.templateResource(); id != "" {
		naming, _ := t.Template.Naming(id)
		return naming
	}
	return iam.Naming{Fields: []string{"namePrefix", "nameSuffix"}}
}

// takenName returns the name that already exists; "the name" when it is
// unknown.
func (t failure) takenName() string {
	if t.Name != "" || t.Template == nil {
		return cmp.Or(t.Name, "the name")
	}
	return cmp.Or(t.Template.Name(t.templateResource()), "the name")
}

// conflictHint says what to do when another stack has the name.
func (t failure) conflictHint() string {
	naming := t.naming()
	if naming.DisableField != "" {
		return fmt.Sprintf("set %s: true in the configuration, so that this stack does not create the resource; the name of the resource is fixed (namePrefix and nameSuffix do not change the name), and clusters that do not name a role use the existing resource", naming.DisableField)
	}
	return fmt.Sprintf("update that stack instead, or give the resource of this stack another name in the configuration (%s)", strings.Join(naming.Fields, ", "))
}

// ownerCommand returns the command that finds the stack of a resource.
func (t failure) ownerCommand() string {
	id := t.takenName()
	if physical := ""; t.Template != nil && t.templateResource() != "" && t.Account != "" {
		if physical = t.Template.PhysicalID(t.templateResource(), t.Partition, t.Account); physical != "" {
			id = physical
		}
	}
	return "aws cloudformation describe-stack-resources --physical-resource-id " + argument(id, "NAME") + " --region REGION" + t.Profile
}

// nameExistsHint is the hint for a name that already exists, with an unknown
// owner.
func (t failure) nameExistsHint() string {
	text := fmt.Sprintf("%s already exists in the account, outside this stack; first, in each region that you use, find out whether a stack owns the resource (IAM is global, stacks are not): %s", t.takenName(), t.ownerCommand())
	if t.Deploys && !t.Adopts {
		text += "; if no stack owns the resource, import the resource with --import-existing"
	}
	return text + "; if a stack owns the resource, " + t.conflictHint()
}

// ownedHint is the hint for a name that belongs to another stack.
func (t failure) ownedHint() string {
	if t.Owner == "" {
		return fmt.Sprintf("%s belongs to another stack; in each region that you use, look for that stack: %s; then %s", t.takenName(), t.ownerCommand(), t.conflictHint())
	}
	return fmt.Sprintf("%s belongs to the stack %s: %s", t.takenName(), t.Owner, t.conflictHint())
}

// replacementHint is the hint for a change that would replace a resource with
// one of the same name.
func (t failure) replacementHint() string {
	naming := t.naming()
	if naming.DisableField != "" {
		return fmt.Sprintf("CloudFormation cannot replace %s with a resource of the same name, and the name is fixed: undo the change that needs a new resource, or deploy once with %s: true, and then again without this setting (between the two deployments, the resource does not exist)", t.takenName(), naming.DisableField)
	}
	return fmt.Sprintf("CloudFormation cannot replace %s with a resource of the same name: undo the change that needs a new resource, or give the resource another name in the configuration (%s)", t.takenName(), strings.Join(naming.Fields, ", "))
}

// inUseHint is the hint for a resource that cannot be deleted because it is in
// use.
func (t failure) inUseHint() string {
	text := "something outside the stack uses the resource: detach the policies that the stack did not create, and remove the role from the instance profiles that the stack did not create"
	if t.Deletes {
		text += fmt.Sprintf("; or keep the resource with --retain %s", argument(t.logicalID, "LOGICAL_ID"))
	}
	return text
}

// versionsHint is the hint for a managed policy with the maximum number of
// versions. Source: IAM User Guide, "Versioning IAM policies": at most five;
// the default version cannot be deleted.
func (t failure) versionsHint() string {
	arn := t.Name
	if arn == "" && strings.HasPrefix(t.physicalID, "arn:") {
		arn = t.physicalID
	}
	if id := t.templateResource(); arn == "" && id != "" && t.Account != "" {
		if physical := t.Template.PhysicalID(id, t.Partition, t.Account); strings.HasPrefix(physical, "arn:") {
			arn = physical
		}
	}
	options := " --policy-arn " + argument(arn, "ARN") + t.Profile
	return "a managed policy can have at most 5 versions, and AWS does not raise this quota; list the versions: aws iam list-policy-versions" + options +
		"; only the default version is in use, so delete one of the other versions: aws iam delete-policy-version --version-id VERSION" + options + "; then run the same command again"
}

// quotaHint is the hint for a quota without a [cfnstack.Kind] of its own.
func (t failure) quotaHint() string {
	quota, known := iam.QuotaOf(t.Quota)
	if !known {
		return "a quota is reached, as the error says: use fewer resources or, if the quota can be raised, ask AWS for a higher quota (Service Quotas)"
	}
	limit := cmp.Or(t.Limit, strconv.Itoa(quota.Default))
	text := fmt.Sprintf("the IAM quota %q is reached (%s)", quota.Name, limit)
	switch {
	case len(quota.Fields) > 0:
		text += ": shorten " + shortlist.And(quota.Fields) + " in the configuration, and undo the manual changes of the resource that the error names"
	case quota.PerAccount:
		text += ": delete unused resources; to count the resources: aws iam get-account-summary"
	default:
		text += ": undo the manual changes of the resource that the error names"
	}
	if !quota.Adjustable {
		return text + "; AWS does not raise this quota"
	}
	page := "in the console, open Service Quotas, then AWS Identity and Access Management (IAM)"
	if t.Partition == "aws" || t.Partition == "" {
		page += ", in the region us-east-1"
	}
	return text + "; or ask AWS for a higher quota: " + page
}
