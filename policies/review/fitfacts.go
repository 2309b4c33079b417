// Facts about the calls of CAPA's controllers: the purpose of each call, the
// setting that it needs, and the permissions that AWS requires in addition.

package review

import (
	_ "embed"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/policies/catalog"
	"capaboot/policies/stories"
)

//go:embed fit.tsv
var fitTSV string

// fitFacts combines fit.tsv with the calls and the stories. The keys are
// actions in lower case.
type fitFacts struct {
	calls         map[string]*catalog.APICall
	gates         map[string][]catalog.Gate // the gates of each action that is called or granted; none if no setting controls it
	manifestGates map[string]string         // what the manifest must contain, for calls whose feature depends on a manifest rather than on a setting
	features      map[string]string         // the feature of each call
	// grantingGates has the settings under which some release grants each call.
	// unreached has the calls that no path in the controllers' code leads to.
	grantingGates map[string][]catalog.Gate
	unreached     map[string]bool
	implied       map[string][]string // action -> the calls of the features for which AWS requires it; empty if it is always required
	// since is the release in which CAPA first granted an action to its
	// controllers, and usedByOthers has the actions that other programs use.
	// The outer key is the logical ID of the policy, or "" for all policies.
	since        map[string]map[string]catalog.Release
	usedByOthers map[string]map[string]bool
	stories      *stories.Catalogue
	catalogue    *catalog.Catalogue
}

var loadFit = lazy.Values[*fitFacts, error]{Make: func() (*fitFacts, error) {
	calls, err := catalog.APICalls()
	if err != nil {
		return nil, err
	}
	storyCatalogue, err := stories.Load()
	if err != nil {
		return nil, err
	}
	catalogue, err := catalog.Load()
	if err != nil {
		return nil, err
	}
	grants := catalogue.Gates(catalog.Release{})
	f := &fitFacts{calls: map[string]*catalog.APICall{}, gates: map[string][]catalog.Gate{}, manifestGates: map[string]string{}, features: map[string]string{},
		implied: map[string][]string{}, since: map[string]map[string]catalog.Release{"": {}}, usedByOthers: map[string]map[string]bool{"": {}}, stories: storyCatalogue, catalogue: catalogue, grantingGates: grants, unreached: map[string]bool{}}
	texts := map[string]string{} // by the kind and name of the row: "part network"
	for _, row := range rows(fitTSV, 4) {
		kind, name, gate, text := row[0], row[1], row[2], row[3]
		switch kind {
		case "call":
			f.features[strings.ToLower(name)] = text
			if feature, ok := strings.CutPrefix(gate, "with "); ok {
				f.manifestGates[strings.ToLower(name)] = feature
			} else if gate != "always" {
				f.gates[strings.ToLower(name)] = []catalog.Gate{catalog.Gate(gate)}
			}
		default:
			texts[kind+" "+name] = text
		}
	}
	for i := range calls {
		c := &calls[i]
		key := strings.ToLower(c.Action)
		f.calls[key] = c
		if granted := grants[key]; len(granted) > 0 && !slices.Contains(granted, "always") {
			f.gates[key] = granted
		}
		if gates := f.gates[key]; f.features[key] == "" && len(gates) > 0 {
			f.features[key] = texts["gate "+string(gates[0])]
		}
		if f.features[key] == "" && len(c.CalledFrom) > 0 {
			f.features[key] = texts["part "+c.CalledFrom[0]]
		}
	}
	features, err := catalog.Features()
	if err != nil {
		return nil, err
	}
	f.addImplied(features)
	f.markUnreached(features)
	for key, gates := range grants {
		if f.calls[key] == nil && !slices.Contains(gates, "always") {
			f.gates[key] = gates // granted but not called
		}
	}
	for _, e := range storyCatalogue.All() {
		if e.Trust {
			continue
		}
		if f.usedByOthers[e.LogicalID] == nil {
			f.usedByOthers[e.LogicalID], f.since[e.LogicalID] = map[string]bool{}, map[string]catalog.Release{}
		}
		key := strings.ToLower(e.Action)
		if !strings.HasPrefix(e.LogicalID, controllersPolicyID) {
			if len(e.UsedBy) > 0 {
				f.usedByOthers[""][key], f.usedByOthers[e.LogicalID][key] = true, true
			}
			continue
		}
		for _, id := range []string{"", e.LogicalID} {
			if since, ok := f.since[id][key]; !ok || e.Since.Compare(since) < 0 {
				f.since[id][key] = e.Since
			}
		}
	}
	return f, nil
}}

// markUnreached records the calls that no path in the controllers' code leads
// to.
func (f *fitFacts) markUnreached(features []catalog.Feature) {
	isReached := map[string]bool{}
	for _, feature := range features {
		for _, use := range feature.Uses {
			for _, action := range use.Actions {
				key := strings.ToLower(action)
				isReached[key] = isReached[key] || use.Phase != "never"
			}
		}
	}
	for key, reached := range isReached {
		f.unreached[key] = !reached
	}
}

// addImplied records what AWS requires in addition when the controllers make
// the calls of a feature.
func (f *fitFacts) addImplied(features []catalog.Feature) {
	alwaysRequired := map[string]bool{} // whether a feature without calls requires the action
	for _, feature := range features {
		var calls []string
		for _, use := range feature.Uses {
			for _, action := range use.Actions {
				if !use.Implicit && use.Phase != "never" {
					calls = append(calls, strings.ToLower(action))
				}
			}
		}
		for _, use := range feature.Uses {
			if !use.Implicit {
				continue
			}
			for _, action := range use.Actions {
				key := strings.ToLower(action)
				alwaysRequired[key] = alwaysRequired[key] || len(calls) == 0
				f.implied[key] = append(f.implied[key], calls...)
			}
		}
	}
	for key := range alwaysRequired {
		if alwaysRequired[key] {
			f.implied[key] = nil
		}
	}
}
