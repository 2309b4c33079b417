package cfndouble

// This file answers the looks before a deployment: the simulation of policies, the
// counts and quotas of an account, versions of policies, and who has a name.

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// SimulatedCall is a call that a simulation asks about.
type SimulatedCall struct {
	Principal, Action, Resource string
	Context                     map[string]string
}

// SimulatedAnswer is what a simulation says of a call; the zero value allows it.
type SimulatedAnswer struct {
	Decision string // "implicitDeny", "explicitDeny", "" for "allowed"
	Missing  []string
	// ByOrganization and ByBoundary: these deny it.
	ByOrganization, ByBoundary bool
	// Unanswered: there is no result.
	Unanswered bool
}

// Summary are the counts and quotas of an account with room.
func Summary() map[string]int {
	return map[string]int{"Roles": 10, "RolesQuota": 1000, "Policies": 10, "PoliciesQuota": 1500, "InstanceProfiles": 10, "InstanceProfilesQuota": 1000,
		"Users": 10, "UsersQuota": 5000, "Groups": 10, "GroupsQuota": 300, "AttachedPoliciesPerRoleQuota": 10, "AttachedPoliciesPerUserQuota": 10}
}

func (d *Double) accountSummary(Request) ([]node, error) {
	summary := d.Summary
	if summary == nil {
		summary = Summary()
	}
	var entries []node
	for _, key := range slices.Sorted(maps.Keys(summary)) {
		entries = append(entries, group("entry", el("key", key), el("value", strconv.Itoa(summary[key]))))
	}
	return []node{group("SummaryMap", entries...)}, nil
}

// policyVersions lists as many versions as Versions says, one without it.
func (d *Double) policyVersions(_ Request, h held) []node {
	var all []node
	for i := range max(d.Versions[h.physical], 1) {
		all = append(all, group("", el("VersionId", "v"+strconv.Itoa(i+1)), el("IsDefaultVersion", strconv.FormatBool(i == 0))))
	}
	return []node{list("Versions", all...), el("IsTruncated", "false")}
}

// provider is an identity provider, OIDC or SAML, that Exists.
func (d *Double) provider(r Request) ([]node, error) {
	for parameter, kind := range map[string]string{"OpenIDConnectProviderArn": "AWS::IAM::OIDCProvider", "SAMLProviderArn": "AWS::IAM::SAMLProvider"} {
		arn := r.Form[parameter]
		if _, is := d.names[kind+"/"+arn]; is {
			return []node{el("Url", arn)}, nil
		}
	}
	return nil, &refusal{404, "NoSuchEntity", "the identity provider is not found"}
}

// localPolicies lists the managed policies of the stacks, and those that Exist.
func (d *Double) localPolicies(Request) ([]node, error) {
	const kind = "AWS::IAM::ManagedPolicy/"
	found := map[string]bool{}
	for name := range d.names {
		if arn, is := strings.CutPrefix(name, kind); is {
			found[arn] = true
		}
	}
	for _, s := range d.stacks {
		for _, one := range s.resources {
			if one.kind+"/" == kind && one.there() {
				found[one.physical] = true
			}
		}
	}
	var all []node
	for _, arn := range slices.Sorted(maps.Keys(found)) {
		all = append(all, group("", el("PolicyName", arn[strings.LastIndexByte(arn, '/')+1:]), el("Arn", arn)))
	}
	return []node{list("Policies", all...), el("IsTruncated", "false")}, nil
}

// simulation answers for each action and resource. As IAM does, it gives the most
// restrictive decision for an action, and one for each resource that is named.
func (d *Double) simulation(r Request) ([]node, error) {
	context := map[string]string{}
	for _, entry := range r.numbered("ContextEntries") {
		context[entry["ContextKeyName"]] = entry["ContextKeyValues.member.1"]
	}
	resources := r.numbered("ResourceArns")
	var results []node
	for _, action := range r.numbered("ActionNames") {
		ask := func(resource string) SimulatedAnswer {
			if d.Simulate == nil {
				return SimulatedAnswer{}
			}
			return d.Simulate(SimulatedCall{r.Form["PolicySourceArn"], action[""], resource, context})
		}
		if len(resources) == 0 {
			if a := ask("*"); !a.Unanswered {
				results = append(results, group("", slices.Concat([]node{el("EvalActionName", action[""]), el("EvalResourceName", "*"), el("EvalDecision", a.decision())}, a.details(), a.organization())...))
			}
			continue
		}
		worst, one, specific := SimulatedAnswer{}, SimulatedAnswer{}, []node(nil)
		for _, resource := range resources {
			if one = ask(resource[""]); one.Unanswered {
				continue
			}
			if one.Decision != "" {
				worst = one
			}
			specific = append(specific, group("", slices.Concat([]node{el("EvalResourceName", resource[""]), el("EvalResourceDecision", one.decision())}, one.details())...))
		}
		if len(specific) > 0 {
			results = append(results, group("", slices.Concat([]node{el("EvalActionName", action[""]), el("EvalResourceName", "arn:${Partition}:service:::x"), el("EvalDecision", worst.decision()),
				list("ResourceSpecificResults", specific...)}, worst.organization())...))
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

// details are in the result for each resource too.
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

// stackOfResource finds the stack that has a resource, by its physical ID.
func (d *Double) stackOfResource(physical string) (*stack, error) {
	for _, s := range d.stacks {
		for _, one := range s.resources {
			if one.physical == physical && one.there() {
				return s, nil
			}
		}
	}
	return nil, invalid("Stack for %s does not exist", physical)
}

// outside is a resource that exists outside the stacks, the role of the caller, or a
// policy of AWS.
func (d *Double) outside(kind, physical string) bool {
	owner, is := d.names[kind+"/"+physical]
	return is && owner == "" || kind == "AWS::IAM::Role" && physical == "admin" || kind == "AWS::IAM::ManagedPolicy" && strings.HasPrefix(physical, d.arnPrefix())
}

func (d *Double) arnPrefix() string { return "arn:" + d.Partition + ":iam::aws:policy/" }
