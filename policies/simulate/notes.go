// Notes about what the input does not contain: the policies of other resources,
// and the requests that AWS refuses regardless of policies.

package simulate

import (
	"fmt"

	"capaboot/policies/arn"
	"capaboot/policies/authz"
)

// noteOtherPolicies adds a note for each policy outside the input that must
// also allow the request, unless the request is denied in any case. Sources:
// IAM User Guide, "Cross-account policy evaluation logic"; AWS KMS Developer
// Guide, "Key policies in AWS KMS": no principal has any permission to a key
// unless the key policy allows it, directly or by enabling IAM policies.
func (s *Simulation) noteOtherPolicies(request Request, o *Outcome) {
	if _, exempt := authz.NeedsNoPermission(request.Action); exempt || o.rank() == 0 {
		return
	}
	add := func(format string, args ...any) { o.Notes = append(o.Notes, fmt.Sprintf(format, args...)) }
	switch {
	case authz.AssumesRole(request.Action):
		add("the trust policy of the role is not evaluated: it must also allow the request")
	case authz.UsesKMSKey(request.Action):
		add("the key policy is not evaluated: it must also allow the request, directly or by enabling IAM policies")
	}
	caller, owner := s.accountOfCaller(request), account(request.Resource)
	if values := request.Context["aws:resourceaccount"]; owner == "" && len(values) == 1 {
		owner = values[0]
	}
	a, isARN := arn.Parse(request.Resource)
	switch {
	case caller == "" || !isARN || a.Account == "aws":
	case owner == "":
		add("the ARN does not contain the account of the resource: if that account is not %s, the policy of the resource, which is not evaluated, must also allow the request", caller)
	case owner != caller:
		add("the resource is in account %s, and the caller in account %s: the policy of the resource, which is not evaluated, must also allow the request", owner, caller)
	}
}

// noteRefusedByAWS adds a note for a request that AWS refuses regardless of
// policies.
func noteRefusedByAWS(o *Outcome) {
	if why, refused := authz.AWSRefuses(o.Action, o.Resource); refused {
		o.Notes = append(o.Notes, "AWS refuses the request regardless of policies: "+why)
	}
}

// accountOfCaller returns the account of the caller, or "" if it is unknown.
func (s *Simulation) accountOfCaller(request Request) string {
	if id := account(request.Principal.ID); id != "" {
		return id
	}
	for _, key := range []string{"aws:principalaccount", "aws:principalarn"} {
		if values := request.Context[key]; len(values) == 1 && account(values[0]) != "" {
			return account(values[0])
		}
	}
	return account(s.Parameters["AWS::AccountId"])
}
