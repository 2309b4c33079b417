// What is decided elsewhere: by the policy of the resource, where the input does
// not have it, and by AWS itself.

package simulate

import (
	"fmt"

	"capaboot/policies/arn"
	"capaboot/policies/authz"
)

// elsewhere notes on the decision of the identity policies what else must allow
// the request. Sources: IAM User Guide, "Cross-account policy evaluation logic";
// AWS KMS Developer Guide, "Key policies in AWS KMS": no principal has any
// permission to a key unless the key policy allows it, for itself or by leaving it
// to IAM policies.
func (s *Simulation) elsewhere(request Request, o *Outcome) {
	refusedByAWS(o)
	if _, exempt := authz.NeedsNoPermission(request.Action); exempt || o.openness() == 0 {
		return
	}
	add := func(format string, args ...any) { o.Notes = append(o.Notes, fmt.Sprintf(format, args...)) }
	switch {
	case authz.AssumesRole(request.Action):
		add("the trust policy of the role is not evaluated, and must allow it too")
	case authz.UsesKMSKey(request.Action):
		add("the key policy is not evaluated, and must allow it too, directly or by enabling IAM policies")
	}
	caller, owner := s.accountOfCaller(request), account(request.Resource)
	if values := request.Context["aws:resourceaccount"]; owner == "" && len(values) == 1 {
		owner = values[0]
	}
	a, isARN := arn.Parse(request.Resource)
	switch {
	case caller == "" || !isARN || a.Account == "aws":
	case owner == "":
		add("the ARN does not name the account of the resource: if it is not %s, the policy of the resource must allow it too, and is not evaluated", caller)
	case owner != caller:
		add("the resource is in account %s, and the caller in account %s: the policy of the resource must allow it too, and is not evaluated", owner, caller)
	}
}

// refusedByAWS notes what AWS refuses whatever the policies say.
func refusedByAWS(o *Outcome) {
	if why, refused := authz.AWSRefuses(o.Action, o.Resource); refused {
		o.Notes = append(o.Notes, "AWS refuses it whatever the policies say: "+why)
	}
}

// accountOfCaller is the account of the caller, "" if nothing says it.
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
