// Regions that may be newer than the list of regions. The name of such a region
// may also be a mistake for the name of a known region. The decision is certain if
// it is the same in the known regions with similar names.

package simulate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// newRegion is a region of a request that may be new.
type newRegion struct {
	name  string
	where string // "the region \"ap-southeast-8\" in the ARN of the resource"
	// similar has the regions that may be meant.
	similar []string
}

// newRegions returns the regions in a request that may be new, each once.
func (s *Simulation) newRegions(resource string) (all []newRegion) {
	add := func(name, where string) {
		similar, ok := arn.MayBeNewRegion(name)
		if ok && !slices.ContainsFunc(all, func(r newRegion) bool { return r.name == name }) {
			all = append(all, newRegion{name, where, similar})
		}
	}
	region := regionOf(resource)
	add(region, describeRegionInARN(region))
	for _, key := range slices.Sorted(maps.Keys(s.context)) {
		for _, value := range s.context[key] {
			region, where := authz.RegionIn(key, value), s.describeValue(key, value)
			if region != value {
				where = fmt.Sprintf("the region %q in %s", region, where)
			}
			add(region, where)
		}
	}
	return all
}

// noteNewRegion adds a note about a region that may be new. The outcome becomes
// unknown if the decision would differ in a similar region, unless a statement
// names the region: then the region is probably correct.
func (s *Simulation) noteNewRegion(r newRegion, action, resource string, o *Outcome) {
	note := r.where + " is not a known region, and may be new: "
	if s.namesRegion(r.name) {
		note += "a statement also names the region"
	} else if other, decision, differs := s.differsElsewhere(r, action, resource, o); differs {
		note += fmt.Sprintf("if the region is a mistake for %s, the decision is %s", other, decision)
		o.Unknown = true
	} else {
		note += "the decision is the same in every known region with a similar name"
	}
	s.meter.Spend(noteCost(note))
	o.Notes = append(o.Notes, note)
}

// differsElsewhere returns the first similar region in which the outcome of the request
// differs, and the decision there. If there are too many requests to compare, it returns
// the first similar region and "unknown".
func (s *Simulation) differsElsewhere(r newRegion, action, resource string, o *Outcome) (region, decision string, differs bool) {
	if len(s.actions)*max(1, len(s.resources))*s.statementCount()*len(r.similar) > maxEvaluations {
		return r.similar[0], "unknown", true
	}
	for _, region := range r.similar {
		other := *s
		other.context = maps.Clone(s.context)
		for key, values := range other.context {
			other.context[key] = slices.Clone(values)
			for i, value := range values {
				if authz.RegionIn(key, value) == r.name {
					other.context[key][i] = strings.Replace(value, r.name, region, 1)
				}
			}
		}
		otherResource := resource
		if regionOf(resource) == r.name {
			otherResource = strings.Replace(resource, r.name, region, 1)
		}
		d := other.decide(action, otherResource)
		if d.Decision != o.Decision || d.Unknown && !o.Unknown || !sameConditionals(d.Conditional, o.Conditional) {
			return region, d.inWords(), true
		}
	}
	return "", "", false
}

// describeRegionInARN and describeValue name a part of the request in a note.
func describeRegionInARN(region string) string {
	return fmt.Sprintf("the region %q in the ARN of the resource", region)
}

func (s *Simulation) describeValue(key, value string) string {
	return fmt.Sprintf("the value %q of %s", value, s.keyNames[key])
}

// namesRegion reports whether a statement of the simulation has the region in a
// resource or in a condition.
func (s *Simulation) namesRegion(region string) bool {
	names := func(text string) bool { return strings.Contains(text, region) }
	for _, policy := range s.allPolicies() {
		for i := range policy.Document.Statements {
			one := &policy.Document.Statements[i]
			s.meter.Spend(1 + len(one.Resources) + len(one.NotResources) + 5*len(one.Conditions))
			if slices.ContainsFunc(one.Resources, names) || slices.ContainsFunc(one.NotResources, names) ||
				slices.ContainsFunc(one.Conditions, func(c document.Condition) bool { return slices.ContainsFunc(c.Values, names) }) {
				return true
			}
		}
	}
	return false
}
