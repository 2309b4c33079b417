// AWS services: trusting service principals.

package trust

import (
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/review"
)

// Service trusts AWS services.
type Service struct {
	// Services are service principals: "ec2.amazonaws.com".
	Services []string
	// SourceAccount and SourceARN limit the resources on whose behalf the
	// services act; "" for no limit. SourceARN may have wildcards in the region
	// and after the account.
	SourceAccount, SourceARN string
}

// Trust returns one statement for the services that support SourceAccount or
// SourceARN according to AWS, and one without conditions for the others. If AWS
// says that a service supports them, at least one of the two must be set. A
// note names each service whose statement lacks the conditions that are given.
// A single service gets the conditions in any case. The error is a [Fault].
func (s Service) Trust() (result Trust, err error) {
	if len(s.Services) == 0 {
		return Trust{}, missing(InputService, "want a service principal, such as ec2.amazonaws.com")
	}
	if err := s.checkSource(); err != nil {
		return Trust{}, err
	}
	limited := s.SourceAccount != "" || s.SourceARN != ""
	var withoutSource, withSource []string
	for _, name := range s.Services {
		known, err := checkService(name)
		if err != nil {
			return Trust{}, err
		}
		switch {
		case known.Page != "" && !limited:
			return Trust{}, &Fault{Input: InputSourceAccount, Others: []Input{InputSourceARN}, Kind: FaultMissing,
				Text: "AWS recommends that a trust policy for " + name + " has a condition on the account or the resource that the service acts for (" + known.Page + ")"}
		case known.Page != "" || limited && len(s.Services) == 1:
			withSource = append(withSource, name)
		default:
			withoutSource = append(withoutSource, name)
		}
		if !known.Known {
			result.Notes = append(result.Notes, name+" is not in capaboot's list of service principals: if the name is not a service principal of AWS, IAM refuses the policy")
		}
		switch {
		case !limited || known.Page != "":
		case len(s.Services) == 1:
			result.Notes = append(result.Notes, "AWS does not document whether "+name+" sends the account and the resource that it acts for: if the service does not send them, the statement never matches")
		default:
			result.Notes = append(result.Notes, name+" can act on behalf of any account: the statement for this service has no condition on the source, because AWS does not document whether the service sends the account and the resource that it acts for")
		}
	}
	if len(withSource) > 0 {
		result.Statements = append(result.Statements, fillForm(formService, placeholderValues{"service": withSource, "sourceAccount": nonEmpty(s.SourceAccount), "sourceARN": nonEmpty(s.SourceARN)}))
	}
	if len(withoutSource) > 0 {
		result.Statements = append(result.Statements, fillForm(formService, placeholderValues{"service": withoutSource}))
	}
	return result, nil
}

func (s Service) checkSource() error {
	if s.SourceAccount != "" && !arn.IsAccount(s.SourceAccount) {
		return invalid(InputSourceAccount, s.SourceAccount, "12 digits")
	}
	if s.SourceARN == "" {
		return nil
	}
	a, ok := arn.Parse(s.SourceARN)
	if !ok || !arn.IsPartition(a.Partition) || !onlyOf(a.Service, "-") || !arn.IsAccount(a.Account) || a.Resource == "" || strings.Trim(a.Resource, "*?/:") == "" || strings.Contains(s.SourceARN, "${") {
		return invalid(InputSourceARN, s.SourceARN, "the ARN of the resource that the service acts for, with an account; wildcards are allowed only in the region and after the account")
	}
	return nil
}

// checkService refuses a name that does not have the form of a service
// principal or is probably a misspelt one, and EKS Pod Identity, which needs
// more conditions than Service has.
func checkService(name string) (review.Service, error) {
	const want = "a service principal, such as ec2.amazonaws.com"
	if fault := checkWildcard(InputService, name, "service"); fault != nil {
		return review.Service{}, fault
	}
	if !onlyOf(name, ".-") || name != strings.ToLower(name) {
		return review.Service{}, invalid(InputService, name, want)
	}
	known := review.FindService(name)
	switch {
	case known.Name == podIdentityService:
		return known, invalidf(InputService, name, "EKS Pod Identity needs another action and conditions on the pod: use \"policy trust pod-identity\"")
	case known.Known:
		return known, nil
	case known.Closest != "":
		return known, invalidf(InputService, name, "unknown service principal, did you mean %q?", known.Closest)
	case !known.IsPrincipal:
		return known, invalid(InputService, name, want)
	}
	return known, nil
}

// podIdentityService is the service name of EKS Pod Identity, without the domain.
const podIdentityService = "pods.eks"
