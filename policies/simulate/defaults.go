// Defaults of template parameters: a decision is based on them, but it is
// unknown if another value of a parameter could change it, because a deployment
// can replace the default. To find this out, the request is evaluated a second
// time, as if the values of the parameters were known only at deployment.

package simulate

import (
	"fmt"
	"slices"

	"capaboot/internal/shortlist"
	"capaboot/policies/document"
)

// input is what one method of [Simulation] added: a role or user of a set, the
// policies of a set, one policy, or the boundary.
type input struct {
	holder           *document.Holder
	set              *document.Set
	policy, boundary *document.Policy
}

// defaults has the parameters with defaults in the templates of the simulation.
type defaults struct {
	parameters []string
	// triesEach means that each parameter is examined alone too, to name those that
	// matter.
	triesEach bool
	without   map[string]*Simulation // by parameter, or "" for all; nil if the templates cannot be read
}

// Limits for examining each parameter alone, because the templates are read again for
// each parameter. Beyond one of these limits, a note names all parameters.
const (
	maxTriedParameters = 8
	maxTriedRequests   = 100
	maxTriedBytes      = 256 << 10
)

// findDefaults finds the parameters with defaults before requests are decided.
func (s *Simulation) findDefaults(requests int) {
	s.defaults = nil
	if !s.ChecksDefaults {
		return
	}
	var parameters []string
	size := 0
	for _, in := range s.inputs {
		if in.set != nil {
			parameters = union(parameters, in.set.Defaulted())
			size += in.set.Bytes
		}
	}
	if len(parameters) > 0 {
		slices.Sort(parameters)
		s.defaults = &defaults{parameters: parameters, without: map[string]*Simulation{},
			triesEach: len(parameters) <= maxTriedParameters && requests <= maxTriedRequests && size <= maxTriedBytes}
	}
}

// checkDefaults makes an outcome unknown if other values of parameters with
// defaults could change it, and adds a note that names these parameters.
func (s *Simulation) checkDefaults(action, resource string, o *Outcome) {
	if s.defaults == nil || o.Unknown {
		return
	}
	same, possible := s.isSameWithout("", action, resource, o)
	if same {
		return
	}
	var deciding []string
	if s.defaults.triesEach {
		for _, name := range s.defaults.parameters {
			same := false
			if len(s.defaults.parameters) > 1 {
				same, _ = s.isSameWithout(name, action, resource, o)
			}
			if !same {
				deciding = append(deciding, name)
			}
		}
	}
	if len(deciding) == 0 { // only several of them together change the outcome
		deciding = s.defaults.parameters
	}
	note := fmt.Sprintf("the decision is based on the default of parameter %s, and another value can change the decision: pass the value with --parameter %s=VALUE", deciding[0], deciding[0])
	if len(deciding) > 1 {
		names := shortlist.Few(deciding, shortlist.Shown(len(deciding), maxTriedParameters), func(name string) string { return name })
		note = fmt.Sprintf("the decision is based on the defaults of parameters, and other values can change the decision: pass the values with --parameter NAME=VALUE for %s", names)
	}
	s.meter.Spend(noteCost(note))
	o.Notes, o.Unknown = append(append(o.Notes, possible...), note), true
}

// differsWithout reports whether the decision differs, or may differ, if the value of a
// parameter is known only at deployment.
func (s *Simulation) differsWithout(parameter, action, resource string, o *Outcome) bool {
	other := s.readWithout(parameter)
	if other == nil {
		return true
	}
	other.meter = s.meter
	found := other.decide(action, resource)
	other.noteWithoutResource(action, &found)
	return found.differsFrom(o)
}

// isSameWithout reports whether an outcome is certainly the same for every
// value of a parameter, or of all parameters with defaults if parameter is "".
// possible has notes about policies that the caller may have with other values.
func (s *Simulation) isSameWithout(parameter, action, resource string, o *Outcome) (same bool, possible []string) {
	other := s.readWithout(parameter)
	if other == nil {
		return false, nil
	}
	other.meter = s.meter
	found := other.decide(action, resource)
	other.noteWithoutResource(action, &found)
	possible = other.notePossiblePolicies(action, resource, &found)
	same = found.Decision == o.Decision && !found.Unknown && !other.mayChange(found.Decision) && sameConditionals(found.Conditional, o.Conditional)
	return same, possible
}

// readWithout returns [Simulation.without] for a parameter, or for all parameters with
// defaults if parameter is "".
func (s *Simulation) readWithout(parameter string) *Simulation {
	other, known := s.defaults.without[parameter]
	if !known {
		names := []string{parameter}
		if parameter == "" {
			names = s.defaults.parameters
		}
		other = s.without(names)
		s.defaults.without[parameter] = other
	}
	return other
}

// without returns the simulation in which the values of parameters are known only
// at deployment; nil if the templates cannot be read without the values, or then do
// not have the simulated role or user.
func (s *Simulation) without(parameters []string) *Simulation {
	other := *s
	other.Policies, other.holder, other.set, other.known, other.possible, other.inputs, other.defaults = Policies{}, nil, nil, nil, nil, nil, nil
	other.notesOnTemplates, other.hasUnreadGrants, other.allowedValues, other.fromSSM, other.withConditions, other.resourcePolicies = nil, false, nil, nil, nil, nil
	for _, in := range s.inputs {
		set := in.set
		if set != nil {
			var err error
			if set, err = set.WithoutDefaults(parameters); err != nil {
				return nil
			}
			if s.NamesAreGiven {
				keepNames(in.set, set, in.holder)
			}
		}
		switch {
		case in.holder != nil:
			h := counterpart(set, in.holder)
			if h == nil {
				return nil
			}
			other.SetHolder(h, set)
		case set != nil:
			if err := other.AddPolicies(set); err != nil {
				return nil
			}
		case in.policy != nil:
			if err := other.AddPolicy(*in.policy); err != nil {
				return nil
			}
		default:
			other.SetBoundary(*in.boundary)
		}
	}
	return &other
}

// position identifies a role or user of a template.
type position struct {
	kind            document.Kind
	logicalID, file string
	line, column    int
}

func positionOf(h *document.Holder) position {
	return position{h.Kind, h.LogicalID, h.File, h.Line, h.Column}
}

// counterpart returns the same role or user from a set that was read again, or
// nil.
func counterpart(set *document.Set, of *document.Holder) *document.Holder {
	i := slices.IndexFunc(set.Principals, func(h *document.Holder) bool { return positionOf(h) == positionOf(of) })
	if i < 0 {
		return nil
	}
	return set.Principals[i]
}

// keepNames gives the roles and users of a set that was read again the names
// that they have with the defaults. A role or user that the templates do not
// create keeps its name only if it is the caller: without the default, the
// policies that a template attaches to it can belong to another role or user.
func keepNames(before, again *document.Set, caller *document.Holder) {
	all := map[position]*document.Holder{}
	for _, h := range before.Principals {
		all[positionOf(h)] = h
	}
	for _, h := range again.Principals {
		if known := all[positionOf(h)]; known != nil && (known == caller || !known.IsElsewhere()) {
			h.Name, h.Path, h.PossibleNames, h.HasGeneratedName = known.Name, known.Path, known.PossibleNames, known.HasGeneratedName
		}
	}
}
