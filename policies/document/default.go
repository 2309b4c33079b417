// The defaults of the parameters of a template.

package document

import "slices"

// Default is the default of a template parameter without a given value.
type Default struct {
	Value string
	// Missing is true if a deployment must pass a value: there is no default, or the
	// template does not allow it.
	Missing bool
	// Secret is true for a parameter with NoEcho or with the value of a secret: the
	// value must not be shown.
	Secret bool
	// FromSSM is true if the value comes from a parameter of Systems Manager; Value
	// is then the name of that parameter.
	FromSSM bool
}

// parameterDefaults returns the defaults of the parameters without a given value.
func (r *resolver) parameterDefaults() map[string]Default {
	all := map[string]Default{}
	for name, p := range r.parameters {
		if p.givenValue != nil {
			continue
		}
		d := Default{Missing: true, Secret: r.isSecret(name), FromSSM: p.fromSSM}
		if p.defaultValue != nil && p.allows(*p.defaultValue) {
			d.Value, d.Missing = *p.defaultValue, false
		}
		all[name] = d
	}
	return all
}

// allows reports whether the allowed values of a parameter include a value or,
// for a list, each of its entries. It returns true if the parameter has no
// allowed values, or is from Systems Manager.
func (p *parameter) allows(value string) bool {
	if len(p.allowedValues) == 0 || p.fromSSM {
		return true
	}
	return !slices.ContainsFunc(p.parts(value), func(part string) bool { return !slices.Contains(p.allowedValues, part) })
}
