package operator

// The calls, each with the resources that it is checked against and the
// conditions that it is limited to.

import (
	"cmp"
	"maps"
	"slices"

	"capaboot/policies/arn"
)

// Call is an action that the operator needs.
type Call struct {
	Action string
	// Purposes are the commands that need it, of those that were asked for.
	Purposes []string
	// Resources are ARNs, or patterns where an account, a region or the rest of a
	// name is unknown; "*" for an action that knows no resources.
	Resources []string
	// Conditions limit it; all of them hold in the requests of our commands.
	Conditions []Condition
	// Type is the resource type for which CloudFormation makes it, with the caller's
	// permissions or those of the service role; "" when our command makes it.
	Type string
	// Why says what our command makes it for; "" for CloudFormation's.
	Why string
}

// Condition is one key that a request has with one of some values.
type Condition struct {
	Operator, Key string
	Values        []string
}

// ByCloudFormation is whether CloudFormation makes it, and not our command.
func (c Call) ByCloudFormation() bool { return c.Type != "" }

// Context are the condition keys of a request that the call stands for: each with
// its first value.
func (c Call) Context() map[string]string {
	keys := map[string]string{}
	for _, condition := range c.Conditions {
		keys[condition.Key] = condition.Values[0]
	}
	return keys
}

// Calls returns the calls for some purposes, none means those of the commands on the
// stack: those of our commands first. Roles and users with different boundaries have a call each.
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
	for _, row := range ownRows() {
		base := Call{Action: row.action, Why: row.why}
		for _, purpose := range purposes {
			if slices.Contains(row.purposes, purpose) {
				base.Purposes = append(base.Purposes, purpose)
			}
		}
		if len(base.Purposes) > 0 {
			calls = append(calls, resources.calls(base, row.resource, row.limits)...)
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
			calls = append(calls, resources.calls(base, row.resource, row.limits)...)
		}
	}
	return calls, nil
}

// calls returns the calls of a row: none when the template has no such resource.
func (r *resources) calls(base Call, kind string, limits []string) (calls []Call) {
	unbounded := slices.Contains(limits, limitUnbounded)
	byBoundary := map[string][]string{}
	for _, resource := range r.of(kind) {
		boundary := ""
		if unbounded || slices.Contains(limits, limitBoundary) {
			boundary = r.boundary[resource]
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

// The limits of the tables.
const (
	limitBoundary       = "boundary"       // with the boundary that the configuration has for it, if any
	limitUnbounded      = "unbounded"      // only what has no boundary in the configuration
	limitPolicies       = "policies"       // the policies that the template attaches
	limitEC2            = "ec2"            // passed to EC2
	limitCloudFormation = "cloudformation" // passed to CloudFormation
	limitPods           = "pods"           // passed to EKS Pod Identity
	limitOwnChangeSets  = "own-change-sets"
)

// changeSetNames are the names that our commands give to change sets; a test holds
// them to those of cfnstack.
const changeSetNames = "capaboot-*"

// condition is what a limit means here; without values where it means nothing.
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
	case limitPods:
		// EMR on EKS Development Guide, "Using pod identity", has the name.
		return passedTo("pods.eks", arn.DefaultPartition)
	case limitOwnChangeSets:
		// A request may name a change set by its ARN, and AWS does not say that the
		// key is its name then.
		return Condition{"StringLike", "cloudformation:ChangeSetName", []string{changeSetNames, r.arns["own-change-sets"][0]}}
	}
	return Condition{}
}

// passedTo is the condition on the service that a role is passed to. The name of
// EC2 has the domain of the partition in it, that of most others never does: IAM
// User Guide, "AWS JSON policy elements: Principal", service principals. China has
// roles of both names.
func passedTo(service, partition string) Condition {
	const key = "iam:PassedToService"
	usual := principalName(service)
	switch domain := arn.Domain(partition); {
	case domain == "":
		return Condition{"StringLike", key, []string{service + ".*"}}
	case service+"."+domain != usual:
		return Condition{"StringEquals", key, []string{usual, service + "." + domain}}
	}
	return Condition{"StringEquals", key, []string{usual}}
}

func principalName(service string) string { return service + "." + arn.Domain(arn.DefaultPartition) }
