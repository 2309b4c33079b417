// Ungranted calls: the calls that the controllers of a release make and no
// policy grants, with the statements that would grant them.

package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/meter"
	"capaboot/policies/authz"
	"capaboot/policies/catalog"
	"capaboot/policies/document"
)

// Ungranted is what the controllers of a release need and are not granted.
type Ungranted struct {
	// Calls has the calls of the release that neither the set nor any
	// configuration of the release grants, grouped by feature.
	Calls []Gap `json:"calls"`
	// Needs has the actions that AWS requires when the controllers make another
	// call, and the calls that are not granted on the right resources or that
	// need another configuration.
	Needs []Gap `json:"needs"`
	// Elsewhere has the calls that the release's policies grant with another
	// configuration, but the set does not grant.
	Elsewhere []Elsewhere `json:"elsewhere"`
	// Notes say what could not be read or is unknown, and which parameter
	// values were assumed.
	Notes []string `json:"notes"`
}

// Gap is a group of actions that are not granted.
type Gap struct {
	// Kind is "call" or a catalog.NeedKind.
	Kind string `json:"kind"`
	// Features has the features that need the actions; empty if they are
	// unknown.
	Features []string `json:"features"`
	// CalledFrom has the parts of the controllers that make the calls.
	CalledFrom []string `json:"calledFrom"`
	Actions    []string `json:"actions"`
	// Unreached means that no code path of the controllers reaches the calls.
	Unreached bool `json:"unreached,omitempty"`
	// When describes the fields of manifests that lead to the calls.
	When []string `json:"when"`
	// Note says why the permission is missing, or how to narrow it.
	Note string `json:"note,omitempty"`
	// SwitchOn has the features that grant some of the actions when they are in
	// clusterAPIControllers.features.
	SwitchOn []string `json:"switchOn,omitempty"`
	// Limits says how to limit the actions further. It omits the actions without
	// a known limit.
	Limits []Limit `json:"limits"`
	// Statements has the statements that would grant the actions.
	Statements []catalog.PolicyStatement `json:"statements"`
}

// Elsewhere has calls that another configuration grants.
type Elsewhere struct {
	// When has the gates that grant the calls; one open gate is enough.
	// "always" means that every configuration grants them, although the set
	// does not.
	When    []catalog.Gate `json:"when"`
	Actions []string       `json:"actions"`
}

// Ungranted finds what the controllers of the selected release need and are not
// granted. An error is a [meter.TooMuch], or means a mistake in the embedded
// tables.
func (e *Explainer) Ungranted() (found Ungranted, err error) {
	defer meter.Catch(&err)
	found = Ungranted{Calls: []Gap{}, Needs: []Gap{}, Elsewhere: []Elsewhere{}, Notes: append(append([]string{}, e.notes...), document.AssumedNotes(e.set.AssumedParameters)...)}
	missing := map[string]bool{} // the actions in Calls
	granting := e.catalogue.Gates(e.release)
	var calls []*catalog.APICall
	for _, name := range sortedKeys(e.calls) {
		call := e.calls[name]
		if !call.MadeIn(e.release) || isExempt(call.Action) || e.grantedToControllers(call.Action) {
			continue
		}
		gates := granting[name]
		if len(gates) == 0 {
			missing[call.Action] = true
			calls = append(calls, call)
			continue
		}
		i := slices.IndexFunc(found.Elsewhere, func(other Elsewhere) bool { return slices.Equal(other.When, gates) })
		if i < 0 {
			i = len(found.Elsewhere)
			found.Elsewhere = append(found.Elsewhere, Elsewhere{When: gates})
		}
		found.Elsewhere[i].Actions = append(found.Elsewhere[i].Actions, call.Action)
	}
	found.Calls = e.gaps(calls)
	needs, err := catalog.Needs()
	if err != nil {
		return Ungranted{}, err
	}
	for _, need := range needs {
		if gap, ok, err := e.gapOf(need, missing); err != nil {
			return Ungranted{}, err
		} else if ok {
			found.Needs = append(found.Needs, gap)
		}
	}
	return found, nil
}

// gaps groups calls by the first feature that needs them, and by whether any
// code path reaches them.
func (e *Explainer) gaps(calls []*catalog.APICall) []Gap {
	gaps := []Gap{}
	type key struct {
		feature     string
		isUnreached bool
	}
	indexes := map[key]int{}
	for _, call := range calls {
		uses := slices.DeleteFunc(e.usedFor(call.Action), func(u UsedFor) bool { return u.Implicit || u.since.Compare(e.release) > 0 })
		k := key{}
		if len(uses) > 0 {
			k = key{uses[0].Feature, !slices.ContainsFunc(uses, func(u UsedFor) bool { return u.Life != "never" })}
		}
		i, known := indexes[k]
		if !known {
			i = len(gaps)
			indexes[k] = i
			gaps = append(gaps, Gap{Kind: "call", Features: []string{}, CalledFrom: []string{}, When: []string{}, Unreached: k.isUnreached})
		}
		g := &gaps[i]
		g.Actions = append(g.Actions, call.Action)
		g.CalledFrom = appendNew(g.CalledFrom, call.CalledFrom...)
		for _, u := range uses {
			g.Features = appendNew(g.Features, u.Feature)
			g.When = appendNew(g.When, u.When)
		}
	}
	for i := range gaps {
		gaps[i].Limits, gaps[i].Statements = e.limitsOf(gaps[i].Actions), statementsFor(gaps[i].Actions)
		gaps[i].SwitchOn = e.featuresThatGrant(gaps[i].Features, gaps[i].Actions)
	}
	// Sort the gaps in the order of the features in the catalogue. Gaps without a
	// feature come first.
	order := map[string]int{}
	for i, f := range e.features {
		order[f.Name] = i + 1
	}
	slices.SortStableFunc(gaps, func(a, b Gap) int { return cmp.Compare(featureIndex(order, a), featureIndex(order, b)) })
	return gaps
}

func featureIndex(order map[string]int, g Gap) int {
	if len(g.Features) == 0 {
		return 0
	}
	return order[g.Features[0]]
}

// gapOf returns the actions of a need that are not granted, and whether there
// are any. missing has the actions that are already reported as ungranted
// calls.
func (e *Explainer) gapOf(n catalog.Need, missing map[string]bool) (Gap, bool, error) {
	if n.Since.Compare(e.release) > 0 {
		return Gap{}, false, nil
	}
	if e.settings != nil {
		if open, err := e.settings.Open(n.Gate); err != nil || !open {
			return Gap{}, false, err
		}
	}
	g := Gap{Kind: string(n.Kind), Features: n.Features, CalledFrom: []string{}, When: []string{}, Note: n.Note}
	for _, action := range n.Actions {
		if !missing[action] && !e.grantedForNeed(action, n) {
			g.Actions = append(g.Actions, action)
		}
	}
	if len(g.Actions) == 0 {
		return Gap{}, false, nil
	}
	for _, f := range e.features {
		for _, u := range f.Uses {
			if slices.Contains(n.Features, f.Name) && slices.ContainsFunc(u.Actions, func(a string) bool { return slices.Contains(g.Actions, a) }) {
				g.When = appendNew(g.When, u.When())
			}
		}
	}
	for _, action := range g.Actions {
		if call := e.calls[strings.ToLower(action)]; call != nil {
			g.CalledFrom = appendNew(g.CalledFrom, call.CalledFrom...)
		}
	}
	g.Limits = e.limitsOf(g.Actions)
	g.SwitchOn = e.featuresThatGrant(g.Features, g.Actions)
	g.Statements = []catalog.PolicyStatement{{Effect: string(document.Allow), Action: g.Actions, Resource: n.Resources, Condition: n.Condition}}
	return g, true, nil
}

// withAnyScope replaces the pseudo parameters for the partition, account and
// region of the stack by "*", because the clusters have the same partition,
// account and region. Other unknown parts remain.
func withAnyScope(resource string) string {
	for _, name := range []string{"${AWS::Partition}", "${AWS::AccountId}", "${AWS::Region}"} {
		resource = strings.ReplaceAll(resource, name, "*")
	}
	return resource
}

// usableResources returns the resources of a need that an action supports.
func (e *Explainer) usableResources(action string, resources []string) []string {
	known, ok := authz.Lookup(action)
	if !ok {
		return resources
	}
	return slices.DeleteFunc(slices.Clone(resources), func(r string) bool { return !known.Allows(r) })
}

func (e *Explainer) isCAPA(s heldPolicy) bool {
	return s.place.Policy != nil && e.stories.PolicyID(s.place.Policy) != ""
}

// excludes reports whether conditions of a statement exclude the requests of a
// need.
func excludes(conditions []document.Condition, need catalog.Conditions) bool {
	for _, keys := range need {
		for key, value := range keys {
			text := fmt.Sprint(value)
			for _, c := range conditions {
				if strings.EqualFold(c.Key, key) && excludesValue(c, text) {
					return true
				}
			}
		}
	}
	return false
}

// excludesValue reports whether a condition excludes a value of its key. The
// value may be a pattern. For an operator that compares neither texts nor ARNs,
// excludesValue returns false, except for Null.
func excludesValue(c document.Condition, value string) bool {
	op, ok := document.ParseOperator(c.Operator)
	if !ok {
		return false
	}
	ignoresCase := strings.HasSuffix(op.Name, "IgnoreCase")
	anyValue := func(matches func(a, b string, foldCase bool) bool) bool {
		return slices.ContainsFunc(c.Values, func(v string) bool { return matches(v, value, ignoresCase) })
	}
	switch {
	case op.Name == "Null":
		return !slices.ContainsFunc(c.Values, func(v string) bool { return !strings.EqualFold(v, "true") })
	case !strings.HasPrefix(op.Name, "String") && !strings.HasPrefix(op.Name, "Arn"):
		return false
	case strings.Contains(op.Name, "Not"):
		return anyValue(document.Covers)
	}
	return !anyValue(document.Intersects)
}

// policiesOfControllers returns the policies of the role that CAPA's templates
// create for the controllers. Without that role, it returns the policies of
// every principal that has CAPA's policies for the controllers, or else all
// policies of the set. It omits trust policies and permissions boundaries.
func (e *Explainer) policiesOfControllers() []heldPolicy {
	if e.controllerPolicies != nil {
		return e.controllerPolicies
	}
	e.controllerPolicies = []heldPolicy{}
	for _, isControllers := range []func(*document.Holder) bool{
		func(h *document.Holder) bool { return e.stories.RoleID(h) == catalog.ControllersRole },
		func(h *document.Holder) bool {
			return slices.ContainsFunc(h.Policies, func(p document.Policy) bool {
				return strings.HasPrefix(e.stories.PolicyID(&p), catalog.ControllersPolicyPrefix)
			})
		},
		func(*document.Holder) bool { return true },
	} {
		for _, s := range e.policies {
			if isControllers(s.place.Holder) && !s.isTrustPolicy() && !s.place.Boundary {
				e.controllerPolicies = append(e.controllerPolicies, s)
			}
		}
		if len(e.controllerPolicies) > 0 {
			break
		}
	}
	return e.controllerPolicies
}

func (e *Explainer) limitsOf(actions []string) []Limit {
	limits := []Limit{}
	for _, action := range actions {
		if limit, ok, _ := catalog.LimitOf(action); ok { // New has checked for errors
			limits = append(limits, Limit{Action: action, How: limit.How, Sources: limit.Sources})
		}
	}
	return limits
}

// statementsFor returns statements that allow each action on all resources that
// it supports. Actions with the same resources share a statement.
func statementsFor(actions []string) []catalog.PolicyStatement {
	var statements []catalog.PolicyStatement
	for _, action := range actions {
		resources := resourcesOf(action)
		i := slices.IndexFunc(statements, func(s catalog.PolicyStatement) bool { return slices.Equal(s.Resource, resources) })
		if i < 0 {
			i = len(statements)
			statements = append(statements, catalog.PolicyStatement{Effect: string(document.Allow), Resource: resources})
		}
		statements[i].Action = append(statements[i].Action, action)
	}
	return statements
}

// resourcesOf returns patterns of all resources that an action supports.
func resourcesOf(action string) []string {
	known, ok := authz.Lookup(action)
	if !ok || len(known.Resources) == 0 {
		return []string{"*"}
	}
	var all []string
	for _, r := range known.Resources {
		for _, pattern := range r.Type.ARNPatterns {
			all = appendNew(all, authz.WithoutVariables(pattern))
		}
	}
	wildcards := slices.DeleteFunc(slices.Clone(all), func(p string) bool {
		return slices.ContainsFunc(all, func(q string) bool { return q != p && document.Covers(q, p, false) })
	})
	slices.Sort(wildcards)
	return wildcards
}

func isExempt(action string) bool {
	_, exempt := authz.NeedsNoPermission(action)
	return exempt
}

func appendNew(all []string, added ...string) []string {
	for _, text := range added {
		if !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
