// Defaults of parameters, for comparing templates that differ in them.

package document

import (
	"maps"
	"slices"
	"strings"
)

// Default is the default of a template parameter.
type Default struct {
	Value string
	// Condition is an entry of [Statement.When] that says that the parameter has
	// this value, or "" if such an entry decides nothing: the value comes from
	// Systems Manager, or is not one of those with which the template was
	// evaluated. If Secret is true, it must not be shown.
	Condition string
	// Secret is true for a parameter with NoEcho or with the value of a secret: the
	// value must not be shown.
	Secret bool
}

// parameterDefaults returns the defaults of the parameters without a given value.
func (r *resolver) parameterDefaults() map[string]Default {
	all := map[string]Default{}
	for name, p := range r.parameters {
		if p.defaultValue == nil || p.givenValue != nil {
			continue
		}
		d := Default{Value: *p.defaultValue, Secret: p.secret}
		if label, ok := p.evaluatedAs(*p.defaultValue); ok && !p.fromSSM {
			d.Condition = valueCondition(name, label)
		}
		all[name] = d
	}
	return all
}

// hideDefaultsOfSecrets marks the defaults that are the value of a secret, even if
// the parameter has no NoEcho.
func (r *templateReader) hideDefaultsOfSecrets() {
	for _, s := range r.secrets {
		if d, ok := r.defaults[s.Parameter]; ok {
			d.Secret = true
			r.defaults[s.Parameter] = d
		}
	}
}

// evaluatedAs returns the value of a parameter in the form in which the template
// was evaluated with it: the parts of a list are in the order of the allowed
// values. ok is false if it was not evaluated.
func (p *parameter) evaluatedAs(value string) (label string, ok bool) {
	if len(p.allowedValues) < 2 {
		return value, !p.isList
	}
	tried, _ := p.choices()
	if slices.Contains(tried, value) || !p.isList {
		return value, slices.Contains(tried, value)
	}
	parts := p.parts(value)
	ordered := slices.DeleteFunc(slices.Clone(p.allowedValues), func(allowed string) bool { return !slices.Contains(parts, allowed) })
	label = strings.Join(ordered, ",")
	return label, len(ordered) == len(parts) && slices.Contains(tried, label)
}

// mergeDefaults returns the defaults on which all sets that have the parameter
// agree.
func mergeDefaults(sets []*Set) map[string]Default {
	merged, differs := map[string]Default{}, map[string]bool{}
	for _, s := range sets {
		for name, d := range s.Defaults {
			if known, ok := merged[name]; ok && known != d {
				differs[name] = true
			}
			merged[name] = d
		}
	}
	maps.DeleteFunc(merged, func(name string, _ Default) bool { return differs[name] })
	return merged
}
