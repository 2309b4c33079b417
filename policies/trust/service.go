// AWS services.

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
	// SourceAccount and SourceARN limit the resources on whose behalf the services
	// act; "" for no limit. SourceARN may have wildcards after the account.
	SourceAccount, SourceARN string
}

// Trust returns one statement for the services that support SourceAccount or SourceARN
// according to AWS, and one for the others. The error is a [Fault].
func (s Service) Trust() (made Trust, err error) {
	if len(s.Services) == 0 {
		return Trust{}, faultf(InputService, "is missing: want a service principal, such as ec2.amazonaws.com")
	}
	if err := s.checkSource(); err != nil {
		return Trust{}, err
	}
	limited := s.SourceAccount != "" || s.SourceARN != ""
	var plain, deputies []string
	for _, name := range s.Services {
		known, err := checkService(name)
		if err != nil {
			return Trust{}, err
		}
		switch {
		case known.Page != "" && !limited:
			return Trust{}, faultf(InputSourceAccount, "is missing: for %s, AWS recommends to require the account or the resource that the service acts for (%s)", name, known.Page)
		case known.Page != "" || limited && len(s.Services) == 1:
			deputies = append(deputies, name)
		default:
			plain = append(plain, name)
		}
		if !known.Known {
			made.Notes = append(made.Notes, "whether "+name+" is a service principal is unknown: IAM refuses the policy if it is not")
		}
		if limited && known.Page == "" && len(s.Services) == 1 {
			made.Notes = append(made.Notes, "whether "+name+" says whom it acts for is unknown: if it does not, the statement never matches")
		}
	}
	if len(deputies) > 0 {
		made.Statements = append(made.Statements, fill(service, values{"service": deputies, "sourceAccount": given(s.SourceAccount), "sourceARN": given(s.SourceARN)}))
	}
	if len(plain) > 0 {
		made.Statements = append(made.Statements, fill(service, values{"service": plain}))
	}
	return made, nil
}

func (s Service) checkSource() error {
	if s.SourceAccount != "" && !arn.IsAccount(s.SourceAccount) {
		return wrong(InputSourceAccount, s.SourceAccount, "12 digits")
	}
	if s.SourceARN == "" {
		return nil
	}
	a, ok := arn.Parse(s.SourceARN)
	if !ok || !arn.IsPartition(a.Partition) || !onlyOf(a.Service, "-") || !arn.IsAccount(a.Account) || a.Resource == "" || strings.Trim(a.Resource, "*?/:") == "" || strings.Contains(s.SourceARN, "${") {
		return wrong(InputSourceARN, s.SourceARN, "the ARN of the resource that the service acts for, with its account; wildcards may be after it")
	}
	return nil
}

// checkService refuses a name that is not a service principal, or that needs more
// conditions than Service has.
func checkService(name string) (review.Service, error) {
	const want = "a service principal, such as ec2.amazonaws.com"
	if fault := wildcard(InputService, name, "service"); fault != nil {
		return review.Service{}, fault
	}
	if !onlyOf(name, ".-") || name != strings.ToLower(name) {
		return review.Service{}, wrong(InputService, name, want)
	}
	known := review.FindService(name)
	switch {
	case known.Name == podIdentityService:
		return known, faultf(InputService, "is %s, which needs another action and conditions on the pod: trust it as pod-identity", clip(name))
	case known.Known:
		return known, nil
	case known.Closest != "":
		return known, faultf(InputService, "is %s: no service principal is known by this name, did you mean %q?", clip(name), known.Closest)
	case !known.Principal:
		return known, wrong(InputService, name, want)
	}
	return known, nil
}

// podIdentityService is the service name of EKS Pod Identity, without the domain.
const podIdentityService = "pods.eks"
