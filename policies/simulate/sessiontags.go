// Session tags: anyone who assumes a role can pass tags, if the trust policy of the role
// allows it. A session tag replaces a tag of the role that has the same key. IAM Identity
// Center passes the attributes for access control of a user as session tags.
//
// Sources: IAM User Guide, "Pass session tags in AWS STS"; IAM Identity Center User
// Guide, "Attributes for access control".

package simulate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/internal/shortlist"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// serviceTags has the keys of the session tags that AWS services pass, in lower case. A
// key that ends in "*" stands for every key that begins so. A service that is not in the
// table may pass any key.
//
// Sources: Amazon EKS User Guide, "Grant Pods access to AWS resources based on tags"; IAM
// Roles Anywhere User Guide, "Certificate attribute mapping". No documentation mentions
// session tags for the roles of instances, functions and ECS tasks.
var serviceTags = lazy.Value[map[string][]string]{Make: func() map[string][]string {
	return map[string][]string{
		"pods.eks":      {"eks-cluster-arn", "eks-cluster-name", "kubernetes-namespace", "kubernetes-pod-name", "kubernetes-pod-uid", "kubernetes-service-account"},
		"rolesanywhere": {"x509subject/*", "x509issuer/*", "x509san/*"},
		"ec2":           nil, "lambda": nil, "ecs-tasks": nil,
	}
}}

// noteSessionTags adds a note if a tag that a session can have could change the
// decision. The outcome is then unknown.
func (s *Simulation) noteSessionTags(action, resource string, o *Outcome) {
	if !s.isOwnRequest(action, resource) || o.isRefused || s.contextIsComplete {
		return
	}
	keys := s.sessionTagKeys()
	if len(keys) == 0 {
		return
	}
	with := func(keys ...string) (differs bool) {
		other := *s
		other.context = maps.Clone(s.context)
		for _, key := range keys {
			other.addKey(key, "${GetAtt:Session."+strings.TrimPrefix(key, principalTagPrefix)+"}")
		}
		found := other.decide(action, resource)
		other.noteWithoutResource(action, &found)
		return found.differsFrom(o)
	}
	if !with(keys...) {
		return
	}
	deciding := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return !with(key) })
	if len(deciding) == 0 { // only several of them together change the decision
		deciding = keys
	}
	source := fmt.Sprintf("the trust policy of the role %s allows session tags, which replace the tags of the role", s.holder.Name)
	if s.holder.IsPermissionSet() {
		source = fmt.Sprintf("IAM Identity Center can pass attributes of the user as session tags to the role of the permission set %s", s.holder.Name)
	}
	names := shortlist.Few(deciding, shortlist.Shown(len(deciding), maxTriedParameters), func(key string) string { return strings.TrimPrefix(key, principalTagPrefix) })
	note := fmt.Sprintf("%s: the decision can depend on the value of %s in the session: pass the value with --context aws:PrincipalTag/%s=VALUE",
		source, names, strings.TrimPrefix(deciding[0], principalTagPrefix))
	s.meter.Spend(noteCost(note))
	o.Notes, o.Unknown = append(o.Notes, note), true
}

// isOwnRequest reports whether the simulated role or user makes the request.
func (s *Simulation) isOwnRequest(action, resource string) bool {
	return s.holder != nil && (s.principal == nil || s.isHolder(s.principal.ID)) && (s.principal != nil || !s.asksWhoAssumes(action, resource))
}

// sessionTagKeys returns the aws:PrincipalTag keys that a session of the simulated role
// can set and on which the policies depend, sorted. It omits the keys that the request
// has.
func (s *Simulation) sessionTagKeys() []string {
	var possible []string
	switch {
	case s.holder.IsPermissionSet():
		possible = []string{"*"}
	case s.holder.Kind == document.RoleKind && s.holder.Trust != nil:
		possible = sessionTags(s.holder.Trust)
	}
	if len(possible) == 0 {
		return nil
	}
	found := map[string]bool{}
	for _, policy := range s.allPolicies() {
		for i := range policy.Document.Statements {
			addPrincipalTagKeys(&policy.Document.Statements[i], found)
		}
	}
	s.meter.Spend(s.statementCount())
	for key := range found {
		tag := strings.TrimPrefix(key, principalTagPrefix)
		if s.context[key] != nil || !slices.ContainsFunc(possible, func(pattern string) bool { return document.Match(pattern, tag, true) }) {
			delete(found, key)
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// sessionTags returns the keys of the session tags that a trust policy may allow, in
// the form of serviceTags.
func sessionTags(trust *document.Document) (keys []string) {
	for i := range trust.Statements {
		s := &trust.Statements[i]
		if s.Effect != document.Allow || !authz.MayTagSession(s) {
			continue
		}
		for _, p := range s.Principals {
			name, _ := authz.ServiceName(p.ID)
			if own, known := serviceTags.Get()[name]; p.Kind == "Service" && known {
				keys = append(keys, own...)
			} else {
				keys = append(keys, "*")
			}
		}
		if len(s.NotPrincipals) > 0 {
			keys = append(keys, "*")
		}
	}
	return keys
}

// addPrincipalTagKeys adds the aws:PrincipalTag keys on which a statement depends, in
// lower case: those of its conditions, and those of its policy variables.
func addPrincipalTagKeys(s *document.Statement, found map[string]bool) {
	addVariables := func(texts []string) {
		for _, text := range texts {
			rest := strings.ToLower(text)
			for {
				_, after, ok := strings.Cut(rest, "${"+principalTagPrefix)
				if !ok {
					break
				}
				end := strings.IndexAny(after, ",}")
				if end < 0 {
					break
				}
				found[principalTagPrefix+strings.TrimSpace(after[:end])], rest = true, after[end:]
			}
		}
	}
	for _, c := range s.Conditions {
		if key := strings.ToLower(c.Key); strings.HasPrefix(key, principalTagPrefix) {
			found[key] = true
		}
		addVariables(c.Values)
	}
	addVariables(s.Resources)
	addVariables(s.NotResources)
}
