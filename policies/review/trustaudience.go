// The audiences of the tokens that a role accepts: from the conditions of its trust
// policy, and from the list of the OIDC provider in IAM.

package review

import (
	"slices"
	"strings"

	"capaboot/policies/document"
)

func checkWebIdentityAudience(r *run, e *entry) (entryRemark, bool) {
	host, known, ok := e.webIdentity()
	if !ok {
		return entryRemark{}, false
	}
	claims := audienceClaims(host)
	shared := findIssuer(host)
	// For Google, only aud identifies the application: every customer of Google can
	// request any oaud for its own service accounts.
	identifying := claims
	if shared != nil && shared.kind == "login" {
		identifying = claims[:1]
	}
	if level, key := e.narrowestClaim(host, known, identifying); key != "" && level != scopeAll {
		return entryRemark{}, false
	}
	if shared != nil && shared.kind == "login" {
		if level, key := e.narrowestClaim(host, known, shared.claims); key != "" && level == scopeOne {
			if level, key := e.narrowestClaim(host, known, claims); key != "" && level != scopeAll {
				return entryRemark{}, false
			}
			return entryRemark{Low, "a token of ", PlainSentence(" for any application is accepted: no condition requires " + host + ":" + claims[0] + ", so a token that the user has for another application can be used"), "", ""}, true
		}
	}
	if shared != nil && shared.kind != "issuer" {
		// For an issuer with user logins, IAM has no list of audiences.
		return entryRemark{Critical, "every user of any application that uses " + shared.name + " can assume the role through ", sentencef(": no condition requires %s:%s, the only key that distinguishes your tokens from the tokens of others", host, claims[0]), "", ""}, true
	}
	// The provider in IAM has a list of audiences, which applies as well.
	listed := listedAudiences(r.set.TokenProviders, host)
	listText := "the provider's list in IAM"
	if listed != nil {
		listText += " (" + strings.Join(listed, ", ") + ")"
	}
	missing := ": no condition requires " + audienceKeyText(host, known)
	if shared != nil && shared.claims == nil {
		if !e.mentionsKey(host, claims[0]) {
			missing += ", which IAM demands in new and changed trust policies"
		}
		switch {
		case e.namesCustomer(host):
		case listed == nil:
			return entryRemark{High, "every customer of " + shared.name + " with an audience in " + listText + " can assume the role through ", PlainSentence(missing + ", and the content of the list is unknown"), "", ""}, true
		case slices.Contains(listed, commonAudience):
			return entryRemark{High, "every customer of " + shared.name + " who gets a token for an audience in " + listText + " can assume the role through ", PlainSentence(missing), "", ""}, true
		default:
			return entryRemark{Low, "tokens of ", PlainSentence(" are accepted for every audience in " + listText + missing + ", so only that list excludes other customers of " + shared.name), "", ""}, true
		}
	} else if len(listed) == 1 {
		return entryRemark{}, false // no token for another application is accepted
	}
	return entryRemark{Low, "tokens of ", PlainSentence(" are accepted for every audience in " + listText + missing + ", so a token for another application can be used"), "", ""}, true
}

// commonAudience is the audience for AWS that applications of all customers use.
const commonAudience = "sts.amazonaws.com"

// listedAudiences returns the audiences that the provider of an issuer accepts, or nil
// if they are unknown. An account has at most one provider for an issuer.
//
// Source: IAM User Guide, "Create an OpenID Connect (OIDC) identity provider in IAM".
func listedAudiences(providers []document.TokenProvider, host string) (listed []string) {
	for _, p := range providers {
		if !sameIssuer(p.Issuer, host) {
			continue
		}
		if p.Audiences == nil || listed != nil && !slices.Equal(listed, p.Audiences) {
			return nil
		}
		listed = p.Audiences
	}
	return listed
}

// mentionsKey reports whether any condition of the entry has the key of a claim.
func (e *entry) mentionsKey(host, claim string) bool {
	return slices.ContainsFunc(e.requirements, func(c document.Condition) bool {
		issuerHost, found, ok := claimOf(c.Key)
		return ok && found == claim && sameIssuer(issuerHost, host)
	})
}

// namesCustomer reports whether a condition on the subject names the customer: the
// subject has no wildcards, or none before the end of the customer's name. The subjects
// are "owner:TEAM:project:NAME:environment:NAME" for Vercel, and
// "pulumi:deploy:org:ORG:..." or "pulumi:environments:org:ORG:..." for Pulumi Cloud.
//
// Sources: Vercel and Pulumi on OpenID Connect with AWS.
func (e *entry) namesCustomer(host string) bool {
	return slices.ContainsFunc(e.requirements, func(c document.Condition) bool {
		issuerHost, claim, ok := claimOf(c.Key)
		return ok && claim == "sub" && sameIssuer(issuerHost, host) && e.requiresNamedValue(c) && !slices.ContainsFunc(c.Values, func(value string) bool {
			return !isOfOneCustomer(valuePattern(c, value))
		})
	})
}

func isOfOneCustomer(subject string) bool {
	fields := strings.Split(subject, ":")
	for i, name := range fields[:len(fields)-1] {
		if strings.ContainsAny(name, "*?") {
			return false
		}
		if name == "owner" || name == "org" {
			return fields[i+1] != "" && !strings.ContainsAny(fields[i+1], "*?")
		}
	}
	return false
}

func audienceKeyText(host string, known bool) string {
	if !known {
		return "the audience (aud)"
	}
	return host + ":aud"
}
