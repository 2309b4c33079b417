// Describes how a trust policy differs: which principals gained or lost the trust, and
// for which other principals an action or a condition differs.

package verify

import (
	"path"
	"slices"
	"strings"

	"capaboot/policies/diff"
)

// TrustChange is a difference of a trust policy for a principal that is neither
// in TrustGained nor in TrustLost of the [Difference].
type TrustChange struct {
	// Principal is like "AWS 111122223333". For a denial, it ends with " (denial
	// added)" or " (denial removed)".
	Principal string `json:"principal"`
	// Gained and Lost are the actions that only the account or only the
	// configuration allows to the principal.
	Gained []string `json:"gained,omitempty"`
	Lost   []string `json:"lost,omitempty"`
	// Conditions means that conditions differ, for actions that are in neither
	// Gained nor Lost.
	Conditions bool `json:"conditions,omitempty"`
}

// describeTrust sets the fields of a difference about trust. effect has what only
// the found trust policy allows, and what only the wanted one allows.
func (d *Difference) describeTrust(effect diff.Result, wanted, found any) error {
	before, err := trustedActions(wanted)
	if err != nil {
		return err
	}
	after, err := trustedActions(found)
	if err != nil {
		return err
	}
	for _, p := range effect.Principals {
		for _, grant := range p.Gained {
			d.describeGrant(grant, before, after, true)
		}
		for _, grant := range p.Lost {
			d.describeGrant(grant, before, after, false)
		}
	}
	return nil
}

// describeGrant adds one gained or lost grant of a trust policy to a difference.
// before and after have the allowed actions of each principal.
func (d *Difference) describeGrant(grant diff.Grant, before, after map[string][]string, isGained bool) {
	actions := actionsOf(grant)
	for _, name := range trustedPrincipals(grant) {
		old, now := before[name], after[name]
		if grant.Effect == "Deny" {
			name += " (denial " + string(grant.Change) + ")"
			// The diff lists a removed denial as gained, and an added one as lost, so
			// its actions are reported like gained or lost ones.
			if old, now = nil, actions; !isGained {
				old, now = actions, nil
			}
			if len(grant.Conditions) > 0 && canAssume(actions) {
				d.addTrustChange(name, old, now, actions)
				continue
			}
		}
		switch {
		case canAssume(now) && !canAssume(old):
			d.TrustGained = appendNew(d.TrustGained, name)
		case canAssume(old) && !canAssume(now):
			d.TrustLost = appendNew(d.TrustLost, name)
		default:
			d.addTrustChange(name, old, now, actions)
		}
	}
}

// addTrustChange adds a change of a principal, or completes the change that
// the difference already has for this principal. differing are the actions of
// one grant that differs.
func (d *Difference) addTrustChange(name string, old, now, differing []string) {
	i := slices.IndexFunc(d.TrustChanged, func(c TrustChange) bool { return c.Principal == name })
	if i < 0 {
		i = len(d.TrustChanged)
		d.TrustChanged = append(d.TrustChanged, TrustChange{Principal: name})
	}
	c := &d.TrustChanged[i]
	for _, action := range differing {
		isOld, isNow := slices.Contains(old, action), slices.Contains(now, action)
		switch {
		case isNow && !isOld:
			c.Gained = appendNew(c.Gained, action)
		case isOld && !isNow:
			c.Lost = appendNew(c.Lost, action)
		default:
			c.Conditions = true
		}
	}
}

// trustedActions returns the actions that a trust policy allows to each principal,
// whatever their conditions.
func trustedActions(trust any) (map[string][]string, error) {
	effect, err := compareEffect(map[string]any{"Version": "2012-10-17", "Statement": []any{}}, trust, true)
	if err != nil {
		return nil, err
	}
	all := map[string][]string{}
	for _, p := range effect.Principals {
		for _, grant := range p.Gained {
			if grant.Effect != "Allow" {
				continue
			}
			for _, name := range trustedPrincipals(grant) {
				all[name] = append(all[name], actionsOf(grant)...)
			}
		}
	}
	return all, nil
}

// trustedPrincipals returns the principals in a grant of a trust policy.
func trustedPrincipals(grant diff.Grant) []string {
	names := slices.Clone(grant.Principals)
	if len(grant.NotPrincipals) > 0 {
		names = append(names, "all except "+strings.Join(grant.NotPrincipals, " and "))
	}
	return names
}

// allExcept begins the text for NotAction.
const allExcept = "all actions except "

func actionsOf(grant diff.Grant) (names []string) {
	for _, action := range grant.Actions {
		names = append(names, action.Action)
	}
	if len(grant.NotActions) > 0 {
		names = append(names, allExcept+strings.Join(grant.NotActions, " and "))
	}
	return names
}

// canAssume reports whether one of the action patterns matches an action that
// assumes a role. NotAction counts as matching.
func canAssume(actions []string) bool {
	return slices.ContainsFunc(actions, func(pattern string) bool {
		if strings.HasPrefix(pattern, allExcept) {
			return true
		}
		for _, action := range [...]string{"sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"} {
			if matches, err := path.Match(strings.ToLower(pattern), action); err == nil && matches {
				return true
			}
		}
		return false
	})
}

func appendNew(names []string, name string) []string {
	if slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}
