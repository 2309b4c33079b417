// Uses: which of the actions that a principal may call are called or implied.

package review

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/authz"
	"capaboot/policies/document"
)

func (f *controllerFit) principals() []string {
	if f.subject.Kind == document.PolicyKind {
		return nil
	}
	return []string{f.subject.Name}
}

// logicalID returns which policy of CAPA's templates a policy is, "" for none.
func (f *controllerFit) logicalID(p *policy) string {
	for _, s := range p.holders {
		for i := range s.Policies {
			if s.Policies[i].Document != p.doc {
				continue
			}
			if id := f.teller.Policy(&s.Policies[i]); id != "" {
				return id
			}
		}
	}
	return ""
}

// uses reports whether something uses an action: a call of the controllers, one
// that implies it, or another program that the policy is for. Else it may say
// more on why not.
func (f *controllerFit) isUsed(a *authz.Action, logicalID string) (bool, string) {
	key := strings.ToLower(a.String())
	since, granted := f.since[""][key]
	switch {
	case f.isCalled(key) && f.gateState(key) != off:
		return true, ""
	case f.gateState(key) != off && (f.isImplied(key) || f.dependentActions()[key]):
		return true, ""
	case f.used[logicalID][key]:
		return true, "" // by a program next to the controllers
	}
	if _, exempt := authz.NeedsNoPermission(key); exempt {
		return false, "AWS allows it to everyone"
	}
	switch {
	case f.gateState(key) == off:
		return false, fmt.Sprintf("only with %q, and it is not set", f.gates[key][0])
	case granted && since.Compare(f.release) > 0:
		if here, ok := f.since[logicalID][key]; ok {
			since = here // since when this policy has it
		}
		return false, fmt.Sprintf("CAPA has it since %s", since)
	}
	return false, ""
}

// implies reports whether AWS asks for an action when the controllers make calls
// that they make.
func (f *controllerFit) isImplied(key string) bool {
	calls, ok := f.implied[key]
	return ok && (len(calls) == 0 || slices.ContainsFunc(calls, func(call string) bool { return f.isCalled(call) && f.gateState(call) != off }))
}

// dependent returns what a caller needs, by the Service Authorization
// Reference, for the calls that the controllers make.
func (f *controllerFit) dependentActions() map[string]bool {
	if f.dependencies == nil {
		f.dependencies = map[string]bool{}
		for call := range f.calls {
			if a, ok := authz.Lookup(call); ok && f.isCalled(call) && f.gateState(call) != off {
				for _, d := range a.DependentActions {
					f.dependencies[strings.ToLower(d)] = true
				}
			}
		}
	}
	return f.dependencies
}
