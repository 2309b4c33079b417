package cfndouble

// This file has the operations for the checks before a deployment: policy
// simulation, counts and quotas of the account, policies and their versions,
// identity providers, and which stack contains a resource.

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// SimulatedCall is a call in a policy simulation.
type SimulatedCall struct {
	Principal, Action, Resource string
	Context                     map[string]string
}

// SimulatedAnswer is the result for a simulated call. The zero value allows the
// call.
type SimulatedAnswer struct {
	Decision string   // "implicitDeny", "explicitDeny", "" for "allowed"
	Missing  []string // condition keys whose values the simulation lacks
	// ByOrganization and ByBoundary mean that an organization policy or the
	// permissions boundary denies the call.
	ByOrganization, ByBoundary bool
	// Unanswered means that there is no result for the call.
	Unanswered bool
}

// DefaultSummary returns the counts and quotas of an account that has reached
// none of its quotas.
func DefaultSummary() map[string]int {
	return map[string]int{"Roles": 10, "RolesQuota": 1000, "Policies": 10, "PoliciesQuota": 1500, "InstanceProfiles": 10, "InstanceProfilesQuota": 1000,
		"Users": 10, "UsersQuota": 5000, "Groups": 10, "GroupsQuota": 300, "AttachedPoliciesPerRoleQuota": 10, "AttachedPoliciesPerUserQuota": 10}
}

func (d *Double) accountSummary(Request) ([]node, error) {
	summary := d.Summary
	if summary == nil {
		summary = DefaultSummary()
	}
	var entries []node
	for _, key := range slices.Sorted(maps.Keys(summary)) {
		entries = append(entries, group("entry", el("key", key), el("value", strconv.Itoa(summary[key]))))
	}
	return []node{group("SummaryMap", entries...)}, nil
}

// policyVersions lists as many versions as Versions has for the policy, by
// default one.
func (d *Double) policyVersions(_ Request, h ownedResource) []node {
	var all []node
	for i := range max(d.Versions[h.physical], 1) {
		all = append(all, group("", el("VersionId", "v"+strconv.Itoa(i+1)), el("IsDefaultVersion", strconv.FormatBool(i == 0))))
	}
	return []node{list("Versions", all...), el("IsTruncated", "false")}
}

// identityProvider returns an OIDC or SAML identity provider that AddResource
// has added.
func (d *Double) identityProvider(r Request) ([]node, error) {
	for parameter, kind := range map[string]string{"OpenIDConnectProviderArn": "AWS::IAM::OIDCProvider", "SAMLProviderArn": "AWS::IAM::SAMLProvider"} {
		arn := r.Form[parameter]
		if _, exists := d.owners[kind+"/"+arn]; exists {
			return []node{el("Url", arn), el("SAMLMetadataDocument", "<EntityDescriptor/>")}, nil
		}
	}
	return nil, &apiError{404, "NoSuchEntity", "the identity provider is not found"}
}

// localPolicies lists the managed policies in the account: those of the stacks,
// and those that AddResource has added.
func (d *Double) localPolicies(Request) ([]node, error) {
	const kind = "AWS::IAM::ManagedPolicy/"
	var found []string
	for name := range d.owners {
		if arn, exists := strings.CutPrefix(name, kind); exists {
			found = append(found, arn)
		}
	}
	var all []node
	for _, arn := range slices.Sorted(slices.Values(found)) {
		all = append(all, group("", el("PolicyName", arn[strings.LastIndexByte(arn, '/')+1:]), el("Arn", arn)))
	}
	return []node{list("Policies", all...), el("IsTruncated", "false")}, nil
}

// simulatePolicy simulates each action on each resource. Like IAM, it returns
// one decision for the action, which is a denial if any resource is denied, and
// one decision for each named resource.
func (d *Double) simulatePolicy(r Request) ([]node, error) {
	context := map[string]string{}
	for _, entry := range r.listParameter("ContextEntries") {
		context[entry["ContextKeyName"]] = entry["ContextKeyValues.member.1"]
	}
	resources := r.listParameter("ResourceArns")
	var results []node
	for _, action := range r.listParameter("ActionNames") {
		simulate := func(resource string) SimulatedAnswer {
			if d.Simulate == nil {
				return SimulatedAnswer{}
			}
			return d.Simulate(SimulatedCall{r.Form["PolicySourceArn"], action[""], resource, context})
		}
		if len(resources) == 0 {
			if a := simulate("*"); !a.Unanswered {
				results = append(results, group("", slices.Concat([]node{el("EvalActionName", action[""]), el("EvalResourceName", "*"), el("EvalDecision", a.decision())}, a.details(), a.organization())...))
			}
			continue
		}
		overall, answer, specific := SimulatedAnswer{}, SimulatedAnswer{}, []node(nil)
		for _, resource := range resources {
			if answer = simulate(resource[""]); answer.Unanswered {
				continue
			}
			if answer.Decision != "" {
				overall = answer
			}
			specific = append(specific, group("", slices.Concat([]node{el("EvalResourceName", resource[""]), el("EvalResourceDecision", answer.decision())}, answer.details())...))
		}
		if len(specific) > 0 {
			results = append(results, group("", slices.Concat([]node{el("EvalActionName", action[""]), el("EvalResourceName", "arn:${Partition}:service:::x"), el("EvalDecision", overall.decision()),
				list("ResourceSpecificResults", specific...)}, overall.organization())...))
		}
	}
	return []node{list("EvaluationResults", results...), el("IsTruncated", "false")}, nil
}

func (a SimulatedAnswer) decision() string {
	if a.Decision == "" {
		return "allowed"
	}
	return a.Decision
}

// details returns the elements that both the result of an action and the result
// of a resource have.
func (a SimulatedAnswer) details() []node {
	var missing []node
	for _, key := range a.Missing {
		missing = append(missing, el("", key))
	}
	nodes := []node{list("MissingContextValues", missing...)}
	if a.ByBoundary {
		nodes = append(nodes, group("PermissionsBoundaryDecisionDetail", el("AllowedByPermissionsBoundary", "false")))
	}
	return nodes
}

func (a SimulatedAnswer) organization() []node {
	return []node{group("OrganizationsDecisionDetail", el("AllowedByOrganizations", strconv.FormatBool(!a.ByOrganization)))}
}

// stackOfResource returns the stack that contains a resource, given its
// physical ID.
func (d *Double) stackOfResource(physical string) (*stack, error) {
	for _, s := range d.stacks {
		for _, one := range s.resources {
			if one.physical == physical && one.exists() {
				return s, nil
			}
		}
	}
	return nil, validationError("Stack for %s does not exist", physical)
}

// existsOutside reports whether a resource exists outside the stacks. The
// caller's role and the policies of AWS always do.
func (d *Double) existsOutside(kind, physical string) bool {
	owner, exists := d.owners[kind+"/"+physical]
	return exists && owner == "" || kind == "AWS::IAM::Role" && physical == "admin" || kind == "AWS::IAM::ManagedPolicy" && strings.HasPrefix(physical, d.awsPolicyPrefix())
}

func (d *Double) awsPolicyPrefix() string { return "arn:" + d.Partition + ":iam::aws:policy/" }
