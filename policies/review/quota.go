// The rule about quotas: policies that are too large, and principals with too
// many policies.
//
// Sources: IAM User Guide, "IAM and AWS STS quotas", as in package iam.

package review

import (
	"capaboot/internal/lazy"
	"capaboot/policies/document"
)

// Quota is one quota of IAM and how much of it a principal or policy uses.
type Quota struct {
	// Name says what is counted ("trust policy"). Of names the managed policy
	// or the policy of a resource; it is "" for other quotas. Used, Limit and
	// Raised are in Unit.
	Name   string `json:"name"`
	Of     string `json:"of,omitempty"`
	Unit   string `json:"unit"` // "characters" or "policies"
	Used   int    `json:"used"`
	Limit  int    `json:"limit"`
	Raised int    `json:"raised,omitempty"` // the highest limit that AWS grants on request; 0 if AWS does not raise it
}

// The units of a Quota.
const (
	unitCharacters = "characters"
	unitPolicies   = "policies"
)

const (
	managedQuota = 6144 // characters of a managed policy
	trustQuota   = 2048 // characters of a trust policy
	trustRaised  = 8192 // the highest trust quota that AWS grants on request
)

const resourceQuotaName = "policy of a resource"

// kindQuotas maps roles, users and groups to their quotas: the characters of
// all inline policies, the number of attached managed policies, and the highest
// such number that AWS grants on request (0: AWS does not raise it).
var kindQuotas = lazy.Value[map[document.Kind]struct{ inline, attached, raised int }]{Make: func() map[document.Kind]struct{ inline, attached, raised int } {
	return map[document.Kind]struct{ inline, attached, raised int }{
		document.RoleKind:  {10240, 10, 25},
		document.UserKind:  {2048, 10, 20},
		document.GroupKind: {5120, 10, 0},
	}
}}

func quotaRules() []Rule {
	return []Rule{{ID: "quota", Severity: Medium, Reference: userGuide + "reference_iam-quotas.html",
		Risk:   "the policy or the principal exceeds a quota of AWS, so AWS refuses to create or update the policy or principal",
		Remedy: "shorten or split the policy; if the quota is adjustable, ask AWS for a higher quota", subject: checkQuotas}}
}

// quotasOf returns the quotas of a role, user or group, or of a policy without
// a principal, and how much of each is used.
func quotasOf(s *subject) []Quota {
	var all []Quota
	if s.trust != nil {
		all = append(all, Quota{"trust policy", "", unitCharacters, s.trust.doc.Size, trustQuota, trustRaised})
	}
	for _, p := range s.policies {
		if resource, ok := p.resourceType(); ok && p.kind == resourcePolicy && resource.bytes > 0 {
			all = append(all, Quota{resourceQuotaName, p.name, unitCharacters, p.doc.Size, resource.bytes, 0})
		}
	}
	limits, hasQuotas := kindQuotas.Get()[s.Kind]
	inline, attached := 0, 0
	for _, p := range ownPolicies(s) {
		switch {
		case p.aws:
		case p.inline:
			inline += p.doc.Size
		default:
			attached++
			all = append(all, Quota{"managed policy", p.name, unitCharacters, p.doc.Size, managedQuota, 0})
		}
	}
	if !hasQuotas {
		return all
	}
	for _, name := range s.Attached {
		if !document.IsAddedBySAM(name) { // SAM makes an inline policy of it
			attached++
		}
	}
	// This quota is left out for a user in groups, because it is unknown which
	// policies are attached to the user and which to the groups.
	if len(s.Groups) == 0 {
		all = append(all, Quota{"attached managed policies", "", unitPolicies, attached, limits.attached, limits.raised})
	}
	return append(all, Quota{"inline policies together", "", unitCharacters, inline, limits.inline, 0})
}

func checkQuotas(r *run, s *subject) {
	for _, q := range quotasOf(s) {
		limit := q.Limit
		if r.options.RaisedQuotas {
			limit = max(limit, q.Raised)
		}
		if q.Used <= limit {
			continue
		}
		f := Finding{Policy: q.Of, Message: sentencef("%s: %d %s, and IAM allows %d", q.Name, q.Used, q.Unit, limit)}
		switch {
		case q.Name == resourceQuotaName:
			f.Message = sentencef("%s: %d %s, and AWS allows %d", q.Name, q.Used, q.Unit, limit)
		case q.Of != "": // an AWS managed policy may be longer, and a standalone document does not say who manages it
			f.Message = sentencef("as a customer managed policy: %d %s, and IAM allows %d", q.Used, q.Unit, limit)
		}
		if q.Unit == unitCharacters {
			f.Message = f.Message.append(PlainSentence(", white space not counted"))
		}
		if q.Raised > limit {
			f.Message = f.Message.append(sentencef(" (%d where AWS has raised the quota)", q.Raised))
		}
		for _, p := range s.policies {
			if q.Of != "" && p.name == q.Of {
				f.Location = Location{p.file, p.doc.Line, p.doc.Column}
			}
		}
		r.reportSubject(s, f)
	}
}
