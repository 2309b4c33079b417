// Reports grants whose content is unknown. Without these findings, a report
// would look as if nothing were wrong with these grants.

package review

import (
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/document"
)

func unknownRules() []Rule {
	return []Rule{{ID: "unknown-grant", Severity: Medium, Reference: userGuide + "access_policies_managed-vs-inline.html", asWritten: true,
		Risk: "it is unknown what is granted or to whom, so the review leaves the grant out or assumes the worst case", Remedy: "add the missing document to the review, or review the policies as deployed", set: checkUnknownGrants}}
}

const parameterRemedy = "pass the values of the parameters with --parameter, or review the policies as deployed"

func checkUnknownGrants(r *run) {
	for _, s := range r.subjects {
		r.reportUnknown(s)
	}
	r.reportUnread()
	r.reportUnreadRoles()
}

func (r *run) reportUnknown(s *subject) {
	for _, arn := range s.unknownPolicies {
		f := Finding{Policy: arn, Unread: true, Location: attachedAt(s.Holder, arn), Message: sentencef("the document of the attached policy %s is unknown, so what the policy allows was not reviewed", arn)}
		if document.IsAddedBySAM(arn) {
			f.Message = sentencef("the document of the %s is unknown, so what the policy allows was not reviewed", arn)
		} else if mistake := r.policyARNMistake(arn); mistake != nil {
			f.Message, f.Remedy = mistake, policyARNRemedy
		}
		f.HeldWhen = s.withConditions(s.AttachedWhen[arn])
		r.reportSubject(s, f)
	}
	r.reportServiceLinked(s)
	for _, group := range r.set.GroupsElsewhere(s.Holder) {
		f := Finding{Policy: "group " + group, NotPolicy: true, Unread: true, Message: sentencef("the holder is a member of the group %s, which is not in the reviewed files, so what the group allows was not reviewed", group), Remedy: "review the policies of the group too"}
		f.HeldWhen = s.withConditions(s.GroupsWhen[group])
		r.reportSubject(s, f)
	}
	if s.Boundary != "" && len(r.set.Unknown(s.Boundary)) > 0 && r.boundary(s) == nil {
		r.reportSubject(s, Finding{Policy: s.Boundary, Message: sentencef("the permissions boundary %s is known only at deployment, so what the boundary limits was not reviewed", document.Readable(s.Boundary)), Remedy: parameterRemedy})
	}
	if s.Boundary != "" && r.boundary(s) == nil {
		if mistake := r.policyARNMistake(s.Boundary); mistake != nil {
			r.reportSubject(s, Finding{Policy: s.Boundary, Message: sentencef("the permissions boundary %s", mistake), Remedy: policyARNRemedy})
		}
	}
	policies := s.policies
	if s.trust != nil {
		policies = append(slices.Clip(policies), s.trust)
	}
	for _, p := range policies {
		for _, st := range p.statements {
			if st.Effect == document.Allow && !p.aws {
				r.reportUnknownParts(p, st)
			}
		}
	}
}

func (r *run) reportUnknownParts(p *policy, st *statement) {
	var names, values []string
	for _, principal := range slices.Concat(st.Principals, st.NotPrincipals) {
		if len(r.set.Unknown(principal.ID)) > 0 {
			names = append(names, principal.String())
		}
	}
	unknown := func(texts ...string) []string {
		return slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return len(r.set.Unknown(text)) == 0 })
	}
	for _, c := range st.Conditions {
		values = append(values, unknown(append(slices.Clip(c.Values), c.Key)...)...)
	}
	for _, condition := range st.When {
		values = append(values, unknown(condition)...)
	}
	actions, resources := unknown(slices.Concat(st.Actions, st.NotActions)...), unknown(slices.Concat(st.Resources, st.NotResources)...)
	reportPart := func(f Finding) {
		f.Remedy = parameterRemedy
		r.reportStatement(st, f)
	}
	if len(actions) > 0 {
		reportPart(Finding{Actions: actions, Resources: st.Resources, Message: sentencef("the review assumes the worst case, because the allowed actions are known only at deployment: %s", nameList(actions))})
	}
	if len(resources) > 0 {
		reportPart(Finding{Actions: st.Actions, Resources: resources, Message: sentencef("the review assumes the worst case, because the resources are known only at deployment: %s", nameList(resources))})
	}
	if len(names) > 0 {
		reportPart(Finding{Actions: st.Actions, Message: sentencef("the review assumes the worst case, because the principals are known only at deployment: %s", nameList(names))})
	}
	if len(values) > 0 {
		reportPart(Finding{Actions: st.Actions, Resources: st.Resources, Message: sentencef("these parts of the conditions are known only at deployment: %s; such a condition counts as a limit only if its operator requires an equal value and its key identifies neither the caller nor the network; otherwise, the review assumes the value that limits the least", nameList(values))})
	}
}

func (r *run) hasActionsKnownOnlyAtDeployment(s *subject) bool {
	unknown := func(action string) bool { return len(r.set.Unknown(action)) > 0 }
	return slices.ContainsFunc(s.policies, func(p *policy) bool {
		return slices.ContainsFunc(p.statements, func(st *statement) bool {
			return slices.ContainsFunc(st.Actions, unknown) || slices.ContainsFunc(st.NotActions, unknown)
		})
	})
}

func (r *run) reportUnread() {
	for _, u := range r.set.Unread {
		if u.Grants {
			remedy := "review the processed template and the templates of its nested stacks, or the policies as deployed"
			if strings.HasPrefix(u.Type, "AccessControl ") {
				remedy = "remove AccessControl, and give access with a bucket policy, which the review can evaluate"
			}
			f := Finding{Policy: u.Name(), NotPolicy: true, Unread: true, Location: Location{u.File, u.Line, u.Column}, Message: sentencef("%s can add or change grants, and was not read", u.Name()), Remedy: remedy}
			if len(u.Problems) > 0 {
				first := u.Problems[0]
				f.Location = Location{u.File, first.Line, first.Column}
				f.Message = f.Message.append(sentencef(", because the policy has a mistake: %s", first.Message))
				f.Remedy = "correct the policy"
			}
			r.report(f)
		}
	}
}

// worstCase returns the addition to a finding about statements with parts that
// are known only at deployment, if the finding depends on the worst case of
// these parts. Without this addition, the finding would present the worst case
// as a fact.
func (r *run) worstCase(f *Finding, statements ...*statement) Sentence {
	var all []string
	add := func(texts []string, depends func(worst string) bool) {
		for _, text := range texts {
			if worst := r.set.WithWildcards(text); worst != text && depends(worst) {
				all = append(all, text)
			}
		}
	}
	for _, s := range statements {
		original := r.originals[s.Statement]
		if original == nil {
			continue
		}
		r.spend(s.weight())
		add(original.Actions, func(worst string) bool { return slices.Contains(f.Actions, worst) })
		add(original.NotActions, func(string) bool { return len(s.NotActions) == 0 })
		add(original.Resources, func(worst string) bool { return slices.Contains(f.Resources, worst) })
		add(original.NotResources, func(string) bool { return len(s.NotResources) == 0 })
		if r.rule.Group == Trust {
			var ids []string
			for _, principal := range slices.Concat(original.Principals, original.NotPrincipals) {
				if principal.Kind == "AWS" || principal.Kind == document.UnknownKind {
					ids = append(ids, principal.ID)
				}
			}
			add(ids, func(worst string) bool { return worst == "*" })
		}
		for _, c := range original.Conditions {
			if !slices.ContainsFunc(s.Conditions, func(other document.Condition) bool { return other.String() == c.String() }) {
				add(append(slices.Clip(c.Values), c.Key), func(string) bool { return true })
			}
		}
	}
	if all = unique(all); len(all) == 0 {
		return nil
	}
	return sentencef("; the worst case is assumed, because this is known only at deployment: %s", nameList(all))
}

// widenSet returns the set with the worst case of everything that is known only
// at deployment, for the risk rules. It returns the same set if everything is
// known.
//
// In an Allow, the worst case is the widest. A Deny remains as it is, because
// an unknown text covers no other text. originals maps the widened statements to
// the statements as written.
func widenSet(set *document.Set) (worst *document.Set, originals map[*document.Statement]*document.Statement) {
	w := widener{set, map[*document.Document]*document.Document{}, map[*document.Statement]*document.Statement{}}
	widened := *set
	widened.Principals = make([]*document.Holder, len(set.Principals))
	for i, h := range set.Principals {
		c := *h
		c.Trust, c.BoundaryPolicy = w.widenDocument(h.Trust), w.widenDocument(h.BoundaryPolicy)
		c.Policies = slices.Clone(h.Policies)
		for j := range c.Policies {
			c.Policies[j].Document = w.widenDocument(c.Policies[j].Document)
		}
		widened.Principals[i] = &c
	}
	if len(w.originals) == 0 {
		return set, nil
	}
	return &widened, w.originals
}

type widener struct {
	set       *document.Set
	copies    map[*document.Document]*document.Document
	originals map[*document.Statement]*document.Statement
}

func (w *widener) widenDocument(d *document.Document) *document.Document {
	if d == nil {
		return nil
	}
	if known, ok := w.copies[d]; ok {
		return known
	}
	widened := d
	for i := range d.Statements {
		if s := &d.Statements[i]; s.Effect == document.Allow && w.isPartlyUnknown(s) {
			if widened == d {
				c := *d
				c.Statements = slices.Clone(d.Statements)
				widened = &c
			}
			widened.Statements[i] = w.widenStatement(*s)
			w.originals[&widened.Statements[i]] = s
		}
	}
	w.copies[d] = widened
	return widened
}

func (w *widener) isPartlyUnknown(s *document.Statement) bool {
	isUnknown := func(text string) bool { return len(w.set.Unknown(text)) > 0 }
	principal := func(p document.Principal) bool { return isUnknown(p.ID) }
	return slices.ContainsFunc(s.Actions, isUnknown) || slices.ContainsFunc(s.NotActions, isUnknown) || slices.ContainsFunc(s.Resources, isUnknown) || slices.ContainsFunc(s.NotResources, isUnknown) ||
		slices.ContainsFunc(s.Principals, principal) || slices.ContainsFunc(s.NotPrincipals, principal) ||
		slices.ContainsFunc(s.Conditions, func(c document.Condition) bool { return isUnknown(c.Key) || slices.ContainsFunc(c.Values, isUnknown) })
}

func (w *widener) widenStatement(s document.Statement) document.Statement {
	isUnknown := func(text string) bool { return len(w.set.Unknown(text)) > 0 }
	s.Actions = uniqueResults(s.Actions, func(action string) string {
		if service, _, _ := strings.Cut(w.set.WithWildcards(action), ":"); service != "*" && strings.Contains(service, "*") || isUnknown(action) && strings.HasPrefix(service, "*") {
			return "*" // the service is unknown
		}
		return w.set.WithWildcards(action)
	})
	s.Resources = uniqueResults(s.Resources, w.set.WithWildcards)
	if known := slices.DeleteFunc(slices.Clone(s.NotActions), isUnknown); len(known) == 0 && len(s.NotActions) > 0 {
		s.NotActions, s.Actions = nil, []string{"*"}
	} else {
		s.NotActions = known
	}
	if known := slices.DeleteFunc(slices.Clone(s.NotResources), isUnknown); len(known) == 0 && len(s.NotResources) > 0 {
		s.NotResources, s.Resources = nil, []string{"*"}
	} else {
		s.NotResources = known
	}
	s.Principals = slices.Clone(s.Principals)
	for i, p := range s.Principals {
		// Only a value that is wholly unknown becomes a wildcard or, if its limits
		// exclude that, a whole account. An ARN with an unknown part still names one
		// principal.
		switch isAWS := p.Kind == "AWS"; {
		case (isAWS || p.Kind == document.UnknownKind) && w.set.MayBeAnyone(p.ID):
			s.Principals[i] = document.Principal{Kind: "AWS", ID: "*"}
		case isAWS && w.set.WithWildcards(p.ID) == "*":
			s.Principals[i] = document.Principal{Kind: "AWS", ID: "arn:" + arn.DefaultPartition + ":iam::" + p.ID + ":root"}
		}
	}
	unknown := func(p document.Principal) bool { return isUnknown(p.ID) }
	if known := slices.DeleteFunc(slices.Clone(s.NotPrincipals), unknown); len(known) == 0 && len(s.NotPrincipals) > 0 {
		s.NotPrincipals, s.Principals = nil, []document.Principal{{Kind: "AWS", ID: "*"}}
	} else {
		s.NotPrincipals = known
	}
	var conditions []document.Condition
	for _, c := range s.Conditions {
		if c, ok := w.widenCondition(c); ok {
			conditions = append(conditions, c)
		}
	}
	s.Conditions = conditions
	return s
}

// widenCondition returns the condition with the values that narrow the
// statement least. It returns false if the condition might not narrow the
// statement at all. A value that must be equal narrows the statement regardless
// of the value, unless the key identifies the caller or the network: then the
// value may match anyone.
func (w *widener) widenCondition(c document.Condition) (document.Condition, bool) {
	isUnknown := func(text string) bool { return len(w.set.Unknown(text)) > 0 }
	if isUnknown(c.Key) && !hasKnownKind(c.Key) {
		return c, false
	}
	if !slices.ContainsFunc(c.Values, isUnknown) {
		return c, true
	}
	op, _ := document.ParseOperator(c.Operator)
	switch op.Name {
	case "StringEquals", "StringEqualsIgnoreCase", "BinaryEquals", "NumericEquals", "DateEquals":
		return c, !identifiesCaller(c.Key)
	case "StringLike", "ArnLike", "ArnEquals":
		c.Values = uniqueResults(c.Values, w.set.WithWildcards)
		return c, true
	case "IpAddress":
		c.Values = uniqueResults(c.Values, func(value string) string {
			if isUnknown(value) {
				return "0.0.0.0/0"
			}
			return value
		})
		return c, true
	}
	if strings.Contains(op.Name, "Not") {
		// A negated condition still excludes its known values.
		c.Values = slices.DeleteFunc(slices.Clone(c.Values), isUnknown)
		return c, len(c.Values) > 0
	}
	return c, false
}

// hasKnownKind reports whether it is certain what a key with an unknown part is about: a
// tag with an unknown name (aws:RequestTag/${Ref:Name}), or a claim of the tokens of an
// unknown provider (${Ref:Host}:aud).
func hasKnownKind(key string) bool {
	known, _, _ := strings.Cut(key, "${")
	if prefix, name, ok := strings.Cut(known, ":"); ok {
		kind, _, isTag := strings.Cut(strings.ToLower(name), "/")
		return prefix != "" && isTag && strings.HasSuffix(kind, "tag")
	}
	_, claim, ok := claimOf(key)
	return ok && claim != "" && !strings.ContainsAny(claim, "${}")
}

// identifiesCaller reports whether a condition key identifies the caller or the
// network of the request. The tags of the caller do not identify the caller.
//
// Source: IAM User Guide, "AWS global condition context keys", the properties
// of the principal and of the network; AWS KMS Developer Guide,
// "kms:CallerAccount".
func identifiesCaller(key string) bool {
	key = strings.ToLower(key)
	if strings.HasPrefix(key, "aws:principaltag/") {
		return false
	}
	return strings.HasPrefix(key, "aws:principal") || strings.HasPrefix(key, "aws:source") || slices.Contains([]string{"aws:userid", "aws:username", "kms:calleraccount"}, key)
}

func uniqueResults(texts []string, f func(string) string) []string {
	var all []string
	for _, text := range texts {
		if text = f(text); !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}
