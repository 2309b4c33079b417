package operator

// The statements: one for each set of resources with the same conditions, without
// duplicates.

import (
	"fmt"
	"slices"

	"capaboot/policies/catalog"
	"capaboot/policies/document"
)

// grant allows an action on resources under conditions.
type grant struct {
	action     string
	resources  []string
	conditions []Condition
}

// statements converts calls to statements, in the order of the calls. Calls with the
// same resources and conditions are in one statement.
func statements(calls []Call) []catalog.PolicyStatement {
	var list []catalog.PolicyStatement
	index := map[string]int{}
	for _, g := range mergeCalls(calls) {
		key := fmt.Sprintf("%q %q", g.resources, g.conditions)
		i, ok := index[key]
		if !ok {
			i = len(list)
			index[key] = i
			list = append(list, catalog.PolicyStatement{Effect: "Allow", Resource: g.resources, Condition: asConditions(g.conditions)})
		}
		list[i].Action = append(list[i].Action, g.action)
	}
	for i := range list {
		slices.Sort(list[i].Action)
	}
	return list
}

// mergeCalls merges calls with the same action and conditions. It drops a resource
// that is covered by a pattern in the same grant, or by a grant of the same
// action without conditions.
func mergeCalls(calls []Call) []grant {
	var all []grant
	for _, call := range calls {
		i := slices.IndexFunc(all, func(g grant) bool {
			return g.action == call.Action && fmt.Sprint(g.conditions) == fmt.Sprint(call.Conditions)
		})
		if i < 0 {
			all = append(all, grant{action: call.Action, conditions: call.Conditions})
			i = len(all) - 1
		}
		all[i].resources = append(all[i].resources, call.Resources...)
	}
	var remaining []grant
	for i, g := range all {
		slices.Sort(g.resources)
		g.resources = slices.Compact(g.resources)
		g.resources = slices.DeleteFunc(slices.Clone(g.resources), func(resource string) bool {
			return slices.ContainsFunc(g.resources, func(other string) bool { return other != resource && document.CoversResource(other, resource) }) ||
				len(g.conditions) > 0 && slices.ContainsFunc(all, func(other grant) bool {
					return other.action == all[i].action && len(other.conditions) == 0 &&
						slices.ContainsFunc(other.resources, func(r string) bool { return document.CoversResource(r, resource) })
				})
		})
		if len(g.resources) > 0 {
			remaining = append(remaining, g)
		}
	}
	return remaining
}

// asConditions converts conditions to their form in a document: a single value is not
// a list.
func asConditions(conditions []Condition) catalog.Conditions {
	if len(conditions) == 0 {
		return nil
	}
	all := catalog.Conditions{}
	for _, c := range conditions {
		if all[c.Operator] == nil {
			all[c.Operator] = map[string]any{}
		}
		if all[c.Operator][c.Key] = any(c.Values); len(c.Values) == 1 {
			all[c.Operator][c.Key] = c.Values[0]
		}
	}
	return all
}

// trustPolicy returns the trust policy of a service role. It has no condition
// on the account or the stack: a role can only be passed within its account,
// and AWS does not document that CloudFormation sends the stack when it assumes
// a service role (CloudFormation User Guide, "Cross-service confused deputy
// prevention", is about extensions).
func trustPolicy() []catalog.PolicyStatement {
	var actions []string
	for _, row := range commandRows() {
		if slices.Contains(row.purposes, "trust") {
			actions = append(actions, row.action)
		}
	}
	return []catalog.PolicyStatement{{Effect: "Allow", Principal: catalog.Principals{"Service": {principalName("cloudformation")}}, Action: actions}}
}
