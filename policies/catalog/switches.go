// Switches: features that a configuration can enable, because no policy of
// CAPA's templates grants what they need.

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

// FeaturesPolicy is the logical ID of the policy that grants what the enabled
// features need, and FeaturesField the configuration field that enables them.
const (
	FeaturesPolicy = ControllersPolicyPrefix + "Features"
	FeaturesField  = "clusterAPIControllers.features"
)

// Switch is a feature that a configuration can enable.
type Switch struct {
	Name string // the name of a [Feature]
	// Field is the name of the feature's additional field ("keys"), or "", and
	// Holds describes the values of that field.
	Field, Holds string
	// Defaults are the values if the field is absent. If there are none, the
	// field is required.
	Defaults []string
	// Gate is the setting that the feature requires.
	Gate Gate
}

// Setting returns the name of the list in [Settings] that has the feature's
// values.
func (s *Switch) Setting() string { return FeaturesField + "." + s.Name + "." + s.Field }

// Example returns the configuration field that enables the feature.
func (s *Switch) Example() string {
	if s.Field != "" && len(s.Defaults) == 0 {
		return s.ExampleWithValues()
	}
	return FeaturesField + ": [" + s.Name + "]"
}

// ExampleWithValues is like [Switch.Example], with the feature's additional
// field even if the field has defaults.
func (s *Switch) ExampleWithValues() string {
	return fmt.Sprintf("%s: [{name: %s, %s: [...]}]", FeaturesField, s.Name, s.Field)
}

// Switch returns the name of the feature that opens the gate. It returns false
// if no feature does.
func (g Gate) Switch() (name string, ok bool) {
	return strings.CutPrefix(string(g), FeaturesField+" has ")
}

//go:embed switches.tsv
var switchesTSV string

var loadSwitches = lazy.Values[[]Switch, error]{Make: func() ([]Switch, error) { return parseSwitches(switchesTSV) }}

// Switches returns the features that can be enabled, in alphabetical order. It
// parses the table once; callers share the result and must not modify it. An
// error means that the embedded table is invalid.
func Switches() ([]Switch, error) { return loadSwitches.Get() }

func parseSwitches(text string) ([]Switch, error) {
	var all []Switch
	err := table.Each("switches.tsv", text, func(f []string) error {
		if len(f) != 5 || slices.Contains(f, "") || (f[1] == "-") != (f[4] == "-") || f[1] == "-" && f[2] != "-" {
			return errors.New("want feature, value, default, gate and contents of the value, separated by tabs")
		}
		s := Switch{Name: f[0], Defaults: cellWords(f[2]), Gate: Gate(f[3])}
		if f[1] != "-" {
			s.Field, s.Holds = f[1], f[4]
		}
		if len(all) > 0 && all[len(all)-1].Name >= s.Name {
			return errors.New("rows are not sorted")
		}
		all = append(all, s)
		return nil
	})
	return all, err
}

// SwitchNamed returns the feature with the given name, and whether it can be
// enabled.
func SwitchNamed(name string) (*Switch, bool) {
	all, err := Switches()
	i := slices.IndexFunc(all, func(s Switch) bool { return s.Name == name })
	if err != nil || i < 0 {
		return nil, false
	}
	return &all[i], true
}

// SwitchNames returns the names of the features that can be enabled.
func SwitchNames() ([]string, error) {
	switches, err := Switches()
	var names []string
	for _, s := range switches {
		names = append(names, s.Name)
	}
	return names, err
}

// SwitchesFor returns the names of the features that, when enabled, grant an
// action in a release. It ignores case.
func (c *Catalogue) SwitchesFor(action string, release Release) []string {
	var names []string
	c.eachSwitchGrant(func(name string, g *Grant) {
		if strings.EqualFold(g.Name, action) && g.In(release) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	})
	return names
}

// SwitchSince returns the first release with a feature, and whether the given
// release has it. since is the zero Release if no release has the feature.
func (c *Catalogue) SwitchSince(name string, release Release) (since Release, ok bool) {
	c.eachSwitchGrant(func(feature string, g *Grant) {
		if feature != name {
			return
		}
		if since == (Release{}) || g.Since.Compare(since) < 0 {
			since = g.Since
		}
		ok = ok || g.In(release)
	})
	return since, ok
}

func (c *Catalogue) eachSwitchGrant(f func(feature string, g *Grant)) {
	p := c.Policy(FeaturesPolicy)
	if p == nil {
		return
	}
	for i := range p.Statements {
		name, _ := p.Statements[i].When.Switch()
		for j := range p.Statements[i].Actions {
			f(name, &p.Statements[i].Actions[j])
		}
	}
}
