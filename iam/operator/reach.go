package operator

// How far the holder of the policies gets beyond them.

import (
	"slices"
	"strings"

	"capaboot/internal/escape"
	"capaboot/internal/shortlist"
)

// Reach is how far the holder of a policy for deployments gets beyond it.
type Reach struct {
	// Unbounded are the logical IDs of the roles and users without a permissions
	// boundary: they can be given any permission, and be let in to.
	Unbounded []string
	// Groups are those of the groups. They have no boundaries, and every user can
	// be put into them.
	Groups []string
	// Joined are the names of other groups that every user can be put into. They are
	// taken to have no path, which no configuration says.
	Joined []string
}

// ReachOf returns it for a template.
func ReachOf(target Target) Reach {
	var reach Reach
	for id, one := range target.Template.Resources {
		properties, _ := target.Template.Resource(id).(map[string]any)["Properties"].(map[string]any)
		word, _ := kindOf(one.AWSCloudFormationType())
		switch word {
		case "role", "user":
			if properties["PermissionsBoundary"] == nil {
				reach.Unbounded = append(reach.Unbounded, id)
			}
		case "group":
			reach.Groups = append(reach.Groups, id)
		}
		for _, group := range values(properties["Groups"]) {
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

// Escalation is what the holder of the policies could do beyond them, in words, and
// what to do about it, "" for nothing.
type Escalation struct{ Text, Hint string }

// Escalations says it of a template, for the policies of some purposes, all for
// none. Those who deploy alone have any.
func Escalations(target Target, purposes ...string) (all []Escalation) {
	if len(purposes) > 0 && !slices.Contains(purposes, "deploy") {
		return nil
	}
	reach := ReachOf(target)
	if len(reach.Unbounded) > 0 {
		all = append(all, Escalation{"anyone who deploys with this policy can give any permission to roles and users of the stack that have no permissions boundary: " + few(reach.Unbounded),
			"set permissionsBoundary in the configuration; docs/deploying.md lists the escalations"})
	}
	if len(reach.Groups) > 0 {
		all = append(all, Escalation{Text: "anyone who deploys with this policy can give any permission to " + strings.Join(reach.Groups, ", ") +
			", and put every user into it: groups have no permissions boundary"})
	}
	if len(reach.Joined) > 0 {
		all = append(all, Escalation{Text: "anyone who deploys with this policy can put every user into the groups of extraGroups, which are assumed to have the path /: " + few(reach.Joined)})
	}
	return all
}

// few lists logical IDs, at most about eight.
func few(ids []string) string { return shortlist.Few(ids, shortlist.Shown(len(ids), 8), escape.Text) }
