// Checks of the inputs: ARNs, names, IDs. An input that would trust more
// principals than the user named is refused, not narrowed.

package trust

import (
	"fmt"
	"strings"

	"capaboot/policies/arn"
)

func missing(input Input, format string, args ...any) *Fault {
	return &Fault{Input: input, Kind: FaultMissing, Text: fmt.Sprintf(format, args...)}
}

// invalidf returns a fault for a value. An empty value is not shown.
func invalidf(input Input, value, format string, args ...any) *Fault {
	return &Fault{Input: input, Value: value, Text: fmt.Sprintf(format, args...)}
}

// invalid returns a fault for a value; want completes "want ...".
func invalid(input Input, value, want string) *Fault {
	return invalidf(input, value, "want %s", want)
}

// quote returns a value in quotation marks for an error, shortened if it is
// long.
func quote(value string) string {
	const limit = 80
	if runes := []rune(value); len(runes) > limit {
		return fmt.Sprintf("%q...", string(runes[:limit]))
	}
	return fmt.Sprintf("%q", value)
}

// checkWildcard returns a fault for a value with a wildcard or a policy variable.
// noun is what the value names.
func checkWildcard(input Input, value, noun string) *Fault {
	if strings.ContainsAny(value, "*?") || strings.Contains(value, "${") {
		return invalidf(input, value, "a wildcard or a variable would also trust other callers; name each %s", noun)
	}
	return nil
}

// onlyOf reports whether text is not empty and consists of ASCII letters,
// digits and the characters in others.
func onlyOf(text, others string) bool {
	for _, r := range text {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(others, r) {
			return false
		}
	}
	return text != ""
}

// isLabel reports whether text is an RFC 1123 label.
func isLabel(text string) bool {
	return onlyOf(text, "-") && text == strings.ToLower(text) && len(text) <= 63 && text[0] != '-' && text[len(text)-1] != '-'
}

// checkNames checks a Kubernetes namespace and service accounts.
//
// Source: Kubernetes documentation, "Object Names and IDs": a namespace is an RFC 1123
// label, a service account an RFC 1123 subdomain.
func checkNames(namespace string, serviceAccounts []string) error {
	if fault := checkWildcard(InputNamespace, namespace, "namespace"); fault != nil {
		return fault
	}
	if !isLabel(namespace) {
		return invalid(InputNamespace, namespace, "the name of a namespace: lower case letters, digits and hyphens, 63 characters at most")
	}
	if len(serviceAccounts) == 0 {
		return missing(InputServiceAccount, "want the name of the service account of the pods")
	}
	const maxSubdomain = 253
	for _, name := range serviceAccounts {
		if len(name) > maxSubdomain {
			return invalid(InputServiceAccount, name, fmt.Sprintf("the name of a service account: %d characters at most", maxSubdomain))
		}
		if fault := checkWildcard(InputServiceAccount, name, "service account"); fault != nil {
			return fault
		}
		for part := range strings.SplitSeq(name, ".") {
			if !isLabel(part) {
				return invalid(InputServiceAccount, name, "the name of a service account: lower case letters, digits, hyphens and dots")
			}
		}
	}
	return nil
}

// checkRole checks a role's ARN, including its path. Source: IAM User Guide, "IAM
// identifiers".
func checkRole(input Input, text string) error {
	a, ok := arn.Parse(text)
	if fault := checkWildcard(input, text, "role"); fault != nil {
		return fault
	}
	if !ok || !isIAM(a) || a.Kind() != "role" || a.Name() == "" || !onlyOf(a.Resource, "_+=,.@/-") {
		return invalid(input, text, "the ARN of a role, such as arn:aws:iam::111122223333:role/name")
	}
	return nil
}

// isIAM reports whether an ARN names an IAM resource in an account.
func isIAM(a arn.ARN) bool {
	return a.Service == "iam" && a.Region == "" && arn.IsPartition(a.Partition) && arn.IsAccount(a.Account)
}

func checkAudience(audience string) error {
	if fault := checkWildcard(InputAudience, audience, "audience"); fault != nil {
		return fault
	}
	if !onlyOf(audience, ":/.-_") {
		return invalid(InputAudience, audience, "the audience (aud) of the tokens, such as "+DefaultAudience)
	}
	return nil
}

// CheckAccount returns a [Fault] when id is not an account ID.
func CheckAccount(id string) error {
	if !arn.IsAccount(id) {
		return invalid(InputAccount, id, "12 digits")
	}
	return nil
}

// checkExternalID checks an external ID; "" means none. Source: AWS STS API
// Reference, AssumeRole, ExternalId.
func checkExternalID(id string) error {
	if id != "" && (len(id) < 2 || len(id) > 1224 || !onlyOf(id, "_+=,.@:/-")) {
		return invalid(InputExternalID, "", "2 to 1224 letters, digits and _+=,.@:/-")
	}
	return nil
}

// checkOrganization checks an organization ID; "" means none. Source: AWS
// Organizations API Reference, Organization, Id.
func checkOrganization(id string) error {
	rest, ok := strings.CutPrefix(id, "o-")
	if id != "" && (!ok || !onlyOf(rest, "") || rest != strings.ToLower(rest) || len(rest) < 10 || len(rest) > 32) {
		return invalid(InputOrganization, id, "an organization ID, such as o-a1b2c3d4e5")
	}
	return nil
}
