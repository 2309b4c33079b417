// Finds out which principals of the set a text in a policy names.

package review

import (
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/document"
)

// refersTo reports whether a text in a file is certain to name a principal: its
// ARN, a pattern that matches the ARN, or a reference to the resource that
// creates it in the same template.
func (c *chainFinder) refersTo(text, file string, s *subject) bool {
	found, _ := c.compareName(text, file, s)
	return found
}

// mayReferTo is like refersTo, but also returns true if the named principal is
// known only at deployment.
func (c *chainFinder) mayReferTo(text, file string, s *subject) bool {
	found, unknown := c.compareName(text, file, s)
	return found || unknown
}

// createsPrincipal reports whether a file defines a principal with this logical
// ID. The same logical ID in another template is a different resource.
func (c *chainFinder) createsPrincipal(file, id string) bool {
	return slices.ContainsFunc(c.subjects, func(s *subject) bool { return s.File == file && s.LogicalID == id })
}

// compareName compares a text in a file with a principal. found means that the
// text is certain to name the principal. unknown means that this is known only
// at deployment.
func (c *chainFinder) compareName(text, file string, s *subject) (found, unknown bool) {
	if rest, ok := strings.CutPrefix(text, "${"); ok && !strings.Contains(rest, ":role/") {
		rest, ok = strings.CutSuffix(rest, "}")
		attribute, isAttribute := strings.CutPrefix(rest, "GetAtt:")
		reference, isReference := strings.CutPrefix(rest, "Ref:")
		if !ok || !isAttribute && !isReference {
			return false, true
		}
		id, _, _ := strings.Cut(attribute, ".")
		if isReference {
			id = reference
		}
		if id == s.LogicalID && id != "" && file == s.File {
			return true, false
		}
		return false, isReference && !c.createsPrincipal(file, id) // a parameter may have any value, but a reference to another principal never names s
	}
	a := arn.ParsePattern(arn.Complete(text))
	if a.Parts < 6 {
		// The partition and the account of the principal are unknown, so
		// example values stand for them.
		found = document.Match(text, "arn:aws:iam::123456789012:"+string(s.Kind)+"/"+s.Name, false)
		return found, !found && strings.ContainsAny(text, "*?") && document.Intersects(text, "arn:*:iam::*:"+string(s.Kind)+"/"+s.pathAndName(), false)
	}
	if subjectAccounts := c.accounts[s.File]; arn.IsAccount(a.Account) && len(subjectAccounts) > 0 && !subjectAccounts[a.Account] {
		return false, false
	}
	kind, path, _ := strings.Cut(a.Resource, "/")
	if strings.ContainsAny(kind, "*?") && document.Match(a.Resource, string(s.Kind)+"/"+s.Name, false) {
		return true, false
	}
	if kind != string(s.Kind) {
		return false, false
	}
	last := path[strings.LastIndex(path, "/")+1:]
	switch {
	case s.Name != "" && (document.Match(path, s.Name, false) || document.Match(last, s.Name, false) || document.Match(path, s.pathAndName(), false)):
		return true, false
	case s.LogicalID != "" && last == "${Ref:"+s.LogicalID+"}" && file == s.File:
		return true, false
	case strings.HasPrefix(last, "${Ref:") && c.createsPrincipal(file, strings.TrimSuffix(strings.TrimPrefix(last, "${Ref:"), "}")):
		return false, false
	case s.Name != "" && s.Name == s.LogicalID && strings.ContainsAny(last, "*?"):
		// CloudFormation generates the name: STACK-LOGICALID-RANDOM.
		return document.Match(last, s.Name, false), document.Intersects(last, "*-"+s.Name+"-*", false)
	case hasUnknownPart(path), hasUnknownPart(s.pathAndName()):
		return false, document.Intersects(last, s.Name, false) || document.Intersects(path, s.pathAndName(), false)
	}
	return false, false
}

func (s *subject) pathAndName() string { return strings.TrimPrefix(s.Path, "/") + s.Name }
