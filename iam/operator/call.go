package operator

// The calls, with the resources that IAM checks each call against and the
// conditions that limit it.

import (
	"cmp"
	"maps"
	"slices"

	"capaboot/policies/arn"
)

// Call is an IAM action that the operator needs.
type Call struct {
	Action string
	// Purposes are the requested commands that need the call.
	Purposes []string
	// Resources are ARNs, or patterns where the account, the region or a part of the
	// name is unknown; "*" for an action without resource-level permissions.
	Resources []string
	// Conditions limit the call. The requests of our commands satisfy all of them.
	Conditions []Condition
	// Type is the resource type for which CloudFormation makes the call, with
	// the permissions of the caller or the service role; "" for a call of our
	// command.
	Type string
}

// Condition requires a key to have one of some values.
type Condition struct {
	Operator, Key string
	Values        []string
}

// ByCloudFormation reports whether CloudFormation makes the call, rather than our
// command.
func (c Call) ByCloudFormation() bool { return c.Type != "" }

// Context returns the condition keys of an example request, each with the first
// of its allowed values.
func (c Call) Context() map[string]string {
	keys := map[string]string{}
	for _, condition := range c.Conditions {
		keys[condition.Key] = condition.Values[0]
	}
	return keys
}

// Calls returns the calls for some purposes: first those of our commands, then
// those of CloudFormation. Without purposes, it returns the calls for the
// commands on the stack. Roles and users with different boundaries have separate
// calls.
func Calls(target Target, purposes ...string) ([]Call, error) {
	if err := CheckPurposes(purposes); err != nil {
		return nil, err
	}
	if len(purposes) == 0 {
		purposes = stackPurposes()
	}
	resources, err := resourcesOf(target)
	if err != nil {
		return nil, err
	}
	var calls []Call
	for _, row := range commandRows() {
		base := Call{Action: row.action}
		for _, purpose := range purposes {
			if slices.Contains(row.purposes, purpose) {
				base.Purposes = append(base.Purposes, purpose)
			}
		}
		if len(base.Purposes) > 0 {
			calls = append(calls, resources.callsForRow(base, row.resource, row.limits)...)
		}
	}
	for _, row := range handlerRows() {
		base := Call{Action: row.action, Type: row.resourceType}
		for _, purpose := range purposes {
			if slices.ContainsFunc(handlersFor(purpose), func(h string) bool { return slices.Contains(row.handlers, h) }) {
				base.Purposes = append(base.Purposes, purpose)
			}
		}
		if resources.types[row.resourceType] && len(base.Purposes) > 0 {
			calls = append(calls, resources.callsForRow(base, row.resource, row.limits)...)
		}
	}
	return calls, nil
}

// callsForRow returns the calls for a row: base with the resources of a kind that the
// limits allow, and with conditions for the limits. It returns none if there is no
// such resource.
func (r *resources) callsForRow(base Call, kind string, limits []string) (calls []Call) {
	unbounded := slices.Contains(limits, limitUnbounded)
	byBoundary := map[string][]string{}
	for _, resource := range r.arnsFor(kind) {
		boundary := ""
		if unbounded || slices.Contains(limits, limitBoundary) {
			boundary = r.boundaries[resource]
		}
		if unbounded && boundary != "" {
			continue
		}
		byBoundary[boundary] = append(byBoundary[boundary], resource)
	}
	for _, boundary := range slices.Sorted(maps.Keys(byBoundary)) {
		call := base
		call.Resources = byBoundary[boundary]
		for _, limit := range limits {
			if c := r.condition(limit, boundary); len(c.Values) > 0 {
				call.Conditions = append(call.Conditions, c)
			}
		}
		slices.SortFunc(call.Conditions, func(a, b Condition) int { return cmp.Compare(a.Operator+a.Key, b.Operator+b.Key) })
		calls = append(calls, call)
	}
	return calls
}

// The limits that the tables can name.
const (
	limitBoundary       = "boundary"        // with the boundary that the configuration sets, if any
	limitUnbounded      = "unbounded"       // only roles and users without a boundary in the configuration
	limitPolicies       = "policies"        // the policies that the template attaches
	limitEC2            = "ec2"             // only a role that is passed to EC2
	limitCloudFormation = "cloudformation"  // only a role that is passed to CloudFormation
	limitPodIdentity    = "pods"            // only a role that is passed to EKS Pod Identity
	limitOwnChangeSets  = "own-change-sets" // only change sets with the names that capaboot gives
)

// changeSetNames matches the names that cfnstack gives to change sets. If it does not,
// the tests of the stack commands fail, because the policy denies their requests.
const changeSetNames = "capaboot-*"

// condition returns the condition for a limit. The condition has no values if
// the limit does not apply.
func (r *resources) condition(limit, boundary string) Condition {
	switch limit {
	case limitBoundary:
		if boundary != "" {
			return Condition{"StringEquals", "iam:PermissionsBoundary", []string{boundary}}
		}
	case limitPolicies:
		return Condition{"ArnLike", "iam:PolicyARN", r.policies}
	case limitEC2:
		return passedTo("ec2", r.target.Partition)
	case limitCloudFormation:
		return passedTo("cloudformation", arn.DefaultPartition)
	case limitPodIdentity:
		// Source for the name: EMR on EKS Development Guide, "Using pod identity".
		return passedTo("pods.eks", arn.DefaultPartition)
	case limitOwnChangeSets:
		// A request can name a change set by its ARN. AWS does not document
		// whether the key then contains the name, so allow both.
		return Condition{"StringLike", "cloudformation:ChangeSetName", []string{changeSetNames, r.arns["own-change-sets"][0]}}
	}
	return Condition{}
}

// passedTo returns the condition on the service to which a role is passed.
// EC2's service name includes the partition's domain; the names of most other
// services do not. Source: IAM User Guide, "AWS JSON policy elements:
// Principal", service principals. In China, roles use both names: with the
// local domain and with amazonaws.com.
func passedTo(service, partition string) Condition {
	const key = "iam:PassedToService"
	defaultPrincipal := principalName(service)
	switch domain := arn.Domain(partition); {
	case domain == "":
		return Condition{"StringLike", key, []string{service + ".*"}}
	case service+"."+domain != defaultPrincipal:
		return Condition{"StringEquals", key, []string{defaultPrincipal, service + "." + domain}}
	}
	return Condition{"StringEquals", key, []string{defaultPrincipal}}
}

func principalName(service string) string { return service + "." + arn.Domain(arn.DefaultPartition) }
