// Features: which calls the controllers make for a feature, which of these
// calls the selected release makes, and which are granted.

package explain

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/meter"
	"capaboot/internal/nearword"
	"capaboot/policies/catalog"
)

// Feature is everything known about one feature of CAPA.
type Feature struct {
	Feature string `json:"feature"`
	// SwitchOn means that clusterAPIControllers.features can enable the feature
	// for the selected release, and that this would grant an action that the set
	// does not grant, or not for every resource or request of the feature.
	SwitchOn bool  `json:"switchOn,omitempty"`
	Uses     []Use `json:"uses"`
}

// Use is a set of calls that the controllers make for a feature under the same
// circumstances.
type Use struct {
	// When describes the fields of a manifest that lead to the calls.
	When string `json:"when"`
	// Life is the phase in the life of a cluster, machine or other object in
	// which the controllers make the calls: "reconcile", "create", "delete" or
	// "always", or "never" if no code path of the controllers reaches the
	// calls.
	Life string `json:"life"`
	// Since is the first release with this use, if it is later than
	// catalog.FeaturesRelease.
	Since string `json:"since,omitempty"`
	// Implicit means that AWS requires the actions when the controllers make
	// another call, or that the AWS SDK makes the call.
	Implicit bool `json:"implicit,omitempty"`
	// Doubtful means that it is uncertain whether AWS requires the actions, or
	// whether the controllers make the calls.
	Doubtful bool           `json:"doubtful,omitempty"`
	Actions  []NeededAction `json:"actions"`
	// Sources has lines of the controllers' source code, and web pages.
	Sources []string `json:"sources"`
}

// NeededAction is an action that a feature needs.
type NeededAction struct {
	Action string `json:"action"`
	// Releases has the releases whose controllers make the call. It is empty if
	// the controllers make no such call, but AWS requires the action for another
	// call.
	Releases []catalog.Span `json:"releases"`
	// CalledInRelease means that the controllers of the selected release make
	// the call.
	CalledInRelease bool `json:"made"`
	// Granted means that the set grants the action to the controllers, perhaps
	// only on some resources or under a condition. OtherResources means that the
	// action is granted, but not on every resource that the feature needs, or
	// only under a condition that the feature's requests do not meet. Exempt
	// means that policies neither grant nor deny the action.
	Granted        bool `json:"granted"`
	OtherResources bool `json:"otherResources,omitempty"`
	Exempt         bool `json:"exempt,omitempty"`
}

// UsedFor is a use of one action, with its feature. Its fields are like those of
// [Use].
type UsedFor struct {
	Feature  string `json:"feature"`
	When     string `json:"when"`
	Life     string `json:"life"`
	Since    string `json:"since,omitempty"`
	since    catalog.Release
	Implicit bool     `json:"implicit,omitempty"`
	Doubtful bool     `json:"doubtful,omitempty"`
	Sources  []string `json:"sources"`
}

// Limit describes how a permission of the controllers can be limited.
type Limit struct {
	Action  string   `json:"action,omitempty"`
	How     string   `json:"how"`
	Sources []string `json:"sources"`
}

// UnknownFeature is the error for a feature that does not exist.
type UnknownFeature struct{ Asked string }

func (u *UnknownFeature) Error() string {
	names, err := FeatureNames()
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("unknown feature %q%s", u.Asked, nearword.DidYouMean(u.Asked, names))
}

// Near returns the features whose names contain a word of the unknown name, or
// all features if there is none. It ignores words of one or two letters.
func (u *UnknownFeature) Near() []string {
	names, err := FeatureNames()
	if err != nil {
		return nil
	}
	words := strings.FieldsFunc(strings.ToLower(u.Asked), func(r rune) bool { return r == '-' || r == ' ' || r == '_' })
	near := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return !slices.ContainsFunc(words, func(word string) bool { return len(word) > 2 && strings.Contains(name, word) })
	})
	if len(near) == 0 {
		return names
	}
	return near
}

// FeatureNames returns the names of all features, in the order of the
// catalogue.
func FeatureNames() ([]string, error) {
	features, err := catalog.Features()
	if err != nil {
		return nil, err
	}
	names := make([]string, len(features))
	for i, f := range features {
		names[i] = f.Name
	}
	return names, nil
}

// Feature explains a feature. It ignores the letter case of the name. The error
// is an *UnknownFeature or a [meter.TooMuch], or means a mistake in the
// embedded tables.
func (e *Explainer) Feature(name string) (answer Feature, err error) {
	defer meter.Catch(&err)
	features, err := catalog.Features()
	if err != nil {
		return Feature{}, err
	}
	i := slices.IndexFunc(features, func(f catalog.Feature) bool { return strings.EqualFold(f.Name, name) })
	if i < 0 {
		return Feature{}, &UnknownFeature{name}
	}
	needs, err := catalog.Needs()
	if err != nil {
		return Feature{}, err
	}
	answer = Feature{Feature: features[i].Name, Uses: []Use{}}
	for _, u := range features[i].Uses {
		use := Use{When: u.When(), Life: u.Phase, Implicit: u.Implicit, Doubtful: u.Doubtful, Actions: []NeededAction{}, Sources: u.Sources()}
		if u.Since != (catalog.Release{}) {
			use.Since = u.Since.String()
		}
		for _, action := range u.Actions {
			needed := NeededAction{Action: action, Releases: []catalog.Span{}, Granted: e.grantedToControllers(action), Exempt: isExempt(action)}
			needed.OtherResources = needed.Granted && slices.ContainsFunc(needs, func(n catalog.Need) bool {
				return slices.Contains(n.Features, answer.Feature) && slices.Contains(n.Actions, action) && !e.grantedForNeed(action, n)
			})
			if call := e.calls[strings.ToLower(action)]; call != nil {
				needed.Releases, needed.CalledInRelease = call.Releases, call.MadeIn(e.release)
			}
			use.Actions = append(use.Actions, needed)
			if (!needed.Granted || needed.OtherResources) && slices.Contains(e.catalogue.SwitchesFor(action, e.release), answer.Feature) {
				answer.SwitchOn = true
			}
		}
		answer.Uses = append(answer.Uses, use)
	}
	return answer, nil
}

func (e *Explainer) usedFor(action string) (uses []UsedFor) {
	for _, f := range e.features {
		for i := range f.Uses {
			u := &f.Uses[i]
			for _, name := range u.Actions {
				if !strings.EqualFold(name, action) {
					continue
				}
				use := UsedFor{Feature: f.Name, When: u.When(), Life: u.Phase, Implicit: u.Implicit, Doubtful: u.Doubtful, Sources: u.Sources(), since: u.Since}
				if u.Since != (catalog.Release{}) {
					use.Since = u.Since.String()
				}
				uses = append(uses, use)
			}
		}
	}
	return uses
}
