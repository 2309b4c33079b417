// Requests that cannot exist: the decision on a request with a misspelt
// resource, caller or value of a condition key says nothing about the policy.

package simulate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"capaboot/internal/shortlist"
	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// maxForms limits the ARN patterns that a note lists.
const maxForms = 3

// comparedResources has the results of comparing the resource types of every action with every
// resource.
type comparedResources struct {
	// misfits has, for each action, the resources that the action never has.
	misfits map[string]map[string]bool
	// actionFits has the actions that can have at least one of the resources, and
	// resourceFits the resources that at least one of the actions can have.
	actionFits, resourceFits map[string]bool
}

// misfitCost is the cost of comparing an action with a resource.
const misfitCost = 20

// compareResources compares every action with every resource of the simulation.
func (s *Simulation) compareResources() *comparedResources {
	f := &comparedResources{map[string]map[string]bool{}, map[string]bool{}, map[string]bool{}}
	for _, name := range s.actions {
		action, known := authz.Lookup(name)
		f.misfits[name] = map[string]bool{}
		for _, resource := range s.resources {
			s.meter.Spend(misfitCost)
			if known && action.Misfits(resource) {
				f.misfits[name][resource] = true
				continue
			}
			f.actionFits[name], f.resourceFits[resource] = true, true
		}
	}
	return f
}

// noteExistence adds notes about the parts of a request that no request has. It makes
// the outcome unknown if such a part is a mistake.
//
// Several actions and resources are combined with each other. So an action that
// does not fit a resource is a mistake only if the resource fits none of the
// actions, or if the action fits none of the resources and was not found by a
// wildcard.
func (s *Simulation) noteExistence(f *comparedResources, faults []string, action, resource string, o *Outcome) {
	if _, exempt := authz.NeedsNoPermission(action); exempt {
		return
	}
	add := func(note string) {
		s.meter.Spend(noteCost(note))
		o.Notes = append(o.Notes, note)
	}
	for _, note := range faults {
		add(note)
		o.Unknown = true
	}
	known, ok := authz.Lookup(action)
	switch {
	case !ok:
	case f.misfits[action][resource]:
		isMistake := !f.resourceFits[resource] || !f.actionFits[action] && !s.byWildcard[action]
		// A wildcard matches many actions that never have the resource. A denial
		// of such an action is correct, so it needs no note.
		if isMistake || !s.byWildcard[action] || o.rank() > 0 {
			add(misfitNote(known, resource))
		}
		o.Unknown = o.Unknown || isMistake
	case resource != "*" && known.SupportsNoResource():
		if d := s.decide(action, "*").Decision; d != o.Decision {
			add(fmt.Sprintf("%s does not support resource-level permissions: AWS evaluates the action with the resource *, for which the decision is %s", known, d))
			o.Unknown = true
		}
	}
	for _, note := range slices.Concat(resourceFaults(resource), s.contradictions(resource), s.otherCaller(action, resource)) {
		add(note)
		o.Unknown = true
	}
	for _, region := range s.newRegions(resource) {
		s.noteNewRegion(region, action, resource, o)
	}
}

// misfitNote returns the note that an action never has a resource. The note lists
// the resources that the action can have.
func misfitNote(action *authz.Action, resource string) string {
	forms := action.ResourceForms(resource)
	return fmt.Sprintf("the Service Authorization Reference lists no resource of this form for %s: want %s", action,
		shortlist.Few(forms, shortlist.Shown(len(forms), maxForms), func(form string) string { return form }))
}

// resourceFaults returns notes about the ARN of a resource: about a partition
// or region that AWS does not have, and about an account that is not an account
// ID. It skips parts with a wildcard.
func resourceFaults(resource string) (notes []string) {
	a, ok := arn.Parse(resource)
	if !ok {
		return nil
	}
	if problem := a.PartitionProblem(); problem != "" {
		notes = append(notes, "the ARN of the resource: "+problem)
	}
	if a.Region != "" && !mayStandForOthers(a.Region) {
		if problem := authz.RegionProblem(a.Region); problem != "" {
			notes = append(notes, describeRegionInARN(a.Region)+" "+problem)
		}
	}
	if isWrongAccount(a.Account) {
		notes = append(notes, fmt.Sprintf("the account %q in the ARN of the resource is not a 12-digit account ID", a.Account))
	}
	return notes
}

// isWrongAccount reports whether a text consists of digits, but is not the ID of an
// account. The accounts of AWS's own resources have names.
func isWrongAccount(account string) bool {
	return account != "" && !arn.IsAccount(account) && strings.Trim(account, "0123456789") == ""
}

// mayStandForOthers reports whether a text has a wildcard or an unknown part.
func mayStandForOthers(text string) bool {
	return strings.ContainsAny(text, "*?") || strings.Contains(text, "${")
}

// requestFaults returns notes about a caller, a region of the template,
// condition keys and values of condition keys that no request has. All requests
// of a simulation share these notes.
func (s *Simulation) requestFaults() (notes []string) {
	if s.principal != nil {
		if fault := callerFault(*s.principal); fault != "" {
			notes = append(notes, fault)
		}
	}
	if region := s.Parameters["AWS::Region"]; region != "" {
		if problem := authz.RegionProblem(region); problem != "" {
			notes = append(notes, fmt.Sprintf("the value %q of AWS::Region %s", region, problem))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s.context)) {
		name := s.keyNames[key]
		if name == "" {
			continue // a key that follows from the caller
		}
		if !isKnownKey(name) {
			notes = append(notes, UnknownKeyText(name))
		}
		if note := s.severalValues(key); note != "" {
			notes = append(notes, note)
		}
		for _, value := range s.context[key] {
			if mayStandForOthers(value) {
				continue
			}
			note := s.describeValue(key, value)
			if fault := s.principalFault(key, value); fault != "" {
				notes = append(notes, note+fault)
			}
			if problem := authz.ValueProblem(key, value); problem != "" && !slices.Contains(notes, note+" "+problem) {
				notes = append(notes, note+" "+problem)
			}
		}
	}
	return notes
}

// UnknownKeyText says that AWS does not have a condition key, and which key was
// probably meant.
func UnknownKeyText(name string) string {
	text := fmt.Sprintf("AWS has no condition key %s: no request has this key", name)
	if closest, ok := authz.ClosestKey(name); ok {
		text += fmt.Sprintf(", did you mean %q?", closest)
	}
	return text
}

// isKnownKey reports whether AWS has a condition key or the key has the host name of
// an identity provider. Keys have no wildcards.
func isKnownKey(name string) bool {
	_, known := authz.Key(name)
	return !hasWildcard(name) && (known || strings.Contains(name, "."))
}

// callerFault says why a caller cannot exist, or returns "".
//
// Source: IAM User Guide, "AWS JSON policy elements: Principal".
func callerFault(p document.Principal) string {
	if mayStandForOthers(p.ID) {
		return ""
	}
	switch p.Kind {
	case "Service":
		meant := authz.MeantService(p.ID)
		_, hasDomain := authz.ServiceName(p.ID)
		switch {
		case meant != "":
			return fmt.Sprintf("the caller %s is not a service principal, did you mean %q?", p.ID, meant)
		case !hasDomain && !authz.HasOtherDomain(p.ID):
			return fmt.Sprintf("the caller %s is not a service principal; want a name such as ec2.amazonaws.com", p.ID)
		}
	case "Federated":
		a, isARN := arn.Parse(p.ID)
		meant := authz.MeantService(p.ID)
		switch {
		case authz.IsBuiltInIssuer(p.ID), isARN && a.Service == "iam" && (a.Kind() == "oidc-provider" || a.Kind() == "saml-provider"):
		case meant != "":
			return fmt.Sprintf("the caller %s is not an identity provider, did you mean the service principal %q?", p.ID, meant)
		default:
			return fmt.Sprintf("the caller %s is not an identity provider that IAM knows by name: want the ARN of the provider, such as arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com", p.ID)
		}
	case "AWS":
		return accountCallerFault(p.ID)
	}
	return ""
}

// accountCallerFault is [callerFault] for a caller that belongs to an account.
func accountCallerFault(id string) string {
	a, ok := arn.Parse(id)
	if !ok {
		return ""
	}
	isCaller := a.Service == "iam" && (a.Resource == "root" || a.Kind() == "user" || a.Kind() == "role") ||
		a.Service == "sts" && (a.Kind() == "assumed-role" || a.Kind() == "federated-user")
	switch {
	case !arn.IsPartition(a.Partition):
		return fmt.Sprintf("the ARN of the caller: %s", a.PartitionProblem())
	case !isCaller || a.Name() == "":
		return fmt.Sprintf("the caller %s is not an account, user, role or session", id)
	case a.Account == "" || isWrongAccount(a.Account):
		return fmt.Sprintf("the account %q in the ARN of the caller is not a 12-digit account ID", a.Account)
	}
	return ""
}
