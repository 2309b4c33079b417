// Replacements that CloudFormation refuses, reported in advance: a resource
// would be replaced with one of the same name.

package stackhints

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/cfnstack"
	"capaboot/iam"
	"capaboot/internal/shortlist"
)

// RefusedReplacements returns a warning about changes that CloudFormation will
// refuse during the update, and a hint that says what to do instead; "" for
// none. CloudFormation accepts these changes in a change set. Sources:
// CloudFormation User Guide, "Troubleshooting", on custom-named resources; IAM
// User Guide, "IAM and AWS STS quotas": names that differ only in case are
// equal.
func RefusedReplacements(template *iam.Template, set *cfnstack.ChangeSet) (warning, hint string) {
	var refused, fixed []string
	var renaming []string // the fields that give the resources other names
	for _, change := range set.Changes {
		name := template.Name(change.LogicalID)
		properties := change.ReplacingProperties()
		if name == "" || len(properties) == 0 || change.PhysicalID != "" && !strings.EqualFold(iam.NameOf(change.PhysicalID), name) {
			continue
		}
		refused = append(refused, fmt.Sprintf("%s %s (%s)", change.LogicalID, name, strings.Join(properties, ", ")))
		if naming, _ := template.Naming(change.LogicalID); naming.DisableField != "" {
			fixed = append(fixed, naming.DisableField+": true")
		} else if fields := strings.Join(naming.Fields, " or "); !slices.Contains(renaming, fields) {
			renaming = append(renaming, fields)
		}
	}
	if len(refused) == 0 {
		return "", ""
	}
	warning = "CloudFormation will refuse this change, because the change replaces resources with resources of the same name: " + strings.Join(refused, "; ")
	hint = "undo the change of the properties in parentheses"
	if len(renaming) > 0 {
		hint += "; or, in the same deployment, change " + strings.Join(renaming, ", and ") + ", so that the resources get other names, and then write the new names into the machines that use the resources"
	}
	if len(fixed) > 0 {
		hint += "; or, for the resources with fixed names, deploy once with " + shortlist.And(fixed) + ", and then again without these settings (between the two deployments, these resources do not exist)"
	}
	return warning, hint
}
