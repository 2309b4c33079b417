// What can be done about a denied request, in words.

package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/internal/terminal"
	"capaboot/policies/denial"
	"capaboot/policies/explain"
)

// helpText says what can be done, with the command or the statement.
func (d *Denials) helpText(a explain.Denied, help explain.Help) string {
	var b strings.Builder
	say := func(format string, args ...any) {
		b.WriteString(terminal.Wrap(fmt.Sprintf(format, args...), "  ", "  "))
	}
	of, action := printable(d.Of), printable(a.Action)
	if text, ok := explicitTexts.Get()[help]; ok && a.Explicit {
		say(text, cmp.Or(printable(a.PolicyARN), "the "+string(a.Policy)), action)
		return b.String()
	}
	switch help {
	case explain.Decode:
		say("The details are in the encoded authorization message. Decode it and explain what it says (this needs sts:DecodeAuthorizationMessage in the same account):")
		b.WriteString("    aws sts decode-authorization-message --encoded-message MESSAGE |\n      " + cmp.Or(d.Program, "capaboot") + " policy explain -\n")
	case explain.FindRecord:
		say("The text does not say which request it was. CloudTrail's record of it does (Event history, error code %s): explain that.", cmp.Or(printable(a.Code), "AccessDenied"))
	case explain.AskOrganization:
		say("%s", organizationText(a))
	case explain.ChangeBoundary:
		say("The permissions boundary of %s must allow it too. A policy of the role cannot: ask the owner of the boundary%s.", cmp.Or(whoText(a.Who), "the role"), ofPermissionSet(a, ", which is set in the permission set %s of IAM Identity Center"))
		for _, g := range a.Grants {
			if g.Boundary {
				say("In %s, the boundary is %s.", of, printable(g.Policy))
				break
			}
		}
	case explain.ChangeSession:
		say("%s", sessionText(a))
	case explain.ChangeEndpoint:
		say("The request went through a VPC endpoint whose policy decides. Change the policy of the endpoint for %s, in the VPC that the request came from.", printable(a.Service()))
	case explain.ChangePublicAccess:
		say("%s of S3 Block Public Access refuses it, whatever policies allow: the request would make the bucket or object public. Change the request; or, if it has to be public, switch the setting off for the bucket and for the account (and the organization, if its policy sets it).", cmp.Or(printable(a.Setting), "A setting"))
	case explain.CheckResource:
		say("AWS answers the same when the %s does not exist in the Region: check its ID and the Region first.", resourceNoun(a))
	case explain.UnknownAction:
		say("AWS's service authorization reference, as of this release of capaboot, has no action %s: no statement is offered. Check its name; if the service is new, name the action in a policy of %s.", action, cmp.Or(whoText(a.Who), "the denied principal"))
	case explain.ChangeTrust:
		say("The trust policy of the role to assume must allow it%s: principal, and every condition (external ID, audience, subject).%s", forWhom(a), bothSides(a))
	case explain.ChangeResource:
		say("%s", resourceText(a))
	case explain.RemoveDenial:
		b.WriteString(denialText(a, of))
	case explain.AddStatement:
		b.WriteString(d.statementHelp(a))
	case explain.NotByPolicy:
		say("No identity policy grants or denies %s. The credentials, or a policy above the account, are the cause.", action)
	default:
		return d.grantText(a, help)
	}
	return b.String()
}

// grantText is helpText for what the set or the catalogue grants.
func (d *Denials) grantText(a explain.Denied, help explain.Help) string {
	var b strings.Builder
	say := func(format string, args ...any) {
		b.WriteString(terminal.Wrap(fmt.Sprintf(format, args...), "  ", "  "))
	}
	of := printable(d.Of)
	switch help {
	case explain.UpdateStack:
		say("%s grants it to %s. What is deployed is older, or was changed: compare and update it.", capital(of), printable(a.Holder))
		if a.Policy == "" {
			say("If the account has it too, a policy above the role decides, which AWS does not name here: a service or resource control policy, a permissions boundary, a session policy or the policy of a VPC endpoint.")
		}
		for _, same := range together(allowGrants(a.Grants)) {
			b.WriteString(explainedGrant(same))
		}
		b.WriteString("    " + cmp.Or(d.Program, "capaboot") + " bootstrap iam plan-cloudformation-stack\n")
	case explain.MeetCondition:
		under := "under a condition that the request may not have met"
		if len(a.Conditional) == 0 {
			under = "on these resources, but the text does not say which one was requested"
		}
		say("%s grants it to %s %s:", capital(of), printable(a.Holder), under)
		for _, same := range together(allowGrants(a.Grants)) {
			b.WriteString(explainedGrant(same))
		}
	case explain.SwitchOn:
		say("The configuration can grant it:")
		for _, o := range a.WouldGrant {
			b.WriteString(terminal.Wrap(offerText(o), "    ", "      "))
			if o.Why != "" {
				b.WriteString(terminal.Wrap("why: "+o.Why, "      ", "        "))
			}
		}
	case explain.UseRole:
		if who := whoText(a.Who); who != "" {
			say("%s grants it, but not to %s:", capital(of), who)
		} else {
			say("The text does not say who was denied. %s grants it to these:", capital(of))
		}
		for _, same := range together(allowGrants(a.Grants)) {
			b.WriteString(explainedGrant(same))
		}
	}
	return b.String()
}

// explicitTexts say what helps against a statement that denies; the policy and the
// action go into them.
var explicitTexts = lazy.Value[map[explain.Help]string]{Make: func() map[explain.Help]string {
	return map[explain.Help]string{
		explain.ChangeBoundary: "A statement of %s denies %s, whatever else allows it: ask the owner of the boundary to remove or narrow it.",
		explain.ChangeSession:  "A statement of %s denies %s, whatever the role allows: change the policy that is passed where the role is assumed (sts:AssumeRole, Policy and PolicyArns).",
		explain.ChangeEndpoint: "A statement of %s denies %s: change the policy of the endpoint that the request went through.",
		explain.ChangeTrust:    "A statement of %s denies %s, whatever else allows it: remove or narrow it in the trust policy of the role to assume.",
		explain.ChangeResource: "A statement of %s denies %s, whatever else allows it: remove or narrow it in the policy of the resource.",
	}
}}

// statementHelp is the statement to paste, and where.
func (d *Denials) statementHelp(a explain.Denied) string {
	var b strings.Builder
	these, allow := "this statement", "allows"
	if len(a.Statements) > 1 {
		these, allow = "these statements", "allow"
	}
	text := fmt.Sprintf("%s %s it", capital(these), allow)
	switch {
	case a.Help[0] != explain.AddStatement:
		text = "Or add " + these
		before := a.Help[slices.Index(a.Help, explain.AddStatement)-1]
		switch {
		case before == explain.ChangeTrust && a.ResourceAccount == "":
			text = "And, in another account than the role's or where the trust policy names the account, " + these
		case before == explain.ChangeTrust, before == explain.ChangeResource, before == explain.ChangeSession:
			text = "And " + these
		case before == explain.CheckResource:
			text = fmt.Sprintf("Otherwise %s %s it", these, allow)
		}
	case a.Holder != "":
		text = fmt.Sprintf("Nothing in %s grants it to %s, and CAPA %s has no setting for it. %s %s it", printable(d.Of), printable(a.Holder), d.Release, capital(these), allow)
	}
	if a.ExtraStatements != "" {
		text += ", in " + a.ExtraStatements + " of the configuration:"
	} else {
		text += ", in " + placeOf(a.Who) + ":"
	}
	b.WriteString(terminal.Wrap(text, "  ", "  "))
	for _, statement := range a.Statements {
		b.WriteString(statementText(statement))
	}
	if a.Service() == "kms" && a.Policy != denial.Resource {
		b.WriteString(terminal.Wrap("The policy of the key must let IAM policies of its account decide, or allow it itself.", "  ", "  "))
	}
	return b.String()
}

// denialText names the statements that deny, or says that they are elsewhere.
func denialText(a explain.Denied, of string) string {
	var denying []explain.Grant
	for _, g := range a.Grants {
		if g.Effect == "Deny" {
			denying = append(denying, g)
		}
	}
	if len(denying) == 0 {
		where := "the denial is in an identity policy that is not there"
		if a.Policy == "" {
			where = "the denial is in another policy of the denied principal, or above it: a service or resource control policy, a permissions boundary, a session policy or the policy of a VPC endpoint"
		}
		return terminal.Wrap(fmt.Sprintf("No policy in %s denies it: %s. Remove or narrow that statement: no other permission overrides it.", of, where), "  ", "  ")
	}
	var b strings.Builder
	b.WriteString(terminal.Wrap("These statements deny it, whatever else allows it:", "  ", "  "))
	for _, same := range together(denying) {
		b.WriteString(explainedGrant(same))
	}
	return b.String()
}

func allowGrants(grants []explain.Grant) (all []explain.Grant) {
	for _, g := range grants {
		if g.Effect == "Allow" && !g.Boundary && !g.Refused {
			all = append(all, g)
		}
	}
	return all
}

// reasonText says which kind of policy decided, as far as AWS tells.
func reasonText(a explain.Denied) string {
	policy := string(a.Policy)
	article := "a"
	if a.Policy == denial.Identity {
		article = "an"
	}
	switch {
	case a.Policy == denial.PublicAccess:
		return cmp.Or(printable(a.Setting), "a setting") + " of " + policy
	case a.MayNotExist:
		return fmt.Sprintf("the %s does not exist in this Region, its policy does not allow it, or a policy denies it; AWS does not say which", resourceNoun(a))
	case a.Explicit && policy == "" && a.CutOff:
		return "a statement denies it; the text ends before it names the kind of policy"
	case a.Explicit && policy == "":
		return "a statement denies it; AWS does not say in which kind of policy"
	case a.Explicit:
		return fmt.Sprintf("a statement of %s %s denies it", article, policy)
	case policy == "" && a.CutOff:
		return "the text ends before it names the kind of policy that decided"
	case policy == "":
		return "AWS does not say which kind of policy decided"
	}
	return fmt.Sprintf("no %s allows it", policy)
}

// organizationText is for what only an organization changes. A service control policy
// limits the accounts of the caller, a resource control policy those of the resources.
// Source: AWS Organizations User Guide, "Service control policies" and "Resource
// control policies".
func organizationText(a explain.Denied) string {
	ask := fmt.Sprintf("Ask the administrator of the organization's management account%s to let %s through%s.", managementAccount(a), printable(a.Action), forWhom(a))
	switch {
	case a.Policy == denial.ResourceCtrl:
		whose := "that the resource's account belongs to"
		if a.ResourceAccount != "" {
			whose = "of account " + printable(a.ResourceAccount) + ", which has the resource"
		}
		return fmt.Sprintf("No policy in the account can allow it: a resource control policy of the organization %s limits who may use its resources, whatever their own policies allow. ", whose) + ask
	case a.Policy == "":
		return "No identity policy limits the root user: a service control policy of the organization does, or a resource control policy. " + ask
	}
	return fmt.Sprintf("No policy in this account can allow it: the %s belongs to the organization. ", string(a.Policy)) + ask
}

// managementAccount is the account in the ARN of an organization's policy.
func managementAccount(a explain.Denied) string {
	fields := strings.Split(a.PolicyARN, ":")
	if len(fields) > 4 && fields[2] == "organizations" && fields[4] != "" {
		return " (" + printable(fields[4]) + ")"
	}
	return ""
}

func forWhom(a explain.Denied) string {
	if who := whoText(a.Who); who != "" {
		return " for " + who
	}
	return ""
}

// sessionText is for a session that has less than its role or user.
func sessionText(a explain.Denied) string {
	if a.Who.Kind == "federated" {
		return "A federated user has what both the user who called sts:GetFederationToken and the policy passed in that call allow: the policy must allow it (Policy and PolicyArns)."
	}
	return "The session has fewer permissions than the role: the policy that was passed when the role was assumed does not allow it. Change it where the role is assumed (sts:AssumeRole, Policy and PolicyArns)."
}

// resourcePolicies are the names of resource policies, by the service of the action.
// Sources: the user guides of the services, "Resource-based policies".
var resourcePolicies = lazy.Value[map[string]struct{ noun, policy string }]{Make: func() map[string]struct{ noun, policy string } {
	return map[string]struct{ noun, policy string }{
		"s3":             {"bucket", "The bucket policy must allow it"},
		"kms":            {"key", "The key policy must allow it, or let IAM policies of its account decide"},
		"ecr":            {"repository", "The repository policy must allow it"},
		"sqs":            {"queue", "The queue policy must allow it"},
		"sns":            {"topic", "The topic policy must allow it"},
		"secretsmanager": {"secret", "The resource policy of the secret must allow it"},
		"lambda":         {"function", "The resource policy of the function must allow it"},
	}
}}

func resourceNoun(a explain.Denied) string {
	if known, ok := resourcePolicies.Get()[a.Service()]; ok {
		return known.noun
	}
	return "resource"
}

// resourceText is for the policy of a resource.
func resourceText(a explain.Denied) string {
	known, ok := resourcePolicies.Get()[a.Service()]
	if !ok {
		known.policy = "The policy of the resource must allow it"
	}
	text := known.policy + forWhom(a)
	if a.Resource != "" {
		text += ": " + printable(a.Resource)
	}
	text += "."
	switch {
	case a.Who.ServiceLinked:
		text += " The role is service-linked: its own policy cannot be changed."
	case a.Who.Kind == "service" || a.Who.Kind == "anonymous" || a.Who.Kind == "root":
	default:
		text += bothSides(a)
	}
	return text
}

// bothSides says what holds for a resource in another account.
func bothSides(a explain.Denied) string {
	if a.ResourceAccount == "" {
		return ""
	}
	return fmt.Sprintf(" The resource is in another account (%s): a policy there and a policy of %s must both allow it.", printable(a.ResourceAccount), cmp.Or(whoText(a.Who), "the denied principal"))
}

// placeOf is where a statement for somebody goes.
func placeOf(who explain.Who) string {
	switch {
	case who.PermissionSet != "":
		return "the permission set " + printable(who.PermissionSet) + " of IAM Identity Center, which creates the role and overwrites changes to it"
	case who.Kind == "federated":
		return "a policy of the user who called sts:GetFederationToken, and in the policy passed in that call"
	}
	return "a policy of " + cmp.Or(whoText(who), "the denied principal")
}

// ofPermissionSet is a text about the permission set of a role, if it has one.
func ofPermissionSet(a explain.Denied, text string) string {
	if a.Who.PermissionSet == "" {
		return ""
	}
	return fmt.Sprintf(text, printable(a.Who.PermissionSet))
}
