// The requests of a simulation: actions, resources and condition keys.

package simulate

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/authz"
)

// AddAction adds an action, or all actions that match a name with a wildcard,
// each once. A wildcard that matches no action is an error. An action without
// wildcards that AWS does not have may be newer than the embedded data: it is
// not an error, but the returned note says so, as do the outcomes.
func (s *Simulation) AddAction(name string) (note string, err error) {
	if prefix, rest, ok := strings.Cut(name, ":"); !ok || prefix == "" || rest == "" || strings.ContainsAny(name, " \t\r\n") {
		if near, found := authz.Closest(name); found {
			return "", fmt.Errorf("%q is not an action, did you mean %q?", name, near)
		}
		return "", fmt.Errorf("%q is not an action: want SERVICE:ACTION, such as ec2:RunInstances", name)
	}
	if strings.ContainsAny(name, "*?") {
		matched := authz.Find(name)
		if len(matched) == 0 {
			question := ""
			if near, found := authz.Closest(name); found {
				question = fmt.Sprintf(", did you mean %q?", near)
			}
			return "", fmt.Errorf("AWS has no action that matches %q%s", name, question)
		}
		if s.byWildcard == nil {
			s.byWildcard = map[string]bool{}
		}
		for _, a := range matched {
			if s.addOneAction(a.String()) {
				s.byWildcard[a.String()] = true
			}
		}
		return "", nil
	}
	known, ok := authz.Lookup(name)
	if !ok {
		note = "AWS has no action " + name
		if closest, found := authz.Closest(name); found {
			note += fmt.Sprintf(", did you mean %q?", closest)
		}
	}
	s.addOneAction(name)
	s.notes[name] = note
	if ok {
		delete(s.byWildcard, known.String())
	}
	return note, nil
}

// addOneAction adds an action, and reports whether the simulation did not have it
// yet.
func (s *Simulation) addOneAction(name string) bool {
	if s.seen == nil {
		s.seen, s.notes = map[string]bool{}, map[string]string{}
	}
	lower := strings.ToLower(name)
	if s.seen[lower] {
		return false
	}
	s.seen[lower] = true
	s.actions = append(s.actions, name)
	return true
}

// AddResource adds an ARN or "*", if the simulation does not have it yet.
func (s *Simulation) AddResource(name string) error {
	if _, ok := arn.Parse(name); !ok && name != "*" {
		return fmt.Errorf("%q is not an ARN: want an ARN such as arn:aws:s3:::bucket/key, or * for a request without a resource", name)
	}
	if !slices.Contains(s.resources, name) {
		s.resources = append(s.resources, name)
	}
	return nil
}

// AddContext adds a value of a condition key. It reports whether AWS has the
// key or the key has the host name of an identity provider.
func (s *Simulation) AddContext(key, value string) (known bool) {
	if s.context == nil {
		s.context = map[string][]string{}
	}
	if s.keyNames == nil {
		s.keyNames = map[string]string{}
	}
	lower := strings.ToLower(key)
	s.context[lower], s.keyNames[lower] = append(s.context[lower], value), key
	return isKnownKey(key)
}
