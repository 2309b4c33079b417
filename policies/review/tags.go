// The rule about conditions on resource tags that the holder can set.
//
// Source: IAM User Guide, "Controlling access to AWS resources using tags": who
// may tag a resource decides who has access to it.

package review

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

func tagRules() []Rule {
	return []Rule{{ID: "tags-by-holder", Severity: Medium, Reference: userGuide + "access_tags.html",
		Risk: "the condition requires a tag that the holder can set, so the condition limits nothing", Remedy: "add a condition on aws:TagKeys to the statement that allows tagging, or deny changing the tag", subject: checkTagsByHolder}}
}

// guard is a statement that allows something only on resources with a tag.
type guard struct {
	*statement
	condition document.Condition
	tag       string // the key of the tag
}

// acceptsAnyValue reports whether the guard requires only that the tag exists.
func (g guard) acceptsAnyValue() bool {
	op, _ := document.ParseOperator(g.condition.Operator)
	return op.Name == "Null" || strings.HasSuffix(op.Name, "Like") && slices.ContainsFunc(g.condition.Values, func(v string) bool { return v != "" && strings.Trim(v, "*") == "" })
}

func (g guard) values() []string {
	if g.acceptsAnyValue() {
		return []string{"*"}
	}
	return g.condition.Values
}

// settableGuard is a guard whose tag the holder can set.
type settableGuard struct {
	guard
	actions []string     // that set the tag
	taggers []*statement // that allow these actions
}

// taggerLabels names the statements that allow setting the tag, those with the fewest
// conditions first.
func (g settableGuard) taggerLabels() []string {
	taggers := slices.Clone(g.taggers)
	slices.SortStableFunc(taggers, func(a, b *statement) int { return len(a.Conditions) - len(b.Conditions) })
	labels := make([]string, len(taggers))
	for i, st := range taggers {
		labels[i] = st.policy.name + " " + st.Label()
	}
	return unique(labels)
}

func checkTagsByHolder(r *run, s *subject) {
	for _, g := range r.settableGuards(s) {
		taggers := g.taggerLabels()
		allow := "allow"
		if len(taggers) == 1 {
			allow = "allows"
		}
		actions := unique(slices.Clone(g.actions))
		f := Finding{Actions: actions, Resources: g.Resources,
			Message: sentencef("%s requires a tag that the holder can set with %s, which %s %s", g.condition.String(), orList(actions), nameList(taggers), allow)}
		if s.Kind != document.PolicyKind {
			f.Principals = []string{s.Name}
		}
		r.reportStatement(g.statement, f)
	}
}

// settableGuards returns the guards of a principal whose tags the principal
// itself can set. It checks all statements together, because one statement may
// allow setting the tag that another statement requires.
func (r *run) settableGuards(s *subject) []settableGuard {
	if found, known := r.settable[s]; known {
		return found
	}
	var guards []guard
	var statements []*statement
	for _, p := range s.policies {
		if p.kind != identityPolicy {
			continue
		}
		for _, st := range p.statements {
			statements = append(statements, st)
			for _, c := range st.Conditions {
				// Tags whose keys begin with "aws:" are left out, because only AWS
				// can set them.
				if tag, ok := resourceTag(c.Key); ok && st.allows() && narrows(c) && !strings.HasPrefix(strings.ToLower(tag), "aws:") {
					guards = append(guards, guard{st, c, tag})
				}
			}
		}
	}
	denying := statements
	limit := r.boundary(s)
	if limit != nil {
		denying = slices.Concat(statements, limit.statements)
	}
	isExcluded := func(a *authz.Action) bool {
		return limit != nil && !slices.ContainsFunc(limit.statements, func(st *statement) bool { return st.allows() && st.appliesTo(a) })
	}
	b := &budget{r, fmt.Sprintf("%s %s", s.Kind, s.Name), maxPairs}
	var found []settableGuard
	for _, g := range guards {
		var types map[string][]*authz.ResourceType // nil until a statement sets tags
		settable := settableGuard{guard: g}
		for _, st := range statements {
			r.spend(1)
			if !st.allows() || !b.spend(len(st.Conditions)*(1+len(g.condition.Values))+1) || !st.maySet(g) {
				continue
			}
			tagging := r.taggingActions(st)
			if types == nil && len(tagging) > 0 {
				types = r.guardedTypes(g)
			}
			for _, a := range tagging {
				if b.spend(len(st.Resources)*len(g.Resources)+len(a.Resources)+len(denying)) && r.tagsGuarded(st, a, g, types) && !isExcluded(a) && !slices.ContainsFunc(denying, func(d *statement) bool { return d.deniesTag(a, g) }) {
					settable.actions, settable.taggers = append(settable.actions, a.String()), append(settable.taggers, st)
				}
			}
		}
		if len(settable.actions) > 0 {
			found = append(found, settable)
		}
	}
	r.settable[s] = found
	return found
}

func (r *run) requiresSettableTag(s *subject, st *statement, c document.Condition) bool {
	if _, ok := resourceTag(c.Key); !ok {
		return false
	}
	return slices.ContainsFunc(r.settableGuards(s), func(g settableGuard) bool {
		return g.statement == st && g.condition.String() == c.String()
	})
}

// resourceTag returns the tag of a condition key: "team" for
// aws:ResourceTag/team and ec2:ResourceTag/team.
func resourceTag(key string) (string, bool) {
	_, rest, _ := strings.Cut(key, ":")
	name, tag, ok := strings.Cut(rest, "/")
	return tag, ok && strings.EqualFold(name, "ResourceTag")
}

// taggingActions returns the actions of a statement that set tags of existing
// resources.
func (r *run) taggingActions(s *statement) []*authz.Action {
	var found []*authz.Action
	for _, a := range r.actions(s) {
		if a.Level == authz.Tagging && !slices.ContainsFunc([]string{"Untag", "Delete", "Remove"}, func(verb string) bool { return strings.HasPrefix(a.Name, verb) }) {
			found = append(found, a)
		}
	}
	return found
}

// maySet reports whether the conditions of a statement allow setting the
// guard's tag, to a value that the guard accepts, on a resource that does not
// have it yet.
func (s *statement) maySet(g guard) bool {
	return !slices.ContainsFunc(s.Conditions, func(c document.Condition) bool {
		if !mayBeAboutTags(c.Key) {
			return false
		}
		op, ok := document.ParseOperator(c.Operator)
		resourceTagKey, isResourceTag := resourceTag(c.Key)
		isResourceTag = isResourceTag && strings.EqualFold(resourceTagKey, g.tag)
		_, tag, _ := strings.Cut(c.Key, "/")
		_, name, _ := strings.Cut(c.Key, ":")
		key := strings.ToLower(c.Key)
		isRequestTag := strings.HasPrefix(key, "aws:requesttag/") && strings.EqualFold(tag, g.tag)
		switch {
		case !ok:
			return false
		case op.Name == "Null":
			// A statement that requires the tag can only change its value, not
			// add the tag.
			return isResourceTag && outcomeWithoutKey(c) == outcomeFails && g.acceptsAnyValue() || (isRequestTag || key == "aws:tagkeys") && outcomeWithoutKey(c) == outcomeHolds
		case strings.Contains(op.Name, "Not"):
			return op.Set != "ForAnyValue" && (key == "aws:tagkeys" && hasValue(c, op, g.tag) || isRequestTag && !slices.ContainsFunc(g.values(), func(v string) bool { return !hasValue(c, op, v) }))
		}
		excludes := func(value string) bool {
			return !slices.ContainsFunc(c.Values, func(v string) bool { return document.Intersects(v, value, true) })
		}
		switch {
		case key == "aws:tagkeys":
			// Only ForAllValues rejects other tag keys in the request.
			return op.Set == "ForAllValues" && excludes(g.tag)
		case isRequestTag:
			return !slices.ContainsFunc(g.values(), func(value string) bool { return !excludes(value) })
		case strings.EqualFold(name, "CreateAction"): // ec2:CreateAction, mgn:CreateAction
			return narrows(c) // the condition is about the tags of a resource that is being created
		}
		return isResourceTag && narrows(c) // the resource already has the tag
	})
}

// mayBeAboutTags is a quick check for the keys that maySet compares.
func mayBeAboutTags(key string) bool {
	const createAction = ":CreateAction"
	return strings.Contains(key, "/") || len(key) == len(tagKeysKey) || len(key) > len(createAction) && strings.EqualFold(key[len(key)-len(createAction):], createAction)
}

// hasValue reports whether the values of a comparison include a text or, with a
// Like operator, cover it. The letter case counts unless the operator ignores it.
func hasValue(c document.Condition, op document.Operator, text string) bool {
	foldCase := strings.HasSuffix(op.Name, "IgnoreCase")
	return slices.ContainsFunc(c.Values, func(v string) bool {
		return v == text || foldCase && strings.EqualFold(v, text) || strings.HasSuffix(op.Name, "Like") && document.Covers(v, text, foldCase)
	})
}

// guardedTypes returns the resource types that the guard's actions work on, by the
// forms of their ARNs. Services share resources: for Systems Manager, an instance
// is an instance of EC2. Actions that set or read tags do not count, because they
// give access only to the tags.
func (r *run) guardedTypes(g guard) map[string][]*authz.ResourceType {
	types := map[string][]*authz.ResourceType{}
	for _, a := range r.actions(g.statement) {
		r.spend(2)
		if a.Level == authz.Tagging || readsTags(a) || a.Supports(g.condition.Key) == authz.Unsupported || !r.leavesResources(g.statement, a) {
			continue
		}
		for i := range a.Resources {
			t := a.Resources[i].Type
			for _, pattern := range t.ARNPatterns {
				if form := authz.WithoutVariables(pattern); !slices.Contains(types[form], t) {
					types[form] = append(types[form], t)
				}
			}
		}
	}
	return types
}

// tagsGuarded reports whether a tagging action applies to resources of a type
// that the guard's actions work on. An action sets the tags of its own service
// only: ssm:AddTagsToResource does not set the tags of an instance of EC2.
func (r *run) tagsGuarded(s *statement, tagging *authz.Action, g guard, types map[string][]*authz.ResourceType) bool {
	guarded := func(resource, other string) bool {
		return slices.ContainsFunc(tagging.Resources, func(t authz.ActionResource) bool {
			return (matchesEveryResource(resource) || r.typeAllows(t.Type, resource)) && slices.ContainsFunc(t.Type.ARNPatterns, func(pattern string) bool {
				isOwn := arn.ParsePattern(pattern).Service == tagging.Service
				return slices.ContainsFunc(types[authz.WithoutVariables(pattern)], func(u *authz.ResourceType) bool {
					return (isOwn || u == t.Type) && (matchesEveryResource(other) || r.typeAllows(u, other))
				})
			})
		})
	}
	return len(types) > 0 && r.leavesResources(s, tagging) && slices.ContainsFunc(s.openResources(), func(resource string) bool {
		return slices.ContainsFunc(g.openResources(), func(other string) bool {
			return mayBeSame(resource, other) && guarded(resource, other)
		})
	})
}

func readsTags(a *authz.Action) bool {
	return (a.Level == authz.Read || a.Level == authz.List) && strings.Contains(a.Name, "Tag")
}

// mayBeSame reports whether two resource patterns can match the same resource.
// If both have six parts, a wildcard does not match across the colons that separate
// the parts.
func mayBeSame(a, b string) bool {
	x, y := arn.ParsePattern(a), arn.ParsePattern(b)
	if x.Parts < 6 || y.Parts < 6 {
		return document.Intersects(a, b, false)
	}
	parts := y.Fields()
	for i, part := range x.Fields() {
		if !document.Intersects(part, parts[i], false) {
			return false
		}
	}
	return true
}

// deniesTag reports whether a statement denies the tagging action, or setting
// this tag with it, on all resources.
func (s *statement) deniesTag(a *authz.Action, g guard) bool {
	if s.Effect != document.Deny || !onEveryResource(s) || !s.appliesTo(a) || !s.actionsAreKnown() || len(s.When) > 0 {
		return false
	}
	return !slices.ContainsFunc(s.Conditions, func(c document.Condition) bool {
		op, ok := document.ParseOperator(c.Operator)
		_, tag, _ := strings.Cut(c.Key, "/")
		switch {
		case !ok:
		case strings.EqualFold(c.Key, "aws:TagKeys"):
			return op.Set != "ForAnyValue" || strings.Contains(op.Name, "Not") || !hasValue(c, op, g.tag)
		case op.Name == "Null" && strings.EqualFold(tag, g.tag) && strings.HasPrefix(strings.ToLower(c.Key), "aws:requesttag/"):
			return slices.ContainsFunc(c.Values, isTrue)
		}
		return true
	})
}
