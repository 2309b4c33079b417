// Notes about what the input does not contain: the policies of other resources.

package simulate

import (
	"fmt"

	"capaboot/policies/arn"
	"capaboot/policies/authz"
)

// noteOtherPolicies adds a note for each policy outside the input that must, or
// may have to, allow the request too. It adds none if the request is denied in
// any case. It denies a request for a resource of another account that only
// callers of that account can use. Sources: IAM User Guide, "Cross-account
// policy evaluation logic"; AWS KMS Developer Guide, "Key policies in AWS KMS":
// no principal has any permission to a key unless the key policy allows it,
// directly or by enabling IAM policies.
func (s *Simulation) noteOtherPolicies(request Request, o *Outcome) {
	if _, exempt := authz.NeedsNoPermission(request.Action); exempt || o.rank() == 0 {
		return
	}
	add := func(format string, args ...any) { o.Notes = append(o.Notes, fmt.Sprintf(format, args...)) }
	// mustAllow adds a note about a policy that certainly must allow the
	// request. Unless only the given policies count, it makes the outcome of an
	// allowed request unknown.
	mustAllow := func(format string, args ...any) {
		add(format, args...)
		o.Unknown = o.Unknown || o.Decision == Allowed && !s.OnlyGiven
	}
	switch {
	case authz.AssumesRole(request.Action):
		mustAllow("the trust policy of the role is not evaluated: it must also allow the request")
	case authz.UsesKMSKey(request.Action):
		mustAllow("the key policy is not evaluated: it must also allow the request, directly or by enabling IAM policies")
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
	case owner != caller && o.refuseOtherAccount(caller, owner):
	case owner != caller:
		mustAllow("the resource is in account %s, and the caller in account %s: the policy of the resource, which is not evaluated, must also allow the request", owner, caller)
	}
}

// noteOwnPolicies adds a note about the caller's own policies to a request that
// the policy of the resource alone decides. In two cases, the caller's own
// policies must also allow the request, and the outcome is unknown unless
// [Simulation.OnlyGiven] is set: the policy of the resource allows only the
// caller's account, which leaves the decision to the account, or the caller is
// in another account than the resource. Sources: IAM User Guide, "Cross-account
// policy evaluation logic" and "AWS JSON policy elements: Principal", "AWS
// account principals"; AWS KMS Developer Guide, "Default key policy", "Allows
// access to the AWS account and enables IAM policies".
func (s *Simulation) noteOwnPolicies(request Request, granted grant, o *Outcome) {
	caller, owner := s.accountOfCaller(request), request.accountOfResource()
	isAccount := granted == toAccount || isRoot(request.Principal.ID) && (s.principal == nil || arn.IsAccount(request.Principal.ID))
	note, isNeeded := "they may deny the request, and must also allow it if the caller and the resource are in different accounts", false
	switch {
	case isAccount:
		note, isNeeded = "they must also allow the request, because the policy of the resource allows the caller's account, not the caller itself", true
	case caller != "" && caller == owner:
		note = "they may deny the request"
	case caller != "" && owner != "":
		note, isNeeded = fmt.Sprintf("they must also allow the request, because the resource is in account %s, and the caller in account %s", owner, caller), true
	}
	o.Notes, o.Unknown = append(o.Notes, "the caller's own policies are not evaluated: "+note), o.Unknown || isNeeded && !s.OnlyGiven
}

// accountOfResource returns the account of the resource. If the request does
// not name the account, it returns the account that the parameters give, or "".
func (r Request) accountOfResource() string {
	if id := account(r.Resource); id != "" {
		return id
	}
	if values := r.Context["aws:resourceaccount"]; len(values) == 1 {
		return values[0]
	}
	return account(r.Parameters["AWS::AccountId"])
}

// accountOfCaller returns the account of the caller. If the request does not
// name the account, it returns the account that the parameters give, or "".
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
