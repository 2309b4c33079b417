// Features of CAPA: which of its calls the controllers make when a manifest asks
// for what, how each call can be limited, and what they need besides.

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

// Feature is something that a manifest can ask for, with the calls that the
// controllers of [APICallsOf] make for it.
type Feature struct {
	Name string // "dedicated-hosts"
	Uses []Use
}

// Use is some calls of a feature.
type Use struct {
	when, sources phrased // see When, Sources
	// Life is when in the life of the cluster they are made: "reconcile", "create",
	// "delete", "always"; "never": no path of the controllers leads there.
	Life string
	// Since is the first release that has the feature, if that came after
	// [APICallsOf].
	Since Release
	// Implicit: AWS asks for the actions when the controllers make another call, or
	// the AWS SDK makes the call.
	// Doubtful: it is not certain that it does, or that the call is made.
	Implicit, Doubtful bool
	// Actions are none where the row says that no call is made.
	Actions []string
}

// When is what a manifest says when the calls are made.
func (u *Use) When() string { return u.when.String() }

// Sources are lines of the controllers' source ("pkg/...go:53"), or pages.
func (u *Use) Sources() []string { return u.sources.list() }

// Limit is how a permission of the controllers can be limited.
type Limit struct {
	// How names the tags that exist before the call, names, and condition keys.
	How     string
	Sources []string
}

// limitRow is a limit as its table has it.
type limitRow struct{ how, sources phrased }

// Need is what the controllers need and no policy grants by naming the action
// alone.
type Need struct {
	Kind      NeedKind
	Features  []string
	Since     Release
	Gate      Gate
	Actions   []string
	Resources []string
	// Condition holds in all these requests; nil for none.
	Condition Conditions
	Note      string
}

// NeedKind says why something is needed.
type NeedKind string

// The kinds of needs.
const (
	// Implied: AWS asks for the action when the controllers make another call.
	Implied NeedKind = "implied"
	// OnResources: the policies grant the call, on resources that do not fit.
	OnResources NeedKind = "resources"
	// WithSettings: the policies grant the call with another configuration alone.
	WithSettings NeedKind = "settings"
	// Doubtful is Implied, and not certain.
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

// Features returns the features in the order of features.tsv: those of networks,
// load balancers, machines, EKS and ROSA. They are read at the first call;
// callers share them and must not change them. An error means that the program
// was built wrong, as with [LimitOf] and [Needs].
func Features() ([]Feature, error) { return loadFeatures.Get() }

// LimitOf returns how an action can be limited, and whether that is known. The
// letter case does not matter.
func LimitOf(action string) (Limit, bool, error) {
	limits, err := loadLimits.Get()
	row, ok := limits[strings.ToLower(action)]
	if err != nil || !ok {
		return Limit{}, false, err
	}
	return Limit{row.how.String(), row.sources.list()}, true, nil
}

// Needs returns what the controllers need besides calls that are granted by name.
func Needs() ([]Need, error) { return loadNeeds.Get() }

// parsePhrases reads what {NAME} stands for.
func parsePhrases(text string) (map[string]string, error) {
	phrases := map[string]string{}
	err := table.Each("phrases.tsv", text, func(f []string) error {
		if len(f) != 2 || f[0] == "" || f[1] == "" {
			return errors.New("want a name and a text between tabs")
		}
		phrases[f[0]] = f[1]
		return nil
	})
	return phrases, err
}

// phrased is a text of the tables: {NAME} stands for a phrase, which is written out
// when somebody asks for the text.
type phrased string

// check returns an error if a phrase is unknown.
func (p phrased) check() error {
	return p.each(func(string) {})
}

// String returns the text with its phrases in full. It has passed the check.
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

// list returns the parts of a text that are separated by "; ".
func (p phrased) list() []string { return strings.Split(p.String(), "; ") }

// each calls do with the parts of the text, its phrases in full.
func (p phrased) each(do func(part string)) error {
	for text, found := string(p), true; found; {
		var before, name string
		before, text, found = strings.Cut(text, "{")
		do(before)
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
		do(phrase)
	}
	return nil
}

var lives = []string{"reconcile", "create", "delete", "always", "never"}

func parseFeatures(text string) ([]Feature, error) {
	var all []Feature
	byName := map[string]int{}
	err := table.Each("features.tsv", text, func(f []string) error {
		if len(f) != 6 || slices.Contains(f, "") || !slices.Contains(lives, f[1]) {
			return errors.New("want a feature, when in its life, marks, what a manifest says, actions and sources between tabs")
		}
		use := Use{Life: f[1], when: phrased(f[3]), Actions: list(f[4]), sources: phrased(f[5])}
		for _, mark := range list(f[2]) {
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
		i, known := byName[f[0]]
		if !known {
			i = len(all)
			byName[f[0]] = i
			all = append(all, Feature{Name: f[0]})
		}
		all[i].Uses = append(all[i].Uses, use)
		return errors.Join(use.when.check(), use.sources.check())
	})
	return all, err
}

func parseLimits(text string) (map[string]limitRow, error) {
	all := make(map[string]limitRow, strings.Count(text, "\n"))
	err := table.Each("limits.tsv", text, func(f []string) error {
		if len(f) != 3 || slices.Contains(f, "") {
			return errors.New("want an action, its limit and sources between tabs")
		}
		row := limitRow{phrased(f[1]), phrased(f[2])}
		all[strings.ToLower(f[0])] = row
		return errors.Join(row.how.check(), row.sources.check())
	})
	return all, err
}

func parseNeeds(text string) ([]Need, error) {
	var all []Need
	err := table.Each("needs.tsv", text, func(f []string) error {
		if len(f) != 8 || slices.Contains(f, "") || !slices.Contains([]NeedKind{Implied, OnResources, WithSettings, Doubtful}, NeedKind(f[0])) {
			return errors.New("want a kind, features, a release, a gate, actions, resources, a condition and a note between tabs")
		}
		need := Need{Kind: NeedKind(f[0]), Features: list(f[1]), Gate: Gate(f[3]), Actions: list(f[4]), Resources: list(f[5]), Note: f[7]}
		if err := need.Since.UnmarshalText([]byte(f[2])); err != nil {
			return err
		}
		if f[6] != "-" {
			operator, rest, _ := strings.Cut(f[6], " ")
			key, value, ok := strings.Cut(rest, "=")
			if !ok {
				return errors.New("want OPERATOR KEY=VALUE as condition")
			}
			need.Condition = Conditions{operator: {key: value}}
		}
		all = append(all, need)
		return nil
	})
	return all, err
}
