// Features: what the controllers call for what a manifest asks for, whether the
// release makes the call, and whether it is granted.

package explain

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/meter"
	"capaboot/internal/nearword"
	"capaboot/policies/catalog"
)

// Feature is what is known of one feature of CAPA.
type Feature struct {
	Feature string `json:"feature"`
	// SwitchOn: clusterAPIControllers.features can switch it on at the release, and
	// something of it is not granted.
	SwitchOn bool  `json:"switchOn,omitempty"`
	Uses     []Use `json:"uses"`
}

// Use is when the controllers make some calls of a feature.
type Use struct {
	// When is what a manifest says when they do.
	When string `json:"when"`
	// Life is "reconcile", "create", "delete", "always", or "never" where no path
	// of the controllers leads there.
	Life string `json:"life"`
	// Since is the first release that has it, if that is after catalog.APICallsOf.
	Since string `json:"since,omitempty"`
	// Implicit: AWS asks for the actions when the controllers make another call.
	Implicit bool `json:"implicit,omitempty"`
	// Doubtful: it is not certain.
	Doubtful bool     `json:"doubtful,omitempty"`
	Actions  []Needed `json:"actions"`
	Sources  []string `json:"sources"`
}

// Needed is an action of a feature.
type Needed struct {
	Action string `json:"action"`
	// Releases are those whose controllers make the call; none when it is implied
	// by another call alone.
	Releases []catalog.Span `json:"releases"`
	// Made: the controllers of the release make the call.
	Made bool `json:"made"`
	// Granted: something that was looked at grants it to the controllers, on some
	// resource, under some condition. OtherResources: on none that the feature
	// needs. Exempt: AWS allows everyone the call.
	Granted        bool `json:"granted"`
	OtherResources bool `json:"otherResources,omitempty"`
	Exempt         bool `json:"exempt,omitempty"`
}

// UsedFor is a use of one action, by its feature.
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

// Limit is how a permission of the controllers can be limited.
type Limit struct {
	Action  string   `json:"action,omitempty"`
	How     string   `json:"how"`
	Sources []string `json:"sources"`
}

// UnknownFeature is a name that no feature has.
type UnknownFeature struct{ Asked string }

func (u *UnknownFeature) Error() string {
	names, err := FeatureNames()
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("unknown feature %q%s", u.Asked, nearword.DidYouMean(u.Asked, names))
}

// Near returns the features whose names have a word of the name in them, or else
// all of them.
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

// FeatureNames returns the names of the features, in the order of the catalogue.
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

// Feature explains a feature, by its name in whatever letter case. The error is
// *UnknownFeature, a [meter.TooMuch], or means that the program was built wrong.
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
		use := Use{When: u.When(), Life: u.Phase, Implicit: u.Implicit, Doubtful: u.Doubtful, Actions: []Needed{}, Sources: u.Sources()}
		if u.Since != (catalog.Release{}) {
			use.Since = u.Since.String()
		}
		for _, action := range u.Actions {
			needed := Needed{Action: action, Releases: []catalog.Span{}, Granted: e.granted(action), Exempt: exempt(action)}
			needed.OtherResources = needed.Granted && slices.ContainsFunc(needs, func(n catalog.Need) bool {
				return slices.Contains(n.Features, answer.Feature) && slices.Contains(n.Actions, action) && !e.grantedOn(action, n)
			})
			if call := e.calls[strings.ToLower(action)]; call != nil {
				needed.Releases, needed.Made = call.Releases, call.MadeIn(e.release)
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

// usedFor returns the uses of an action.
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
