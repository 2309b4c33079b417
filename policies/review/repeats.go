// Correctness rules about repetition: elements that appear twice, or that a
// wider one covers.

package review

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"capaboot/policies/document"
)

func repeatRules() []Rule {
	const page = userGuide + "reference_policies_elements.html"
	return []Rule{
		{ID: "duplicate-action", Severity: Low, Reference: page,
			Risk: "the statement names the action twice, so removing only one of the entries would change nothing", Remedy: "remove the second entry", policy: checkDuplicateActions},
		{ID: "subsumed-action", Severity: Low, Reference: page,
			Risk: "a wildcard or another statement already covers the action, so removing the action would change nothing", Remedy: "remove the action; if the wildcard or the other statement is a mistake, remove the mistake instead", policy: checkSubsumedActions},
		{ID: "duplicate-resource", Severity: Low, Reference: page,
			Risk: "the statement names the resource twice", Remedy: "remove the second entry", policy: checkDuplicateResources},
		{ID: "subsumed-resource", Severity: Low, Reference: page,
			Risk: "a wider resource of the statement already covers this resource, so naming this resource has no effect", Remedy: "remove the resource; if the wider resource is a mistake, remove the wider one instead", policy: checkSubsumedResources},
		{ID: "duplicate-statement", Severity: Low, Reference: page,
			Risk: "the same statement appears twice, so removing only one of the two would change nothing", Remedy: "remove one of the two statements", policy: checkDuplicateStatements},
		{ID: "subsumed-statement", Severity: Low, Reference: page,
			Risk: "another statement of the policy covers all of this statement, so the limits of this statement have no effect", Remedy: "remove the statement; if the other statement is a mistake, remove that one instead", policy: checkSubsumedStatements},
	}
}

// maxPairs limits the comparisons for one policy or principal. Beyond this limit,
// a note says that not everything was compared. Policies within IAM's quotas need
// about ten thousand comparisons at most.
const maxPairs = 1 << 19

type budget struct {
	r         *run
	name      string
	remaining int
}

func (r *run) budget(p *policy) *budget { return &budget{r, p.name, maxPairs} }

// spend returns false, and records a note, when the comparisons are used up.
func (b *budget) spend(n int) bool {
	b.r.spend(n)
	if b.remaining < 0 {
		return false // the note exists already
	}
	if b.remaining -= n; b.remaining >= 0 {
		return true
	}
	b.r.ruleNotes[fmt.Sprintf("policy %s: too large to find every duplicate", b.name)] = true
	return false
}

func repeatedEntries(list []string) []string { return repeatedKeys(list, list) }

// repeatedKeys returns the entries whose keys an earlier entry has too.
func repeatedKeys(list, keys []string) []string {
	if len(list) < 2 {
		return nil
	}
	seen := make(map[string]bool, len(list))
	var repeated []string
	for i, text := range list {
		key := keys[i]
		if seen[key] {
			repeated = append(repeated, text)
		}
		seen[key] = true
	}
	return unique(repeated)
}

// coveredEntries returns the entries that a wider entry of the list covers, and
// a text "a (in b)" for each. It compares the entries in the form that compared
// has, such as in lower case, and skips equal entries. It returns nil when the
// comparisons are used up.
func (b *budget) coveredEntries(list, compared []string) (covered, texts []string) {
	var wildcards []int
	var beginnings []string // what each wildcard begins with
	for i, text := range compared {
		if first := strings.IndexAny(text, "*?"); first >= 0 {
			wildcards, beginnings = append(wildcards, i), append(beginnings, text[:first])
		}
	}
	if len(wildcards) == 0 {
		return nil, nil
	}
	for i, text := range compared {
		if !b.spend(len(wildcards)) {
			return nil, nil
		}
		for k, w := range wildcards {
			if compared[w] != text && strings.HasPrefix(text, beginnings[k]) && b.r.covers(compared[w], text, false) {
				covered, texts = append(covered, list[i]), append(texts, fmt.Sprintf("%s (in %s)", list[i], list[w]))
				break
			}
		}
	}
	return covered, texts
}

func checkDuplicateActions(r *run, p *policy) {
	for _, s := range p.statements {
		if repeated := repeatedKeys(s.patterns(), s.patternsInLowerCase()); len(repeated) > 0 && !p.aws {
			r.reportStatement(s, Finding{Actions: repeated, Message: sentencef("the statement names %s twice: %s", forCount(repeated, "an action", "these actions"), nameList(repeated))})
		}
	}
}

func checkDuplicateResources(r *run, p *policy) {
	for _, s := range p.statements {
		if repeated := slices.Concat(repeatedEntries(s.Resources), repeatedEntries(s.NotResources)); len(repeated) > 0 && !p.aws {
			r.reportStatement(s, Finding{Resources: repeated, Message: sentencef("the statement names %s twice: %s", forCount(repeated, "a resource", "these resources"), nameList(repeated))})
		}
	}
}

func checkSubsumedResources(r *run, p *policy) {
	if p.aws {
		return
	}
	b := r.budget(p)
	for _, s := range p.statements {
		covered, texts := b.coveredEntries(s.Resources, s.Resources)
		if len(covered) > 0 {
			r.reportStatement(s, Finding{Resources: covered, Message: sentencef("a wider resource of the statement covers %s", annotatedNames(covered, texts))})
		}
	}
}

// checkSubsumedActions finds actions that a wildcard of the statement covers,
// and actions that another statement with the same effect also covers, with the
// same or fewer limits.
func checkSubsumedActions(r *run, p *policy) {
	if p.aws {
		return
	}
	b := r.budget(p)
	for _, s := range p.statements {
		covered, texts := b.coveredEntries(s.patterns(), s.patternsInLowerCase())
		if len(covered) > 0 {
			r.reportStatement(s, Finding{Actions: covered, Message: sentencef("a wildcard of the statement covers %s", annotatedNames(covered, texts))})
		}
	}
	for _, x := range b.coverages(p) {
		if len(x.actions) == len(x.statement.Actions) {
			continue // subsumed-statement reports whole statements
		}
		r.reportStatement(x.statement, Finding{Actions: x.actions, Resources: x.statement.Resources,
			Message: sentencef("%s also covers %s, with the same limits or fewer", x.coveredBy.Label(), nameList(x.actions))})
	}
}

func checkSubsumedStatements(r *run, p *policy) {
	if p.aws {
		return
	}
	for _, x := range r.budget(p).coverages(p) {
		if len(x.actions) == len(x.statement.Actions) && !sameStatement(x.statement, x.coveredBy) {
			r.reportStatement(x.statement, Finding{Actions: x.statement.Actions, Resources: x.statement.Resources, Message: sentencef("%s covers all of this statement", x.coveredBy.Label())})
		}
	}
}

// coverage lists the actions of a statement that a second statement, coveredBy,
// also has. The second statement is at least as wide as the first.
type coverage struct {
	statement, coveredBy *statement
	actions              []string
}

// coverages compares the statements of a policy in pairs, once for all rules.
func (b *budget) coverages(p *policy) []coverage {
	all, ok := b.r.coverages[p]
	if !ok {
		all = b.compareStatements(p)
		b.r.coverages[p] = all
	}
	return all
}

func (b *budget) compareStatements(p *policy) []coverage {
	var all []coverage
	// The actions of each statement in lower case: all of them, and those with
	// wildcards.
	exact, wildcards := make([]map[string]bool, len(p.statements)), make([][]string, len(p.statements))
	fold := func(j int) {
		exact[j] = make(map[string]bool, len(p.statements[j].Actions))
		for _, a := range p.statements[j].actionsInLowerCase() {
			exact[j][a] = true
			if strings.ContainsAny(a, "*?") {
				wildcards[j] = append(wildcards[j], a)
			}
		}
	}
	for i, s := range p.statements {
		if len(s.Actions) == 0 {
			continue
		}
		for j, coveredBy := range p.statements {
			if i == j {
				continue
			}
			if !b.spend(1) {
				return all
			}
			if coveredBy.Effect != s.Effect || len(coveredBy.Actions) == 0 || !coveredBy.mayCover(s) || !b.atLeastAsWide(coveredBy, s) {
				continue
			}
			if j > i && b.atLeastAsWide(s, coveredBy) && len(s.Actions) >= len(coveredBy.Actions) {
				continue // each covers the other: only the later one is reported
			}
			if !b.spend(len(s.Actions) * min(len(coveredBy.Actions), 64)) {
				return all
			}
			if exact[j] == nil {
				fold(j)
			}
			var actions []string
			for k, a := range s.Actions {
				lower := s.actionsInLowerCase()[k]
				if exact[j][lower] || slices.ContainsFunc(wildcards[j], func(w string) bool { return b.r.covers(w, lower, false) }) {
					actions = append(actions, a)
				}
			}
			if len(actions) > 0 {
				all = append(all, coverage{s, coveredBy, actions})
			}
		}
	}
	return all
}

// atLeastAsWide reports whether the first statement applies wherever the second
// does, regardless of their actions. It returns false if either has NotPrincipal
// or NotResource, which are not compared, and when the comparisons are used up.
func (b *budget) atLeastAsWide(a, s *statement) bool {
	if len(a.NotPrincipals)+len(s.NotPrincipals)+len(a.NotResources)+len(s.NotResources) > 0 {
		return false
	}
	b.r.spend(len(a.When)*len(s.When) + len(a.Principals)*len(s.Principals))
	for _, w := range a.When {
		if !slices.Contains(s.When, w) {
			return false
		}
	}
	for _, c := range a.Conditions {
		if !slices.ContainsFunc(s.Conditions, func(other document.Condition) bool { return b.sameCondition(c, other) }) {
			return false
		}
	}
	for _, p := range s.Principals {
		if !slices.Contains(a.Principals, p) && !slices.Contains(a.Principals, document.Principal{Kind: "AWS", ID: "*"}) {
			return false
		}
	}
	for _, resource := range s.Resources {
		if !b.spend(len(a.Resources)) || !slices.ContainsFunc(a.Resources, func(w string) bool { return b.r.coversResource(w, resource) }) {
			return false
		}
	}
	return true
}

func (b *budget) sameCondition(x, y document.Condition) bool {
	b.r.spend(1)
	if !strings.EqualFold(x.Operator, y.Operator) || !strings.EqualFold(x.Key, y.Key) || len(x.Values) != len(y.Values) {
		return false
	}
	b.r.spend(2 * len(x.Values) * len(y.Values))
	includes := func(all, others []string) bool {
		return !slices.ContainsFunc(others, func(v string) bool { return !slices.Contains(all, v) })
	}
	return includes(x.Values, y.Values) && includes(y.Values, x.Values)
}

func checkDuplicateStatements(r *run, p *policy) {
	if p.aws || len(p.statements) < 2 {
		return
	}
	// Only statements with the same shape can be equal. Most have a shape of
	// their own, and need no digest.
	shapes := make(map[statementShape]int, len(p.statements))
	for _, s := range p.statements {
		shapes[s.shape()]++
	}
	var first map[[sha256.Size]byte]*statement
	for _, s := range p.statements {
		if shapes[s.shape()] == 1 {
			continue
		}
		if first == nil {
			first = make(map[[sha256.Size]byte]*statement, len(p.statements))
		}
		if before := first[s.digest()]; before != nil {
			r.reportStatement(s, Finding{Actions: s.patterns(), Resources: slices.Concat(s.Resources, s.NotResources), Message: sentencef("the statement is the same as %s", before.Label())})
			continue
		}
		first[s.digest()] = s
	}
}

// statementShape is quick to compute, and equal for statements with the same
// digest: it has the effect, and the length of the longest text of each list.
// This length depends neither on the order nor on repetitions.
type statementShape struct {
	effect                                        document.Effect
	actions, notActions, resources, notResources  int
	principals, notPrincipals, conditions, exists int
}

func (s *statement) shape() statementShape {
	longest := func(texts []string) (n int) {
		for _, text := range texts {
			n = max(n, utf8.RuneCountInString(text)) // lower case does not change this length
		}
		return n
	}
	shape := statementShape{s.Effect, longest(s.Actions), longest(s.NotActions), longest(s.Resources), longest(s.NotResources), 0, 0, 0, longest(s.When)}
	for _, principal := range s.Principals {
		shape.principals = max(shape.principals, 1+len(principal.ID))
	}
	for _, principal := range s.NotPrincipals {
		shape.notPrincipals = max(shape.notPrincipals, 1+len(principal.ID))
	}
	for _, c := range s.Conditions {
		shape.conditions = max(shape.conditions, 1+utf8.RuneCountInString(c.Key))
	}
	return shape
}

// sameStatement reports whether two statements mean the same, regardless of
// their Sids.
func sameStatement(a, b *statement) bool { return a.digest() == b.digest() }

// digest is equal for statements that mean the same, regardless of their Sids
// and the order of their lists. It is stored instead of the text, which can be
// long.
func (s *statement) digest() [sha256.Size]byte {
	if s.cachedDigest != [sha256.Size]byte{} {
		return s.cachedDigest
	}
	b := make([]byte, 0, 512)
	list := func(texts []string) {
		slices.Sort(texts)
		for _, text := range slices.Compact(texts) {
			b = append(strconv.AppendInt(b, int64(len(text)), 10), ' ')
			b = append(b, text...)
		}
		b = append(b, '\n')
	}
	b = append(b, s.Effect+"\n"...)
	list(slices.Clone(s.actionsInLowerCase()))
	list(slices.Clone(s.notActionsInLowerCase()))
	for _, texts := range [][]string{s.Resources, s.NotResources, s.When} {
		list(slices.Clone(texts))
	}
	for _, all := range [][]document.Principal{s.Principals, s.NotPrincipals} {
		texts := make([]string, len(all))
		for i, principal := range all {
			texts[i] = principal.Kind + " " + principal.ID
		}
		list(texts)
	}
	conditions := make([]string, len(s.Conditions))
	for i, c := range s.Conditions {
		values := slices.Sorted(slices.Values(c.Values))
		conditions[i] = fmt.Sprintf("%q", append([]string{strings.ToLower(c.Operator), strings.ToLower(c.Key)}, slices.Compact(values)...))
	}
	list(conditions)
	s.cachedDigest = sha256.Sum256(b)
	return s.cachedDigest
}

// patternsInLowerCase returns the patterns in lower case. The caller must not
// change the list.
func (s *statement) patternsInLowerCase() []string {
	if patterns := s.patterns(); s.lowerPatterns == nil && len(patterns) > 0 {
		s.lowerPatterns = make([]string, len(patterns))
		for i, text := range patterns {
			s.lowerPatterns[i] = strings.ToLower(text)
		}
	}
	return s.lowerPatterns
}

func (s *statement) actionsInLowerCase() []string { return s.patternsInLowerCase()[:len(s.Actions)] }

func (s *statement) notActionsInLowerCase() []string {
	return s.patternsInLowerCase()[len(s.Actions):]
}
