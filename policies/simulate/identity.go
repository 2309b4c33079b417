// The names and ARNs of roles, users and buckets of the template. A name that
// AWS generates, or that comes from an intrinsic function, is an unknown part
// of the ARN.

package simulate

import (
	"maps"
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/document"
)

// identities returns the ARNs and the names of the roles and users of the set, and of
// the resources with given names, by the intrinsic function that returns each. It
// leaves out ambiguous logical IDs; see [document.Set.IsAmbiguous].
func (s *Simulation) identities() map[string]string {
	if s.set == nil || s.known != nil {
		return s.known
	}
	s.meter.Spend(4 * len(s.set.Principals))
	s.known = map[string]string{}
	ambiguous := map[string]bool{}
	for _, h := range s.set.Principals {
		if h.LogicalID == "" || h.Kind != document.RoleKind && h.Kind != document.UserKind {
			continue
		}
		for inner, text := range map[string]string{"GetAtt:" + h.LogicalID + ".Arn": h.ARN(), "Ref:" + h.LogicalID: h.IAMName()} {
			_, seen := s.known[inner]
			ambiguous[inner] = seen || s.set.IsAmbiguous(h.LogicalID)
			s.known[inner] = text
		}
	}
	maps.DeleteFunc(s.known, func(inner, _ string) bool { return ambiguous[inner] })
	s.meter.Spend(1 + len(s.set.ResourceNames))
	for inner, text := range s.set.ResourceNames {
		if !ambiguous[inner] {
			s.known[inner] = text
		}
	}
	return s.known
}

func (s *Simulation) ownARN() string {
	return strings.TrimSuffix(s.holder.ARN(), s.holder.IAMName()) + s.ownName()
}

// ownName returns the name of the simulated role or user. If AWS generates the
// name, and another template has a role or user with the same logical ID,
// ownName returns a placeholder that differs from the placeholder of that role
// or user.
func (s *Simulation) ownName() string {
	if s.holder.HasGeneratedName {
		if _, unique := s.identities()["Ref:"+s.holder.LogicalID]; !unique {
			return "${GetAtt:" + s.holder.LogicalID + ".Name}"
		}
	}
	return s.holder.IAMName()
}

// caller returns the principal that was given as the caller or, if none was
// given, the simulated role or user. The account and the partition in the ARN
// of the role or user are those of the resource, unless parameters give them.
func (s *Simulation) caller(resource string) document.Principal {
	if s.principal != nil {
		return *s.principal
	}
	e := &evaluation{Request: Request{Resource: resource, Parameters: s.givenParameters()}, notes: map[string]bool{}, meter: s.meter}
	id, _, _ := e.resolveWith(s.ownARN(), resolving{keepUnknown: true})
	return document.Principal{Kind: "AWS", ID: id}
}

// resourceOf returns the resource of a request. In the ARN of a role or user of
// the template, the logical ID can stand for a name that AWS generates: that name
// is then an unknown part of the resource.
func (s *Simulation) resourceOf(resource string) (text, note string) {
	a, ok := arn.Parse(resource)
	if s.set == nil || !ok || a.Service != "iam" {
		return resource, ""
	}
	s.meter.Spend(1 + len(s.set.Principals)/16)
	for _, h := range s.set.Principals {
		kind := string(h.Kind)
		if !h.HasGeneratedName || h.ResourceType != "" || a.Name() != h.LogicalID || a.Resource != kind+h.IAMPath()+h.LogicalID {
			continue
		}
		if _, unique := s.identities()["Ref:"+h.LogicalID]; !unique {
			continue
		}
		a.Resource = kind + h.IAMPath() + h.IAMName()
		return a.String(), resource + " is assumed to be the " + kind + " " + h.LogicalID + " of the template: AWS generates the name of the " + kind
	}
	return resource, ""
}

// callerKeys returns the condition keys that follow from the simulated role or
// user: its tags, its ARN, its account and, for a user, its name. Source: IAM User
// Guide, "AWS global condition context keys", "Properties of the principal".
func (s *Simulation) callerKeys() map[string]string {
	keys, _ := s.principalTags()
	keys["aws:principalarn"] = s.ownARN()
	keys["aws:principalaccount"] = "${AWS::AccountId}" // the account in the ARN
	if s.holder.Kind == document.UserKind {
		keys["aws:username"] = s.ownName()
	}
	return keys
}

// identity returns the ARN or the name that an intrinsic function returns; see
// [Simulation.identities].
func (e *evaluation) identity(inner string) (text string, known bool) {
	if e.identities == nil {
		return "", false
	}
	text, known = e.identities()[inner]
	return text, known
}

// intrinsic returns the value of an intrinsic function, given without its
// braces. known is false if a part of the value is unknown.
func (e *evaluation) intrinsic(inner string, how resolving) (value string, known bool) {
	text, isIdentity := e.identity(inner)
	isOwn := text == "${"+inner+"}"
	if isIdentity && !isOwn && !how.nested {
		value, known, _ = e.resolveWith(text, how.forValue())
		return value, known
	}
	if value, known = e.parameter(inner); known {
		return escapeWildcards.Get().Replace(value), true
	}
	switch id, isRef := strings.CutPrefix(inner, "Ref:"); {
	case how.keepUnknown:
		return "${" + inner + "}", false
	case isOwn && isRef:
		return document.GeneratedNamePattern(id), false
	}
	return "*", false
}

// hasIntrinsic reports whether a text of the request has an intrinsic function, and so
// may be unknown.
func hasIntrinsic(text string) bool { return strings.Contains(text, "${") && len(intrinsics(text)) > 0 }

// matchOpen is [evaluation.matchText] for a text that may be unknown.
func (e *evaluation) matchOpen(pattern, text string, how resolving, foldCase bool) truth {
	kept, certain, ok := e.resolveWith(pattern, resolving{variables: how.variables, wildcards: how.wildcards, keepUnknown: true})
	if !ok {
		return no
	}
	value, known, _ := e.resolveWith(text, resolving{keepUnknown: true})
	e.meter.Spend(len(kept) * (len(value) + 1) / 64)
	if known && certain {
		return truthOf(document.Match(kept, value, foldCase))
	}
	if document.Covers(kept, value, foldCase) {
		return yes
	}
	if e.areDistinct(pattern, value) {
		return no
	}
	widest, _, _ := e.resolveWith(pattern, how)
	if possible, _, _ := e.resolve(text, false, false); !document.Intersects(widest, possible, foldCase) {
		return no
	}
	return e.unknownBecause("%s", strings.Join(intrinsics(kept+value), ", "))
}

// areDistinct reports whether two texts (reference and kept) certainly name different
// resources of the template. It returns false unless reference is an intrinsic
// function that returns an ARN or a name, and kept is the ARN or name of the simulated
// role or user, or contains a generated name.
func (e *evaluation) areDistinct(reference, kept string) bool {
	inner := strings.TrimSuffix(strings.TrimPrefix(reference, "${"), "}")
	if _, isIdentity := e.identity(inner); !isIdentity {
		return false
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(inner, "GetAtt:"), "Ref:"), ".")
	if own, known := e.identity("GetAtt:" + e.ownID + ".Arn"); known && id != e.ownID {
		name, _ := e.identity("Ref:" + e.ownID)
		if kept == e.resolveKnown(own) || kept == e.resolveKnown(name) {
			return true
		}
	}
	return slices.ContainsFunc(intrinsics(kept), func(part string) bool {
		name := strings.TrimSuffix(strings.TrimPrefix(part, "${"), "}")
		text, isIdentity := e.identity(name)
		return isIdentity && text == part && name != "Ref:"+id
	})
}

// matchOpenARN is [evaluation.matchARN] for an ARN that may be unknown.
func (e *evaluation) matchOpenARN(wanted, value string, variables bool) truth {
	pattern, certain, ok := e.resolveWith(wanted, resolving{variables: variables, wildcards: true, keepUnknown: true})
	if !ok {
		return no
	}
	if document.IsAnyARN(pattern) {
		return e.unclear(document.Unclear{Kind: document.AnyARN})
	}
	text, _, _ := e.resolveWith(value, resolving{keepUnknown: true})
	if e.areDistinct(wanted, text) {
		return no
	}
	a, b := arn.ParsePattern(pattern), arn.ParsePattern(text)
	if a.Parts < 6 || b.Parts < 6 {
		if certain {
			return e.typedResult(false, false)
		}
		return e.matchOpen(wanted, value, resolving{variables: variables, wildcards: true}, false)
	}
	result, parts := yes, b.Fields()
	for i, part := range a.Fields() {
		result = and(result, e.matchOpen(part, parts[i], resolving{wildcards: true}, false))
	}
	if result == no && !certain { // an unknown part may contain colons
		return and(maybe, e.matchOpen(wanted, value, resolving{variables: variables, wildcards: true}, false))
	}
	return result
}
