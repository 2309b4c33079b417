// Grants whose content is not here: a report that says nothing of them would
// look like one without findings.

package review

import (
	"strings"

	"capaboot/policies/document"
)

func unknownRules() []Rule {
	return []Rule{{ID: "unknown-grant", Severity: Medium, Reference: userGuide + "access_policies_managed-vs-inline.html",
		Risk: "what it allows, or whom, is not known here, so nothing of it was reviewed", Remedy: "review its document too: beside this one, or as it is deployed", subject: unknownGrants}}
}

func unknownGrants(r *run, s *subject) {
	for _, arn := range s.unknown {
		r.about(s, Finding{Policy: arn, Message: say("policy %s is attached, and its document is not known here, so what it allows was not reviewed", arn)})
	}
	for _, p := range s.policies {
		r.unknownIn(p, func(st *statement, actions []string) {
			r.on(st, Finding{Actions: actions, Resources: st.Resources, Message: say("which actions are allowed is known at deployment only, so they were not reviewed: %s", names(actions))})
		})
	}
	if s.trust == nil {
		return
	}
	for _, st := range s.trust.statements {
		var who []string
		for _, principal := range st.Principals {
			// What GetAtt and Ref say of resources of the template is reviewed there.
			if name, ok := strings.CutPrefix(principal.ID, "${"); ok && r.definitions[strings.TrimSuffix(name, "}")] != "" {
				who = append(who, principal.String())
			}
		}
		if st.allows() && len(who) > 0 {
			r.on(st, Finding{Actions: st.Actions, Message: say("who may come in is known at deployment only: %s", names(who))})
		}
	}
}

// unknownIn calls each with the Allow statements whose actions are opaque.
func (r *run) unknownIn(p *policy, each func(*statement, []string)) {
	for _, st := range p.statements {
		var unknown []string
		for _, pattern := range st.Actions {
			if opaque(pattern) {
				unknown = append(unknown, pattern)
			}
		}
		if st.Effect == document.Allow && len(unknown) > 0 {
			each(st, unknown)
		}
	}
}
