// Rule: a command sends no request that its operator policy denies.

package chaos_test

import (
	"strings"
	"sync"

	"capaboot/iam"
	"capaboot/iam/operator"
	"capaboot/internal/permitted"
	"capaboot/policies/catalog"
)

// defaultTemplate is the template for the operator's policy. Any template will
// do: what the policy allows in CloudFormation does not depend on the template.
var defaultTemplate = sync.OnceValues(func() (*iam.Template, error) {
	catalogue, err := catalog.Load()
	if err != nil {
		return nil, err
	}
	return iam.Generate(iam.Default(), catalogue, catalogue.Newest())
})

// checkPermitted checks that the operator policy allows every request of a run,
// except the requests to STS.
func (w *world) checkPermitted(r *run) {
	template, err := defaultTemplate()
	if err != nil {
		w.fail(r, "%v", err)
		return
	}
	target := operator.Target{Template: template, StackName: stackName, Partition: w.double.Partition, Account: w.double.Account, Region: w.double.Region, ServiceRole: r.serviceRole}
	policies, err := operator.PoliciesFor(target, r.command)
	if err != nil {
		w.fail(r, "%v", err)
		return
	}
	policy, err := permitted.PolicyOf(policies.Caller)
	if err != nil {
		w.fail(r, "%v", err)
		return
	}
	var requests []permitted.Request
	for _, q := range r.requests {
		if q.Operation != "GetCallerIdentity" && !strings.HasPrefix(q.Operation, "AssumeRole") {
			requests = append(requests, permitted.Request{Service: "cloudformation", Operation: q.Operation, Form: q.Form})
		}
	}
	for _, denied := range policy.Denied(target, requests) {
		w.fail(r, "the operator policy for %s denies %s", r.command, denied)
	}
}
