// Accounts: trusting roles and users of another account or the same one.

package trust

import (
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/catalog"
)

// Account trusts roles and users.
type Account struct {
	// From are the ARNs of the trusted roles and users.
	From []string
	// ExternalID is the external ID that the callers must send; "" for none.
	ExternalID string
	// Organization is the organization that the callers must belong to; "" for any.
	Organization string
	// Account is the account of the role that trusts the callers; "" when
	// unknown. Callers in the same account need neither an external ID nor an
	// organization.
	Account string
	// SessionTags means that the sessions of the roles and users have
	// transitive tags, like sessions of EKS Pod Identity.
	SessionTags bool
}

// Trust returns the statements. The error is a [Fault].
func (a Account) Trust() (Trust, error) {
	if len(a.From) == 0 {
		return Trust{}, missing(InputFrom, "want the ARN of the role or user that may assume the role")
	}
	otherAccount := false
	for _, from := range a.From {
		if err := checkCaller(from); err != nil {
			return Trust{}, err
		}
		caller, _ := arn.Parse(from)
		otherAccount = otherAccount || caller.Account != a.Account
	}
	if a.Account != "" && !arn.IsAccount(a.Account) {
		return Trust{}, invalid(InputAccount, a.Account, "12 digits")
	}
	if err := checkExternalID(a.ExternalID); err != nil {
		return Trust{}, err
	}
	if err := checkOrganization(a.Organization); err != nil {
		return Trust{}, err
	}
	unbound := a.ExternalID == "" && a.Organization == ""
	if otherAccount && unbound {
		return Trust{}, missing(InputExternalID, "if %s belongs to a vendor, an external ID keeps other customers of the vendor from making that principal assume the role; "+
			"pass an external ID or an organization; if the role is in the same account, pass the account of the role", quote(a.From[0]))
	}
	placeholders := placeholderValues{"from": a.From, "externalID": nonEmpty(a.ExternalID), "organization": nonEmpty(a.Organization)}
	result := Trust{Statements: []catalog.PolicyStatement{fillForm(formAccount, placeholders)}}
	if a.SessionTags {
		result.Statements = append(result.Statements, fillForm(formSessionTags, placeholders))
	}
	if unbound {
		result.Notes = append(result.Notes, "the caller is in the same account; \"policy review\" reports trust-external-id, unless you pass --parameter AWS::AccountId=ACCOUNT to it")
	}
	result.Notes = append(result.Notes, "IAM refuses the policy while "+strings.Join(a.From, " or ")+" does not exist; if the principal is deleted and recreated, update the policy again")
	return result, nil
}

// checkCaller accepts only the ARN of one role or user. Source: IAM User Guide,
// "AWS JSON policy elements: Principal".
func checkCaller(text string) error {
	const want = "the ARN of a role or user, such as arn:aws:iam::111122223333:role/name"
	if fault := checkWildcard(InputFrom, text, "role"); fault != nil {
		return fault
	}
	a, ok := arn.Parse(text)
	switch {
	case arn.IsAccount(text), ok && isIAM(a) && a.Resource == "root":
		return invalidf(InputFrom, text, "it is a whole account, in which anyone who can grant permissions decides who can assume the role; want %s", want)
	case ok && a.Service == "sts" && a.Kind() == "assumed-role":
		return invalid(InputFrom, text, "the ARN of the role, not of a session")
	case !ok || !isIAM(a) || !slices.Contains([]string{"role", "user"}, a.Kind()) || a.Name() == "" || !onlyOf(a.Resource, "_+=,.@/-"):
		return invalid(InputFrom, text, want)
	}
	return nil
}

// Assume returns the caller's side: the statement that allows assuming a role in
// another account and, if sessionTags is set, passing session tags.
func Assume(roleARN string, sessionTags bool) (catalog.PolicyStatement, error) {
	if err := checkRole(InputRoleARN, roleARN); err != nil {
		return catalog.PolicyStatement{}, err
	}
	form := formAssume
	if sessionTags {
		form = formAssumeTagged
	}
	return fillForm(form, placeholderValues{"role": {roleARN}}), nil
}
