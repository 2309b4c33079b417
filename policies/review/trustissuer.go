// Trust in OIDC providers, and what conditions require of their tokens.

package review

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/document"
)

// isBuiltInIssuer reports whether a federated principal is an issuer that IAM
// supports without a provider in the account.
//
// Source: IAM User Guide, "AWS JSON policy elements: Principal", "Federated
// user principals".
func isBuiltInIssuer(id string) bool {
	found := findIssuer(id)
	return found != nil && found.kind != "issuer"
}

// issuerOf returns the issuer of an OIDC provider as the condition keys name
// it, without "https://". It returns false if the issuer is unknown, as for a
// provider that a template creates, and for a SAML provider.
func issuerOf(p document.Principal) (string, bool) {
	if _, host, ok := strings.Cut(p.ID, ":oidc-provider/"); ok {
		return host, !hasUnknownPart(host)
	}
	return p.ID, isBuiltInIssuer(p.ID)
}

// claimOf splits a condition key about a token, "HOST/PATH:claim".
func claimOf(key string) (host, claim string, ok bool) {
	i := strings.LastIndexByte(key, ':')
	if i < 0 || !isProviderKey(key) {
		return "", "", false
	}
	return key[:i], strings.ToLower(key[i+1:]), true
}

// isURLKey reports whether a condition key begins like a URL. The keys of a
// provider have its address without "https://", so no request has such a key.
//
// Source: IAM User Guide, "IAM and AWS STS condition context keys", "Available
// keys for AWS OIDC federation".
func isURLKey(key string) bool { return strings.Contains(key, "://") }

// alwaysHasClaim reports whether every token that the entry accepts has the
// claim of a condition key. Facebook and Login with Amazon issue other kinds of
// tokens.
//
// Source: OpenID Connect Core 1.0, section 2: sub and aud are required in every
// token.
func (e *entry) alwaysHasClaim(key string) bool {
	host, known, ok := e.webIdentity()
	issuerHost, claim, isClaim := claimOf(key)
	return ok && known && isClaim && sameIssuer(issuerHost, host) && (claim == "sub" || claim == "aud") && slices.Contains(audienceClaims(host), "aud")
}

// everyTokenHas reports whether a statement accepts only tokens, and each of them
// has the claim of a condition key.
func (s *statement) everyTokenHas(key string) bool {
	if _, _, isClaim := claimOf(key); !isClaim || len(s.Principals) == 0 {
		return false
	}
	actions := s.assumeActions()
	return !slices.ContainsFunc(s.Principals, func(principal document.Principal) bool {
		e := entry{statement: s, principal: principal, usableActions: actions}
		return !e.alwaysHasClaim(key)
	})
}

func sameIssuer(a, b string) bool {
	return strings.EqualFold(strings.TrimSuffix(a, "/"), strings.TrimSuffix(b, "/"))
}

// findIssuer returns the facts about an issuer that many customers share, or
// nil for another issuer.
func findIssuer(host string) *issuer {
	return loadTrust.Get().issuers[strings.TrimSuffix(strings.ToLower(host), "/")]
}

// audienceClaims returns the claims that say for which application a token was
// issued.
func audienceClaims(host string) []string {
	if found := findIssuer(host); found != nil {
		return found.audiences
	}
	return []string{"aud"}
}

// subjectClaims returns the claims that identify the holder of a token.
func subjectClaims(host string) []string {
	if found := findIssuer(host); found != nil && found.claims != nil {
		return found.claims
	}
	return []string{"sub"}
}

// isClusterIssuer reports whether the issuer belongs to an EKS cluster. Every
// cluster has its own issuer, and every pod of the cluster can get a token from
// it.
//
// Source: Amazon EKS User Guide, "IAM roles for service accounts".
func isClusterIssuer(host string) bool {
	return strings.HasPrefix(host, "oidc.eks.") || strings.HasPrefix(host, "oidc-eks.")
}

// tokenScope says whose tokens a value of a claim matches.
type tokenScope uint8

const (
	scopeAll    tokenScope = iota // every token of the issuer
	scopeTenant                   // every token of one customer, or tokens of several namespaces
	scopePart                     // every token of one repository or namespace
	scopeOne
)

// claimScope says whose tokens a pattern for a claim matches.
//
// The subjects of shared issuers begin with the customer:
// "repo:ORG/REPOSITORY:...", "organization:ORG:project:NAME:workspace:NAME:..." or
// "organization:ORG:pipeline:NAME:...", "project_path:GROUP/...".
// Those of a cluster are "system:serviceaccount:NAMESPACE:NAME".
//
// Sources: GitHub, GitLab, HCP Terraform and Buildkite on OpenID Connect with
// AWS; Amazon EKS User Guide, "Assign IAM roles to Kubernetes service
// accounts".
func claimScope(host, claim, value string) tokenScope {
	known := findIssuer(host)
	wildcardIndex := strings.IndexAny(value, "*?")
	switch {
	case isAnything(value):
		return scopeAll
	case claim == "amr" && document.Match(value, "unauthenticated", false):
		return scopeAll
	case matchesPullRequests(host, claim, value) && !strings.ContainsAny(strings.SplitN(value, ":", 3)[1], "*?"):
		return scopePart
	case isOfAnyOwner(host, claim, value):
		return scopeAll
	case wildcardIndex < 0:
		return scopeOne
	case isClusterIssuer(host) || strings.HasPrefix(value, "system:serviceaccount:"):
		return clusterClaimScope(value)
	}
	kind, after, found := strings.Cut(value, ":")
	if known == nil || known.kind != "issuer" {
		if found && isAnything(after) {
			return scopeAll // "repo:*"
		}
		return scopeOne
	}
	rest := value
	if claim == "sub" {
		if !found || strings.ContainsAny(kind, "*?") {
			return scopeAll
		}
		rest = after
	}
	nameEnd := strings.IndexAny(rest, ":/")
	if wildcardIndex = strings.IndexAny(rest, "*?"); nameEnd < 0 || wildcardIndex < nameEnd {
		return scopeAll
	}
	name, after, hasMore := strings.Cut(rest[nameEnd+1:], ":")
	switch {
	case strings.ContainsAny(name, "*?"), rest[nameEnd] == ':' && leavesPartOpen(rest[nameEnd+1:]):
		return scopeTenant
	case hasMore && isAnything(after), rest[nameEnd] == ':' && isOnePart(after):
		return scopePart
	}
	return scopeOne
}

// isOnePart reports whether a text is the name of one part of an organization,
// followed only by wildcards: "NAME:*".
func isOnePart(text string) bool {
	_, more, hasMore := strings.Cut(text, ":")
	return hasMore && isAnything(more)
}

// leavesPartOpen reports whether the rest of a subject after the customer, such as
// "project:NAME:workspace:NAME:run_phase:plan", has a wildcard in the name of a
// project, workspace or pipeline.
func leavesPartOpen(rest string) bool {
	fields := strings.Split(rest, ":")
	return slices.ContainsFunc([]string{"project", "workspace", "pipeline"}, func(part string) bool {
		i := slices.Index(fields, part)
		return i >= 0 && i%2 == 0 && i+1 < len(fields) && strings.ContainsAny(fields[i+1], "*?")
	})
}

func clusterClaimScope(value string) tokenScope {
	parts := strings.SplitN(value, ":", 4)
	if len(parts) < 3 || strings.ContainsAny(parts[0]+parts[1], "*?") {
		return scopeAll
	}
	// A wildcard without a name after it also matches everything that follows.
	if strings.ContainsAny(parts[2], "*?") {
		if len(parts) == 4 && !isAnything(parts[3]) {
			return scopeTenant
		}
		if isAnything(parts[2]) {
			return scopeAll
		}
		return scopeTenant
	}
	if len(parts) == 4 && strings.ContainsAny(parts[3], "*?") {
		return scopePart
	}
	return scopeOne
}

// narrowestClaim returns how narrowly the requirements of an entry limit any of
// the claims, and the condition key that does so, or "" if none does.
func (e *entry) narrowestClaim(host string, known bool, wanted []string) (closest tokenScope, key string) {
	for _, c := range e.requirements {
		issuerHost, claim, ok := claimOf(c.Key)
		if !ok || !slices.Contains(wanted, claim) || known && !sameIssuer(issuerHost, host) || !e.requiresNamedValue(c) {
			continue
		}
		widest := scopeOne
		for _, value := range c.Values {
			widest = min(widest, claimScope(issuerHost, claim, valuePattern(c, value)))
		}
		if key == "" || widest > closest {
			closest, key = widest, c.Key
		}
	}
	return closest, key
}

func checkWebIdentitySubject(_ *run, e *entry) (entryRemark, bool) {
	host, known, ok := e.webIdentity()
	if !ok {
		return entryRemark{}, false
	}
	shared := findIssuer(host)
	claims := subjectClaims(host)
	level, key := e.narrowestClaim(host, known, claims)
	missing := ": no condition requires " + claimKeysText(host, claims)
	switch {
	case key != "" && e.acceptsGuests(key):
		missing = fmt.Sprintf(": the condition on %s accepts these users", key)
	case key != "" && e.acceptsAnyOwner(key):
		missing = fmt.Sprintf(": the condition on %s names neither the repository nor its owner, and every customer can get a token with the same subject", key)
	case key != "":
		missing = fmt.Sprintf(": the wildcards of the condition on %s also match the tokens of other callers", key)
	case !known:
		missing = ": no condition requires the subject (sub) of its tokens"
	}
	switch {
	case level == scopeOne:
		return entryRemark{}, false
	case level == scopePart && isClusterSubject(host, e):
		return entryRemark{Low, "every service account of a namespace of the cluster ", PlainSentence(" can assume the role, so everyone who can create a service account in that namespace can assume the role"), "", ""}, true
	case level == scopePart && e.limitsToPullRequests(host, key):
		return entryRemark{Low, fmt.Sprintf("every pull request of the repository in the condition on %s can assume the role through ", key), PlainSentence(", and a pull request can change the workflow, so everyone who can push to the repository can assume the role"), "", ""}, true
	case level == scopePart && shared != nil && shared.kind == "issuer":
		return entryRemark{Low, fmt.Sprintf("every branch, tag, pull request and environment of the repository, project or workspace in the condition on %s can assume the role through ", key), PlainSentence(", so everyone who can push to that repository, project or workspace can assume the role"), "", ""}, true
	case level == scopePart:
		return entryRemark{}, false
	case level == scopeTenant && isClusterSubject(host, e):
		return entryRemark{Medium, "service accounts of several namespaces of the cluster ", PlainSentence(" can assume the role, so everyone who can create a service account with a matching name can assume the role"), "", ""}, true
	case level == scopeTenant:
		return entryRemark{Medium, fmt.Sprintf("the condition on %s matches more than one repository, project or workspace of ", key), PlainSentence(", so everyone who can create another matching repository, project or workspace can assume the role"), "", ""}, true
	}
	switch {
	case shared != nil && shared.kind == "login":
		return entryRemark{Medium, "every user of the application who signs in with ", PlainSentence(" can assume the role, and anyone can create an account with this provider" + missing), "", ""}, true
	case shared != nil && shared.kind == "guest":
		return entryRemark{Medium, "every user of the identity pool can assume the role through ", PlainSentence(", including users who have not signed in" + missing), "", ""}, true
	case shared != nil && shared.claims == nil:
		return entryRemark{Medium, "every workload of your account at ", PlainSentence(" can assume the role" + missing), "", ""}, true
	case shared != nil:
		return entryRemark{Critical, fmt.Sprintf("every customer of %s can assume the role through ", shared.name), PlainSentence(", because all customers have tokens of this issuer" + missing), "", ""}, true
	case isClusterIssuer(host):
		return entryRemark{High, "every pod of the cluster ", PlainSentence(" can assume the role" + missing), "", ""}, true
	}
	return entryRemark{High, "everyone with a token of ", PlainSentence(" can assume the role" + missing), "", ""}, true
}

// acceptsGuests reports whether a condition on the key names the users who have not
// signed in.
func (e *entry) acceptsGuests(key string) bool {
	return slices.ContainsFunc(e.requirements, func(c document.Condition) bool {
		return strings.EqualFold(c.Key, key) && slices.Contains(c.Values, "unauthenticated")
	})
}

// acceptsAnyOwner reports whether a condition on the key has a subject without
// wildcards that names neither a repository of GitHub nor its owner.
func (e *entry) acceptsAnyOwner(key string) bool {
	host, claim, _ := claimOf(key)
	return slices.ContainsFunc(e.requirements, func(c document.Condition) bool {
		return c.Key == key && slices.ContainsFunc(c.Values, func(value string) bool {
			return !strings.ContainsAny(value, "*?") && isOfAnyOwner(host, claim, value)
		})
	})
}

// claimKeysText names the condition keys of claims, for a message. A condition
// on any of them is enough.
func claimKeysText(host string, claims []string) string {
	text := host + ":" + claims[0]
	if len(claims) == 2 {
		text += " or " + claims[1]
	}
	return text
}

// isClusterSubject reports whether the subjects that an entry requires are
// Kubernetes service accounts.
func isClusterSubject(host string, e *entry) bool {
	return isClusterIssuer(host) || slices.ContainsFunc(e.requirements, func(c document.Condition) bool {
		return slices.ContainsFunc(c.Values, func(value string) bool { return strings.HasPrefix(value, "system:serviceaccount:") })
	})
}

// webIdentity returns the issuer whose tokens the entry accepts, and whether
// its name is known. ok is false if the entry does not accept the tokens of one
// provider.
func (e *entry) webIdentity() (host string, known, ok bool) {
	if e.principal.Kind != "Federated" || e.principal.ID == "*" || !e.canUse(assumeRoleWithWebIdentity) {
		return "", false, false
	}
	host, known = issuerOf(e.principal)
	return host, known, true
}

// limitsToPullRequests reports whether the values that an entry requires of a
// key match only tokens of pull requests.
func (e *entry) limitsToPullRequests(host, key string) bool {
	_, claim, _ := claimOf(key)
	return slices.ContainsFunc(e.requirements, func(c document.Condition) bool {
		return c.Key == key && !slices.ContainsFunc(c.Values, func(value string) bool {
			return strings.ContainsAny(value, "*?") || !matchesPullRequests(host, claim, value)
		})
	})
}
