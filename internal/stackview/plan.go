// The plan that is shown for a change set.

package stackview

import (
	"cmp"
	"slices"

	"capaboot/cfnstack"
	"capaboot/iam"
	"capaboot/policies/diff"
	"capaboot/policies/report"
)

// NewPlan combines a change set with the difference in permissions between two
// templates.
func NewPlan(set *cfnstack.ChangeSet, permissions diff.Result) report.Plan {
	p := report.Plan{Stack: set.StackName, Changes: []report.PlanChange{}, Tags: []report.PlanTag{}, Permissions: permissions,
		Warnings: []report.PlanWarning{}, Unvalidated: set.Unvalidated, RootStack: set.Root,
		HasChangeSet: set.Name != "", NoChanges: set.NoChanges}
	for _, w := range set.Warnings {
		p.Warnings = append(p.Warnings, report.PlanWarning(w))
	}
	if set.Preparation != nil {
		p.Status, p.Preparation = set.Preparation.Status, preparationText(set.Preparation)
		p.ChangesUnknown = set.ChangesUnknown()
	}
	for _, change := range set.Changes {
		p.Changes = append(p.Changes, newChange(change))
	}
	report.SortChanges(p.Changes)
	for _, tag := range set.TagChanges() {
		p.Tags = append(p.Tags, report.PlanTag{Key: tag.Key, Before: tag.Before, After: tag.After})
	}
	return p
}

func newChange(change cfnstack.Change) report.PlanChange {
	c := report.PlanChange{LogicalID: change.LogicalID, Type: change.Type, PhysicalID: change.PhysicalID, Properties: []report.PlanProperty{}}
	switch {
	case change.Action == "Add":
		c.Action = "add"
	case change.Action == "Remove":
		c.Action = "remove"
	case change.Action == "Import":
		c.Action = "import"
	case change.Action == "SyncWithActual":
		c.Action = "reset drift"
	case change.Action == "Modify" && change.Replacement == "True":
		c.Action = "replace"
	case change.Action == "Modify" && change.Replacement == "Conditional":
		c.Action = "may replace"
	case change.Action == "Modify":
		c.Action = "change"
	default:
		c.Action = "unknown"
	}
	if c.Action == "add" || c.Action == "remove" {
		return c // every property changes, so none is listed
	}
	for _, p := range change.Properties {
		name := cmp.Or(p.Name, p.Attribute)
		property := report.PlanProperty{Name: name, Policy: iam.IsPolicyProperty(name), Added: p.Change == "Add"}
		if p.Recreation != "Never" {
			property.Replacement = p.Recreation
		}
		if !property.Policy {
			property.Before, property.After = p.Before, p.After
		}
		i := slices.IndexFunc(c.Properties, func(other report.PlanProperty) bool { return other.Name == name })
		if i >= 0 && (property.Policy || property.Before == nil && property.After == nil) {
			continue // already listed
		}
		c.Properties = append(c.Properties, property)
	}
	return c
}
