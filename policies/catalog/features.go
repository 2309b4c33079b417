// Features of CAPA: which calls the controllers make for which parts of a
// manifest, how each call can be limited, and what else the controllers need.

package catalog

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/internal/table"
)

// Feature is a feature of CAPA that a manifest can request, with the calls that the
// controllers of [FeaturesRelease], or of a later release, make for it.
type Feature struct {
	Name string // "dedicated-hosts"
	Uses []Use
}

// Use is a set of calls of a feature that are made under the same
// circumstances.
type Use struct {
	manifests, sources phrased // see When, Sources
	// Phase is the phase in the life of a cluster, machine or other object in
	// which the calls are made: "reconcile", "create", "delete" or "always";
	// "never" if no code path of the controllers reaches them.
	Phase string
	// Since is the first release that makes the calls, if it is newer than
	// [FeaturesRelease].
	Since Release
	// Implicit is true if AWS requires the actions when the controllers make
	// another call, or if the AWS SDK makes the call. Doubtful is true if it is
	// not certain that AWS requires them or that the call is made.
	Implicit, Doubtful bool
	// Actions is empty if no call is made.
	Actions []string
}

// When describes the manifests for which the calls are made.
func (u *Use) When() string { return u.manifests.String() }

// Sources returns lines of the controllers' source code ("pkg/...go:53"), or
// web pages.
func (u *Use) Sources() []string { return u.sources.list() }

// Limit describes how a permission of the controllers can be limited.
type Limit struct {
	// How says what can limit the permission: tags that exist before the
	// call, name patterns, or condition keys.
	How     string
	Sources []string
}

// limitRow is a row of limits.tsv.
type limitRow struct{ limits, sources phrased }

// Need is a set of actions that the controllers need and CAPA's policies do not grant, or
// grant only on other resources or with another configuration. Comparing the controllers'
// calls with the policies does not find these gaps.
type Need struct {
	Kind     NeedKind
	Features []string // the features that need the actions
	Since    Release  // the first release that needs them
	Gate     Gate     // the setting that the features require
	Actions  []string
	// Resources are the narrowest patterns that work for every cluster.
	Resources []string
	// Condition is a condition that every request for these actions meets; nil
	// means none.
	Condition Conditions
	// Note says why the permission is missing, or how to narrow it.
	Note string
}

// NeedKind is the reason for a need.
type NeedKind string

// The kinds of needs.
const (
	// Implied: AWS requires the action when the controllers make another call.
	Implied NeedKind = "implied"
	// OnResources: the policies grant the call, but not on the resources of the
	// need.
	OnResources NeedKind = "resources"
	// WithSettings: the policies grant the call only with another
	// configuration.
	WithSettings NeedKind = "settings"
	// Doubtful: AWS probably requires the action when the controllers make another
	// call, but this is not certain.
	Doubtful NeedKind = "doubtful"
)

//go:embed features.tsv
var featuresTSV string

//go:embed limits.tsv
var limitsTSV string

//go:embed needs.tsv
var needsTSV string

//go:embed phrases.tsv
var phrasesTSV string

var (
	loadPhrases  = lazy.Values[map[string]string, error]{Make: func() (map[string]string, error) { return parsePhrases(phrasesTSV) }}
	loadFeatures = lazy.Values[[]Feature, error]{Make: func() ([]Feature, error) { return parseFeatures(featuresTSV) }}
	loadLimits   = lazy.Values[map[string]limitRow, error]{Make: func() (map[string]limitRow, error) { return parseLimits(limitsTSV) }}
	loadNeeds    = lazy.Values[[]Need, error]{Make: func() ([]Need, error) { return parseNeeds(needsTSV) }}
)

// Features returns the features in the order of features.tsv. It parses the table
// once; callers share the result and must not modify it. An error of Features,
// [LimitOf] or [Needs] means that the embedded table is invalid.
func Features() ([]Feature, error) { return loadFeatures.Get() }

// LimitOf returns how an action can be limited, and whether that is known. It
// ignores case.
func LimitOf(action string) (Limit, bool, error) {
	limits, err := loadLimits.Get()
	row, ok := limits[strings.ToLower(action)]
	if err != nil || !ok {
		return Limit{}, false, err
	}
	return Limit{row.limits.String(), row.sources.list()}, true, nil
}

// Needs returns the needs, in the order of needs.tsv. It parses the table once;
// callers share the result and must not modify it.
func Needs() ([]Need, error) { return loadNeeds.Get() }

// parsePhrases parses phrases.tsv: the phrase of each {NAME}.
func parsePhrases(text string) (map[string]string, error) {
	phrases := map[string]string{}
	err := table.Each("phrases.tsv", text, func(f []string) error {
		if len(f) != 2 || f[0] == "" || f[1] == "" {
			return errors.New("want a name and a text, separated by a tab")
		}
		phrases[f[0]] = f[1]
		return nil
	})
	return phrases, err
}

// phrased is a text in which {NAME} stands for a phrase. The phrases are
// inserted only when the text is used.
type phrased string

// check returns an error if the text uses an unknown phrase.
func (p phrased) check() error {
	return p.each(func(string) {})
}

// String returns the text with its phrases inserted. The text must have passed
// check.
func (p phrased) String() string {
	if !strings.Contains(string(p), "{") {
		return string(p)
	}
	var b strings.Builder
	size := 0
	_ = p.each(func(part string) { size += len(part) })
	b.Grow(size)
	_ = p.each(func(part string) { b.WriteString(part) })
	return b.String()
}

func (p phrased) list() []string { return strings.Split(p.String(), "; ") }

// each calls f with each part of the text: a literal part or a phrase.
func (p phrased) each(f func(part string)) error {
	for text, found := string(p), true; found; {
		var before, name string
		before, text, found = strings.Cut(text, "{")
		f(before)
		if !found {
			break
		}
		name, text, _ = strings.Cut(text, "}")
		phrases, err := loadPhrases.Get()
		if err != nil {
			return err
		}
		phrase, known := phrases[name]
		if !known {
			return fmt.Errorf("phrases.tsv has no phrase %q", name)
		}
		f(phrase)
	}
	return nil
}

var phases = []string{"reconcile", "create", "delete", "always", "never"}

func parseFeatures(text string) ([]Feature, error) {
	var all []Feature
	byName := map[string]int{}
	err := table.Each("features.tsv", text, func(f []string) error {
		if len(f) != 6 || slices.Contains(f, "") || !slices.Contains(phases, f[1]) {
			return errors.New("want feature, phase, marks, manifest, actions and sources, separated by tabs")
		}
		use := Use{Phase: f[1], manifests: phrased(f[3]), Actions: cellWords(f[4]), sources: phrased(f[5])}
		for _, mark := range cellWords(f[2]) {
			switch mark {
			case "implicit":
				use.Implicit = true
			case "doubtful":
				use.Doubtful = true
			default:
				if err := use.Since.UnmarshalText([]byte(mark)); err != nil {
					return err
				}
			}
		}
		i, exists := byName[f[0]]
		if !exists {
			i = len(all)
			byName[f[0]] = i
			all = append(all, Feature{Name: f[0]})
		}
		all[i].Uses = append(all[i].Uses, use)
		return errors.Join(use.manifests.check(), use.sources.check())
	})
	return all, err
}

func parseLimits(text string) (map[string]limitRow, error) {
	all := make(map[string]limitRow, strings.Count(text, "\n"))
	err := table.Each("limits.tsv", text, func(f []string) error {
		if len(f) != 3 || slices.Contains(f, "") {
			return errors.New("want action, limit and sources, separated by tabs")
		}
		row := limitRow{phrased(f[1]), phrased(f[2])}
		all[strings.ToLower(f[0])] = row
		return errors.Join(row.limits.check(), row.sources.check())
	})
	return all, err
}

func parseNeeds(text string) ([]Need, error) {
	var all []Need
	err := table.Each("needs.tsv", text, func(f []string) error {
		if len(f) != 8 || slices.Contains(f, "") || !slices.Contains([]NeedKind{Implied, OnResources, WithSettings, Doubtful}, NeedKind(f[0])) {
			return errors.New("want kind, features, release, gate, actions, resources, condition and note, separated by tabs")
		}
		need := Need{Kind: NeedKind(f[0]), Features: cellWords(f[1]), Gate: Gate(f[3]), Actions: cellWords(f[4]), Resources: cellWords(f[5]), Note: f[7]}
		if err := need.Since.UnmarshalText([]byte(f[2])); err != nil {
			return err
		}
		if f[6] != "-" {
			operator, rest, _ := strings.Cut(f[6], " ")
			key, value, ok := strings.Cut(rest, "=")
			if !ok {
				return errors.New("want the condition as OPERATOR KEY=VALUE")
			}
			need.Condition = Conditions{operator: {key: value}}
		}
		all = append(all, need)
		return nil
	})
	return all, err
}
