// Switches: the features that a configuration can switch on, because no policy of
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

// FeaturesPolicy is the logical ID of the policy with what the switched on features
// need, and FeaturesField the field of the configuration that switches them on.
const (
	FeaturesPolicy = ControllersPolicies + "Features"
	FeaturesField  = "clusterAPIControllers.features"
)

// Switch is a feature that a configuration can switch on.
type Switch struct {
	Name string // of a [Feature]
	// Value is the field that it takes besides its name ("keys"), "" for none, and
	// Holds what that is, in words.
	Value, Holds string
	// Defaults hold when the value is left out; without any it must not be.
	Defaults []string
	// Gate is the setting without which the feature is not there.
	Gate Gate
}

// Setting is the name of the list in [Settings] with the feature's values.
func (s *Switch) Setting() string { return FeaturesField + "." + s.Name + "." + s.Value }

// Example is the field of the configuration that switches the feature on.
func (s *Switch) Example() string {
	item := s.Name
	if s.Value != "" && len(s.Defaults) == 0 {
		item = fmt.Sprintf("{name: %s, %s: [...]}", s.Name, s.Value)
	}
	return FeaturesField + ": [" + item + "]"
}

// Switch returns the name of the feature that opens the gate, if one does.
func (g Gate) Switch() (name string, ok bool) {
	return strings.CutPrefix(string(g), FeaturesField+" has ")
}

//go:embed switches.tsv
var switchesTSV string

var loadSwitches = lazy.Values[[]Switch, error]{Make: func() ([]Switch, error) { return parseSwitches(switchesTSV) }}

// Switches returns the features that can be switched on, in alphabetical order. They
// are read at the first call; callers share them and must not change them. An error
// means that the program was built wrong.
func Switches() ([]Switch, error) { return loadSwitches.Get() }

func parseSwitches(text string) ([]Switch, error) {
	var all []Switch
	err := table.Each("switches.tsv", text, func(f []string) error {
		if len(f) != 5 || slices.Contains(f, "") || (f[1] == "-") != (f[4] == "-") || f[1] == "-" && f[2] != "-" {
			return errors.New("want a feature, a value, its default, a gate and what the value holds between tabs")
		}
		s := Switch{Name: f[0], Defaults: list(f[2]), Gate: Gate(f[3])}
		if f[1] != "-" {
			s.Value, s.Holds = f[1], f[4]
		}
		if len(all) > 0 && all[len(all)-1].Name >= s.Name {
			return errors.New("the rows are not sorted")
		}
		all = append(all, s)
		return nil
	})
	return all, err
}

// SwitchNamed returns the feature of a name that can be switched on, and whether there
// is one.
func SwitchNamed(name string) (*Switch, bool) {
	all, err := Switches()
	i := slices.IndexFunc(all, func(s Switch) bool { return s.Name == name })
	if err != nil || i < 0 {
		return nil, false
	}
	return &all[i], true
}

// SwitchNames returns the names of the features that can be switched on.
func SwitchNames() ([]string, error) {
	switches, err := Switches()
	var names []string
	for _, s := range switches {
		names = append(names, s.Name)
	}
	return names, err
}

// SwitchesFor returns the names of the features that grant an action at a release when
// they are switched on. The letter case does not matter.
func (c *Catalogue) SwitchesFor(action string, release Release) []string {
	var names []string
	c.eachSwitchGrant(func(name string, g *Grant) {
		if strings.EqualFold(g.Name, action) && g.In(release) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	})
	return names
}

// SwitchSince returns the first release that has a feature, and whether another one
// has it.
func (c *Catalogue) SwitchSince(name string, release Release) (since Release, has bool) {
	c.eachSwitchGrant(func(of string, g *Grant) {
		if of != name {
			return
		}
		if since == (Release{}) || g.Since.Compare(since) < 0 {
			since = g.Since
		}
		has = has || g.In(release)
	})
	return since, has
}

func (c *Catalogue) eachSwitchGrant(do func(feature string, g *Grant)) {
	p := c.Policy(FeaturesPolicy)
	if p == nil {
		return
	}
	for i := range p.Statements {
		name, _ := p.Statements[i].When.Switch()
		for j := range p.Statements[i].Actions {
			do(name, &p.Statements[i].Actions[j])
		}
	}
}
