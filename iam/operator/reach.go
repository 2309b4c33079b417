package operator

// Privilege escalation: what the holder of the policies can gain beyond them.

import (
	"slices"
	"strings"

	"capaboot/internal/escape"
	"capaboot/internal/shortlist"
)

// Reach has the resources through which the holder of a deployment policy can
// gain permissions that the policy does not grant.
type Reach struct {
	// Unbounded are the logical IDs of roles and users without a permissions boundary.
	// The holder of the policy can grant them any permission, and then act as them.
	Unbounded []string
	// Groups are the logical IDs of the groups. They cannot have boundaries, and the
	// holder can add any user to them.
	Groups []string
	// Joined are the names of other groups to which the holder can add any
	// user. Their paths are assumed to be /, because the configuration does not
	// contain them.
	Joined []string
}

// ReachOf returns the reach for a template.
func ReachOf(target Target) Reach {
	var reach Reach
	for id, resource := range target.Template.Resources {
		properties, _ := target.Template.Resource(id).(map[string]any)["Properties"].(map[string]any)
		word, _ := kindOf(resource.AWSCloudFormationType())
		switch word {
		case "role", "user":
			if properties["PermissionsBoundary"] == nil {
				reach.Unbounded = append(reach.Unbounded, id)
			}
		case "group":
			reach.Groups = append(reach.Groups, id)
		}
		for _, group := range listOf(properties["Groups"]) {
			if name, ok := group.(string); ok && word == "user" {
				reach.Joined = append(reach.Joined, name)
			}
		}
	}
	slices.Sort(reach.Unbounded)
	slices.Sort(reach.Groups)
	slices.Sort(reach.Joined)
	return reach
}

// Escalation describes what the holder of the policies could gain, and how to
// prevent it. Hint is "" if there is no advice.
type Escalation struct{ Text, Hint string }

// Escalations returns the escalations for a template and some purposes; no
// purposes mean the commands on the stack. Only policies for deployments have
// any.
func Escalations(target Target, purposes ...string) (all []Escalation) {
	if len(purposes) > 0 && !slices.Contains(purposes, "deploy") {
		return nil
	}
	reach := ReachOf(target)
	if len(reach.Unbounded) > 0 {
		all = append(all, Escalation{"anyone who deploys with this policy can grant any permission to these roles and users of the stack, because they have no permissions boundary: " + shortList(reach.Unbounded),
			"set permissionsBoundary in the configuration; docs/deploying.md describes these privilege escalations"})
	}
	if len(reach.Groups) > 0 {
		all = append(all, Escalation{Text: "anyone who deploys with this policy can grant any permission to these groups, and add every user to them, because groups have no permissions boundary: " + strings.Join(reach.Groups, ", ")})
	}
	if len(reach.Joined) > 0 {
		all = append(all, Escalation{Text: "anyone who deploys with this policy can add every user to these groups in extraGroups (capaboot assumes that their path is /): " + shortList(reach.Joined)})
	}
	return all
}

// shortList lists logical IDs: all if there are few, otherwise about eight and the
// number of the others.
func shortList(ids []string) string {
	return shortlist.Few(ids, shortlist.Shown(len(ids), 8), escape.Text)
}
