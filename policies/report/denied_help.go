// Descriptions of what can be done about a denied request.

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
	"capaboot/policies/simulate"
)

// helpText describes what can be done, with the command to run or the
// statements to add, if any.
func (d *Denials) helpText(a explain.Denied, help explain.Help) string {
	var b strings.Builder
	write := func(format string, args ...any) {
		b.WriteString(terminal.Wrap(fmt.Sprintf(format, args...), "  ", "  "))
	}
	subject, action := escapeLine(inputText(d.Of)), escapeLine(a.Action)
	if text, ok := explicitDenyTexts.Get()[help]; ok && a.Explicit {
		write(text, cmp.Or(escapeLine(a.PolicyARN), "the "+string(a.Policy)), action)
		return b.String()
	}
	switch help {
	case explain.Decode:
		write("The encoded authorization message has the details. Decode and explain the message, with credentials that allow sts:DecodeAuthorizationMessage in the account of the request:")
		b.WriteString("    aws sts decode-authorization-message --encoded-message MESSAGE |\n      " + cmp.Or(d.Program, "capaboot") + " policy explain -\n")
	case explain.FindRecord:
		write("The text does not name the request. Find the record of the request in CloudTrail (Event history, error code %s), and pass the record to: %s policy explain -", cmp.Or(escapeLine(a.Code), "AccessDenied"), cmp.Or(d.Program, "capaboot"))
	case explain.AskOrganization:
		write("%s", organizationText(a))
	case explain.ChangeBoundary:
		if a.Boundary != "" && a.Policy != denial.Boundary {
			b.WriteString(limitingBoundaryText(a, subject))
			break
		}
		write("The permissions boundary of %s must also allow the action; other policies cannot extend the boundary. Ask the owner of the boundary to allow the action%s.", cmp.Or(callerText(a.Caller), "the role"), permissionSetText(a, "; the boundary is set in the permission set %s of IAM Identity Center"))
		for _, g := range a.Grants {
			if g.Boundary {
				write("In %s, the boundary is %s.", subject, escapeLine(g.Policy))
				break
			}
		}
	case explain.ChangeSession:
		write("%s", sessionText(a))
	case explain.ChangeEndpoint:
		write("The request went through a VPC endpoint whose policy does not allow the request. In the VPC that the request came from, change the policy of the endpoint for %s.", escapeLine(a.Service()))
	case explain.ChangePublicAccess:
		write("%s of S3 Block Public Access refuses the request, regardless of policies, because the request would make the bucket or object public. Change the request. If public access is intended, turn off the setting for the bucket and for the account. If a policy of the organization turns on the setting, change that policy too.", cmp.Or(escapeLine(a.Setting), "A setting"))
	case explain.CheckResource:
		write("AWS returns the same error if the %s does not exist in the Region: first check the ID and the Region.", resourceNoun(a))
	case explain.UnknownAction:
		write("The authorization data of this version of capaboot has no action %s, so no statement is suggested. Check the name of the action. If the service is new, allow the action in a policy of %s.", action, cmp.Or(callerText(a.Caller), "the denied principal"))
	case explain.ChangeTrust:
		write("The trust policy of the role to assume must allow the request%s: check the principals and every condition of the trust policy (external ID, audience, subject).%s", forPrincipalText(a), bothAccountsText(a))
	case explain.ChangeResource:
		write("%s", resourceText(a))
	case explain.RemoveDenial:
		b.WriteString(denialText(a, subject))
	case explain.AddStatement:
		b.WriteString(d.statementHelpText(a))
	case explain.NotByPolicy:
		write("Identity policies neither grant nor deny %s. The cause is the credentials, or a policy of the organization.", action)
	case explain.UseAccount:
		write("The resource is in another account (%s), and has no policy that could allow the request: assume a role of that account, and make the request with that role.", escapeLine(a.ResourceAccount))
	default:
		return d.grantHelpText(a, help)
	}
	return b.String()
}

// grantHelpText is like helpText, for help that depends on what the policies or
// the catalogue grant.
func (d *Denials) grantHelpText(a explain.Denied, help explain.Help) string {
	var b strings.Builder
	write := func(format string, args ...any) {
		b.WriteString(terminal.Wrap(fmt.Sprintf(format, args...), "  ", "  "))
	}
	list := func(grants []explain.Grant) {
		for _, group := range groupByHolder(grants) {
			b.WriteString(grantExplanation(group))
		}
	}
	subject := escapeLine(inputText(d.Of))
	switch help {
	case explain.UpdateStack:
		grants := "%s grants the action to %s"
		if a.Decision != simulate.Allowed { // a denial or a boundary in the input prevents the request
			grants = "%s has an Allow for %s, but AWS found none"
		}
		grants = fmt.Sprintf(grants, capitalize(subject), escapeLine(a.Holder))
		if a.IsForeign() {
			write("%s, so the deployed stack is out of date or was changed manually: compare the stack with %s, then deploy %s.", grants, subject, subject)
		} else {
			write("%s, so the deployed stack is out of date or was changed manually: compare the stack with the configuration, then update the stack.", grants)
			b.WriteString("    " + cmp.Or(d.Program, "capaboot") + " bootstrap iam plan-cloudformation-stack\n")
		}
		if a.Policy == "" {
			write("If the deployed policies grant the action too, the denial comes from a kind of policy that the error does not name: %s.", unnamedPolicies)
		}
		write("The statements that grant the action:")
		list(allowingGrants(a.Grants))
	case explain.Retry:
		allows := "The deployed stack allows the request of %s, so the stack needs no update."
		if a.Decision != simulate.Allowed { // a denial or a boundary in the stack prevents the request
			allows = "The deployed stack has an Allow for %s, but AWS found none."
		}
		write(allows+" Make the request again: the stack may have changed after the denial, or the request may come from another account than the stack.", escapeLine(a.Holder))
		if a.Policy == "" {
			write("If AWS denies the request again, the denial comes from a kind of policy that the error does not name: %s.", unnamedPolicies)
		}
		write("The statements that grant the action:")
		list(allowingGrants(a.Grants))
	case explain.MeetCondition:
		limit := "under a condition that the request may not have met"
		if len(a.Conditional) == 0 {
			limit = "on these resources, but the text does not say which resource was requested"
		}
		write("%s grants the action to %s %s:", capitalize(subject), escapeLine(a.Holder), limit)
		list(allowingGrants(a.Grants))
	case explain.CheckTemplate:
		write("%s", templateText(a, subject))
		list(a.Grants)
	case explain.SwitchOn:
		write("The configuration can grant the action:")
		for _, o := range a.WouldGrant {
			b.WriteString(terminal.Wrap(possibleGrantText(o), "    ", "      "))
			if o.Why != "" {
				b.WriteString(terminal.Wrap("why: "+o.Why, "      ", "        "))
			}
			if covered := strings.Join(o.Resources, ", "); covered != "" && o.On {
				b.WriteString(terminal.Wrap("with the present values, the statement covers only "+covered, "      ", "        "))
			} else if covered != "" {
				b.WriteString(terminal.Wrap("with the present values, the statement would cover only "+covered, "      ", "        "))
			}
		}
	case explain.UseRole:
		if caller := callerText(a.Caller); caller != "" {
			write("%s grants the action, but not to %s. Make the request as one of these principals:", capitalize(subject), caller)
		} else {
			write("The text does not name the denied principal. %s grants the action to the principals below. If the denied principal is another one, make the request as one of these:", capitalize(subject))
		}
		list(allowingGrants(a.Grants))
	}
	return b.String()
}

// unnamedPolicies are the kinds of policies that can deny a request although an
// identity policy allows it.
const unnamedPolicies = "a service or resource control policy, a permissions boundary, a session policy or the policy of a VPC endpoint"

// explicitDenyTexts says, for an explicit deny, how to change the statement
// that denies the request. The two %s are the policy and the action.
var explicitDenyTexts = lazy.Value[map[explain.Help]string]{Make: func() map[explain.Help]string {
	return map[explain.Help]string{
		explain.ChangeBoundary: "A statement of %s denies %s, regardless of other policies: ask the owner of the boundary to remove or narrow the statement.",
		explain.ChangeSession:  "A statement of %s denies %s, regardless of the role's policies: change the policy that is passed when the role is assumed (Policy and PolicyArns of sts:AssumeRole).",
		explain.ChangeEndpoint: "A statement of %s denies %s: change the policy of the endpoint that the request went through.",
		explain.ChangeTrust:    "A statement of %s denies %s, regardless of other policies: remove or narrow the statement in the trust policy of the role to assume.",
		explain.ChangeResource: "A statement of %s denies %s, regardless of other policies: remove or narrow the statement in the policy of the resource.",
	}
}}

func (d *Denials) statementHelpText(a explain.Denied) string {
	var b strings.Builder
	statements := "this statement"
	if len(a.Statements) > 1 {
		statements = "these statements"
	}
	text := "Add " + statements
	switch {
	case a.Help[0] != explain.AddStatement:
		text = "Or add " + statements
		before := a.Help[slices.Index(a.Help, explain.AddStatement)-1]
		switch {
		case before == explain.ChangeTrust && a.ResourceAccount == "":
			text = "If the role is in another account, or if its trust policy names the caller's account instead of the caller, also add " + statements
		case before == explain.ChangeTrust, before == explain.ChangeResource, before == explain.ChangeSession, before == explain.ChangeBoundary, before == explain.RemoveDenial:
			text = "Also add " + statements
		case before == explain.CheckResource:
			text = "If the " + resourceNoun(a) + " exists, add " + statements
		}
	case a.Holder != "" && len(a.Elsewhere) > 0:
		b.WriteString(terminal.Wrap(fmt.Sprintf("Nothing in %s grants the action on this resource to %s. CAPA %s can grant the action only on other resources:", escapeLine(inputText(d.Of)), escapeLine(a.Holder), d.Release), "  ", "  "))
		for _, o := range a.Elsewhere {
			b.WriteString(terminal.Wrap(possibleGrantText(o)+": on "+strings.Join(o.Resources, ", "), "    ", "      "))
		}
	case a.Holder != "":
		resource, setting := "", fmt.Sprintf(", and CAPA %s has no setting for the action", d.Release)
		if strings.HasPrefix(a.Resource, "arn:") {
			resource = " on this resource"
		}
		if a.IsForeign() {
			setting = ""
		}
		text = fmt.Sprintf("Nothing in %s grants the action%s to %s%s. Add %s", escapeLine(inputText(d.Of)), resource, escapeLine(a.Holder), setting, statements)
	}
	if a.ExtraStatements != "" {
		text += " to " + a.ExtraStatements + " of the configuration:"
	} else {
		text += " to " + statementPlace(a.Caller) + ":"
	}
	b.WriteString(terminal.Wrap(text, "  ", "  "))
	for _, statement := range a.Statements {
		b.WriteString(statementText(statement))
	}
	if a.AllOfType != "" {
		b.WriteString(terminal.Wrap("The statement allows only this resource. To allow every resource of this type, use "+a.AllOfType+" as the Resource.", "  ", "  "))
	}
	if a.Service() == "kms" && a.Policy != denial.Resource {
		b.WriteString(terminal.Wrap("The key policy must also allow the action, directly or by enabling IAM policies.", "  ", "  "))
	}
	return b.String()
}

// denialText names the statements that deny the request, or says that they are
// in another policy.
func denialText(a explain.Denied, subject string) string {
	var denying []explain.Grant
	for _, g := range a.Grants {
		if g.Effect == "Deny" {
			denying = append(denying, g)
		}
	}
	if len(denying) == 0 {
		place := "an identity policy that capaboot did not read"
		if a.Policy == "" {
			place = "another policy of the denied principal, or in " + unnamedPolicies
		}
		return terminal.Wrap(fmt.Sprintf("No policy in %s denies the action; the statement that denies the action is in %s. Remove or narrow that statement: an Allow does not override a denial.", subject, place), "  ", "  ")
	}
	var b strings.Builder
	text := "These statements deny the action, regardless of other policies:"
	if !a.Explicit {
		text = fmt.Sprintf("In %s, these statements deny the action, regardless of other policies. Remove or narrow them:", subject)
	}
	b.WriteString(terminal.Wrap(text, "  ", "  "))
	for _, group := range groupByHolder(denying) {
		b.WriteString(grantExplanation(group))
	}
	return b.String()
}

func allowingGrants(grants []explain.Grant) (all []explain.Grant) {
	for _, g := range grants {
		if g.Effect == "Allow" && !g.Boundary && !g.Refused {
			all = append(all, g)
		}
	}
	return all
}

func reasonText(a explain.Denied) string {
	policy := string(a.Policy)
	article := "a"
	if a.Policy == denial.Identity {
		article = "an"
	}
	switch {
	case a.Policy == denial.PublicAccess:
		return cmp.Or(escapeLine(a.Setting), "a setting") + " of " + policy
	case a.MayNotExist:
		return fmt.Sprintf("the %s does not exist in this Region, its policy does not allow the request, or a policy denies the request; AWS does not say which of these is the cause", resourceNoun(a))
	case a.Explicit && policy == "" && a.CutOff:
		return "a statement denies the request; the text is cut off before it names the kind of policy"
	case a.Explicit && policy == "":
		return "a statement denies the request; AWS does not say in which kind of policy"
	case a.Explicit:
		return fmt.Sprintf("a statement of %s %s denies the request", article, policy)
	case policy == "" && a.CutOff:
		return "the text is cut off before it names the kind of policy that denies the request"
	case policy == "":
		return "AWS does not say which kind of policy denies the request"
	}
	return fmt.Sprintf("no %s allows the request", policy)
}

// organizationText describes a denial that only the organization can change. A
// service control policy limits the caller's account, and a resource control
// policy limits the resource's account. Source: AWS Organizations User Guide,
// "Service control policies" and "Resource control policies".
func organizationText(a explain.Denied) string {
	request := fmt.Sprintf("Ask the administrator of the organization's management account%s to allow %s%s.", managementAccountText(a), escapeLine(a.Action), forPrincipalText(a))
	switch {
	case a.Policy == denial.ResourceControl:
		account := "of the resource's account"
		if a.ResourceAccount != "" {
			account = "of account " + escapeLine(a.ResourceAccount) + ", which has the resource,"
		}
		return fmt.Sprintf("No policy in the account can allow the action: a resource control policy of the organization %s limits access, regardless of the policy of the resource. ", account) + request
	case a.Policy == "":
		return "Identity policies do not apply to the root user. If a service control policy or a resource control policy denies the request, only the organization can change that policy: " + strings.ToLower(request[:1]) + request[1:]
	}
	return fmt.Sprintf("No policy in this account can allow the action: the %s belongs to the organization. ", string(a.Policy)) + request
}

// managementAccountText returns the account in the ARN of an organization's
// policy, in parentheses after a space, or "" if the denial has no such ARN.
func managementAccountText(a explain.Denied) string {
	fields := strings.Split(a.PolicyARN, ":")
	if len(fields) > 4 && fields[2] == "organizations" && fields[4] != "" {
		return " (" + escapeLine(fields[4]) + ")"
	}
	return ""
}

func forPrincipalText(a explain.Denied) string {
	if caller := callerText(a.Caller); caller != "" {
		return " for " + caller
	}
	return ""
}

func sessionText(a explain.Denied) string {
	if a.Caller.Kind == "federated" {
		return "A federated user has only the permissions that both of these allow: the policies of the user who called sts:GetFederationToken, and the policies that were passed in that call (Policy and PolicyArns). The passed policies must also allow the action."
	}
	return "The session has fewer permissions than the role: the policy that was passed when the role was assumed does not allow the action. Change that policy (the parameters Policy and PolicyArns of sts:AssumeRole)."
}

// resourcePolicies has, by service, the name of the resource and of its policy,
// and the ways in which the policy can allow a request if there are several.
// Sources: the user guides of the services, "Resource-based policies".
var resourcePolicies = lazy.Value[map[string]resourcePolicy]{Make: func() map[string]resourcePolicy {
	return map[string]resourcePolicy{
		"s3":             {"bucket", "The bucket policy", ""},
		"kms":            {"key", "The key policy", ", directly or by enabling IAM policies"},
		"ecr":            {"repository", "The repository policy", ""},
		"sqs":            {"queue", "The queue policy", ""},
		"sns":            {"topic", "The topic policy", ""},
		"secretsmanager": {"secret", "The resource policy of the secret", ""},
		"lambda":         {"function", "The resource policy of the function", ""},
	}
}}

type resourcePolicy struct{ noun, policy, how string }

func resourceNoun(a explain.Denied) string {
	if known, ok := resourcePolicies.Get()[a.Service()]; ok {
		return known.noun
	}
	return "resource"
}

func resourceText(a explain.Denied) string {
	known, ok := resourcePolicies.Get()[a.Service()]
	if !ok {
		known.policy = "The policy of the resource"
	}
	resource := ""
	if a.Resource != "" {
		resource = " of " + escapeLine(a.Resource)
		if strings.HasSuffix(known.policy, " "+resourceNoun(a)) {
			resource = " " + escapeLine(a.Resource)
		}
	}
	text := known.policy + resource + " must allow the action" + forPrincipalText(a) + known.how + "."
	switch {
	case a.Caller.ServiceLinked:
		text += " The role is service-linked: its own policy cannot be changed."
	case a.Caller.Kind == "service" || a.Caller.Kind == "anonymous" || a.Caller.Kind == "root":
	default:
		text += bothAccountsText(a)
	}
	return text
}

// bothAccountsText says which two policies must allow a request to a resource
// in another account.
func bothAccountsText(a explain.Denied) string {
	if a.ResourceAccount == "" {
		return ""
	}
	return fmt.Sprintf(" The resource is in another account (%s): a policy in that account and a policy of %s must both allow the request.", escapeLine(a.ResourceAccount), cmp.Or(callerText(a.Caller), "the denied principal"))
}

func statementPlace(caller explain.Caller) string {
	switch {
	case caller.PermissionSet != "":
		return "the permission set " + escapeLine(caller.PermissionSet) + " of IAM Identity Center, which creates the role and overwrites changes to the role"
	case caller.Kind == "federated":
		return "a policy of the user who called sts:GetFederationToken, and to the policy passed in that call"
	}
	return "a policy of " + cmp.Or(callerText(caller), "the denied principal")
}

// permissionSetText formats a text with the permission set of the role, or
// returns "" without one.
func permissionSetText(a explain.Denied, text string) string {
	if a.Caller.PermissionSet == "" {
		return ""
	}
	return fmt.Sprintf(text, escapeLine(a.Caller.PermissionSet))
}
