// Compares definitions: equal texts of two templates may depend on different
// parameters, mappings or conditions.

package diff

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"capaboot/policies/document"
)

// markChanged returns a copy of the set that marks each reference and condition
// whose definition differs in the other set, so that it counts as changed. If
// no definition differs, it returns the set itself.
func markChanged(set, other *document.Set) *document.Set {
	changed := map[string]bool{}
	for name, text := range set.Definitions {
		if otherText, ok := other.Definitions[name]; ok && otherText != text {
			changed[name] = true
		}
	}
	if len(changed) == 0 {
		return set
	}
	return markNames(set, changed, func(name, reference string) bool {
		condition, isCondition := strings.CutPrefix(name, "Condition:")
		parameter, isReference := strings.CutPrefix(reference, "Ref:")
		return isCondition && isReference && set.SameChoices(other, condition, parameter)
	})
}

// markNames returns a copy of the set that marks each reference and condition
// whose name is in changed, or whose definition depends on such a name. It adds
// the dependent names to changed. isSame reports whether the definition with a name means the same
// although a definition to which it refers has changed.
func markNames(set *document.Set, changed map[string]bool, isSame func(name, reference string) bool) *document.Set {
	// A definition changes with the definitions that it depends on.
	for hasMore := true; hasMore; {
		hasMore = false
		for name, text := range set.Definitions {
			if !changed[name] && slices.ContainsFunc(slices.Collect(maps.Keys(changed)), func(reference string) bool { return dependsOn(text, reference) && !isSame(name, reference) }) {
				changed[name], hasMore = true, true
			}
		}
	}
	var pairs []string
	conditions := map[string]bool{}
	for name := range changed {
		if parameter, ok := strings.CutPrefix(name, "Rules:"); ok {
			conditions[parameter+"="] = true
			continue
		}
		if condition, ok := strings.CutPrefix(name, "Condition:"); ok {
			conditions[condition] = true
			pairs = append(pairs, "${If:"+condition+"|", "${If:"+condition+changedMark+"|")
			continue
		}
		pairs = append(pairs, "${"+name+"}", "${"+name+changedMark+"}", "${"+name+"|", "${"+name+changedMark+"|")
		if strings.HasPrefix(name, "GetAtt:") {
			pairs = append(pairs, "${"+name+".", "${"+name+changedMark+".")
		}
	}
	return marker{strings.NewReplacer(pairs...).Replace, conditions}.markSet(set)
}

// changedMark marks a name whose definition differs in the other set.
const changedMark = " before the change"

// dependsOn reports whether the text of a definition may refer to the
// definition with a name.
func dependsOn(text, name string) bool {
	if condition, ok := strings.CutPrefix(name, "Condition:"); ok {
		return strings.Contains(text, condition)
	}
	return strings.Contains(text, "${"+name+"}") || strings.Contains(text, "${"+name+"|") || strings.HasPrefix(name, "GetAtt:") && strings.Contains(text, "${"+name+".")
}

// marker changes the texts and conditions of a set: text changes a text, and
// changedMark is appended to the names in conditions.
type marker struct {
	text       func(string) string
	conditions map[string]bool
}

// markSet returns a changed copy of a set.
func (m marker) markSet(set *document.Set) *document.Set {
	marked := *set
	marked.Principals = make([]*document.Holder, len(set.Principals))
	markedOf := map[*document.Holder]*document.Holder{}
	for i, h := range set.Principals {
		marked.Principals[i] = m.markHolder(h)
		markedOf[h] = marked.Principals[i]
	}
	marked.Boundaries, marked.AttachedPolicies = m.markHolders(set.Boundaries), m.markHolders(set.AttachedPolicies)
	marked.CredentialSources = make([]*document.CredentialSource, len(set.CredentialSources))
	for i, source := range set.CredentialSources {
		marked.CredentialSources[i] = m.markCredentialSource(source, markedOf)
	}
	return &marked
}

func (m marker) markTexts(all []string) []string {
	if all == nil {
		return nil
	}
	out := make([]string, len(all))
	for i, text := range all {
		out[i] = m.text(text)
	}
	return out
}

func (m marker) markWhen(name string) string {
	key := strings.TrimPrefix(name, "!")
	if parameter, _, ok := document.ParameterValues(name); ok {
		key = parameter + "="
	}
	if m.conditions[key] {
		return name + changedMark
	}
	return m.text(name) // an opaque text, or a condition whose definition is the same
}

func (m marker) markDocument(d *document.Document) *document.Document {
	if d == nil {
		return nil
	}
	marked := *d
	marked.Statements = slices.Clone(d.Statements)
	for i := range marked.Statements {
		s := &marked.Statements[i]
		s.Actions, s.NotActions = m.markTexts(s.Actions), m.markTexts(s.NotActions)
		s.Resources, s.NotResources = m.markTexts(s.Resources), m.markTexts(s.NotResources)
		s.Principals, s.NotPrincipals = m.markPrincipals(s.Principals), m.markPrincipals(s.NotPrincipals)
		s.Conditions = slices.Clone(s.Conditions)
		for j := range s.Conditions {
			s.Conditions[j].Key, s.Conditions[j].Values = m.text(s.Conditions[j].Key), m.markTexts(s.Conditions[j].Values)
		}
		s.When = slices.Clone(s.When)
		for j := range s.When {
			s.When[j] = m.markWhen(s.When[j])
		}
	}
	return &marked
}

func (m marker) markPrincipals(all []document.Principal) []document.Principal {
	all = slices.Clone(all)
	for i := range all {
		all[i].ID = m.text(all[i].ID)
	}
	return all
}

func (m marker) markHolder(h *document.Holder) *document.Holder {
	marked := *h
	if h.When != "" {
		marked.When = m.markWhen(h.When)
	}
	marked.Name, marked.Boundary, marked.Attached = m.text(h.Name), m.text(h.Boundary), m.markTexts(h.Attached)
	marked.Trust, marked.BoundaryPolicy = m.markDocument(h.Trust), m.markDocument(h.BoundaryPolicy)
	marked.Policies = slices.Clone(h.Policies)
	for i := range marked.Policies {
		marked.Policies[i].Document = m.markDocument(marked.Policies[i].Document)
	}
	marked.AttachedWhen = m.markBranches(h.AttachedWhen)
	marked.Protects, marked.Target = m.markTexts(h.Protects), m.text(h.Target)
	marked.Path, marked.MaxSession, marked.Tags = m.text(h.Path), m.text(h.MaxSession), slices.Clone(h.Tags)
	for i, tag := range h.Tags {
		marked.Tags[i] = document.Tag{Key: m.text(tag.Key), Value: m.text(tag.Value), When: slices.Clone(tag.When)}
		for j := range tag.When {
			marked.Tags[i].When[j] = m.markWhen(tag.When[j])
		}
	}
	marked.Groups, marked.GroupsWhen = m.markTexts(h.Groups), m.markBranches(h.GroupsWhen)
	return &marked
}

func (m marker) markHolders(all []*document.Holder) []*document.Holder {
	marked := make([]*document.Holder, len(all))
	for i, h := range all {
		marked[i] = m.markHolder(h)
	}
	return marked
}

// markCredentialSource marks a credential source. markedOf has the marked
// principals.
func (m marker) markCredentialSource(source *document.CredentialSource, markedOf map[*document.Holder]*document.Holder) *document.CredentialSource {
	marked := *source
	marked.Name, marked.Principals = m.text(source.Name), slices.Clone(source.Principals)
	for i, p := range source.Principals {
		when := slices.Clone(p.When)
		for j := range when {
			when[j] = m.markWhen(when[j])
		}
		marked.Principals[i] = document.SourcePrincipal{Holder: cmp.Or(markedOf[p.Holder], p.Holder), When: when, Account: m.text(p.Account)}
	}
	return &marked
}

// markBranches marks the names of attached policies or groups, and the template
// conditions under which each applies.
func (m marker) markBranches(when map[string][][]string) map[string][][]string {
	if when == nil {
		return nil
	}
	marked := make(map[string][][]string, len(when))
	for name, branches := range when {
		var out [][]string
		for _, branch := range branches {
			branch = slices.Clone(branch)
			for i := range branch {
				branch[i] = m.markWhen(branch[i])
			}
			out = append(out, branch)
		}
		marked[m.text(name)] = out
	}
	return marked
}
