// Condition keys that every request, every signed one, or every request of a role has.
// The keys for the time of the request have the time of the run. If a decision depends on
// another of these keys, and its value is not given, the decision is unknown.
//
// Source: IAM User Guide, "AWS global condition context keys", availability of
// each key.

package simulate

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// timeValue returns the value of aws:CurrentTime or aws:EpochTime at the time of the
// run. It returns false for another key, and if that time is unknown.
func (e *evaluation) timeValue(key string) (value string, ok bool) {
	if e.now.IsZero() {
		return "", false
	}
	switch strings.ToLower(key) {
	case "aws:currenttime":
		value = e.now.UTC().Format(time.RFC3339)
	case "aws:epochtime":
		value = strconv.FormatInt(e.now.Unix(), 10)
	default:
		return "", false
	}
	name, _ := authz.Global(key)
	e.note("%s is assumed to be %s, the time of this run", name.Name, value)
	return value, true
}

// isInEveryRequest reports whether every request has a key, even if its value
// is unknown. It returns false without hasUsualKeys.
func (e *evaluation) isInEveryRequest(key string) bool {
	known, ok := authz.Global(key)
	return e.hasUsualKeys && ok && (known.Presence == authz.Always || strings.EqualFold(key, issueTime) && e.isInEverySession(key))
}

// issueTime and withMFA are keys of requests with temporary credentials, the only
// ones that a role has. Sessions of federated users lack withMFA.
const issueTime, withMFA = "aws:TokenIssueTime", "aws:MultiFactorAuthPresent"

// isInEverySession reports whether the caller is a role, and every request of the role
// has a key, or every one whose session did not begin with federation.
func (e *evaluation) isInEverySession(key string) bool {
	if !strings.EqualFold(key, issueTime) && (e.isFederated || !strings.EqualFold(key, withMFA)) {
		return false
	}
	return e.isOwnRole || strings.HasPrefix(roleOrUser(e.Principal.ID), "role ")
}

// isFederatedOnly reports whether all sessions of a role begin with federation.
func isFederatedOnly(h *document.Holder) bool {
	if h.Trust == nil {
		return h.IsPermissionSet()
	}
	return !slices.ContainsFunc(h.Trust.Statements, func(s document.Statement) bool {
		return s.Effect == document.Allow && (len(s.Principals) == 0 || slices.ContainsFunc(s.Principals, func(p document.Principal) bool { return p.Kind != "Federated" }))
	})
}

// hasUnknownKey reports whether one of the keys is usual (see isUsual). The keys
// are not in the context, so the request has the usual key with an unknown
// value.
func (e *evaluation) hasUnknownKey(keys map[string]bool) bool {
	for key := range keys {
		if e.isUsual(key) {
			return true
		}
	}
	return false
}

// isUsual reports whether every request, every signed one, or every one of the caller
// has a key. It returns false without hasUsualKeys.
func (e *evaluation) isUsual(key string) bool {
	known, ok := authz.Global(key)
	return e.hasUsualKeys && ok && (known.Presence != authz.Sometimes || e.isInEverySession(key))
}

// dependsOnUsualKeys reports whether an allowed request could be denied by the
// values of usual keys (see isUsual) that are not given. missing has all keys
// whose values are not given. If the request could be denied,
// dependsOnUsualKeys adds a note for each usual key in missing.
func (e *evaluation) dependsOnUsualKeys(p Policies, missing []string) bool {
	var keys []string
	for _, key := range missing {
		if e.isUsual(key) {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return false
	}
	e.meter.Spend(p.weight())
	again := *e
	again.notes, again.missing, again.reasons, again.doubtful = map[string]bool{}, map[string]bool{}, nil, true
	v := again.assess(p, again.evaluateStatements(p), false)
	if len(v.denies) == 0 && v.refusal == "" {
		return false // the request is allowed whatever the values are
	}
	for _, key := range keys {
		requests := "every signed request has"
		switch {
		case strings.EqualFold(key, withMFA) && e.isInEverySession(key):
			requests = "every request of a role that was not assumed through federation has"
		case e.isInEverySession(key):
			requests = "every request of a role has"
		case e.isInEveryRequest(key):
			requests = "every request has"
		}
		e.note("%s %s, but no value was given: the value can change the decision", requests, key)
	}
	return true
}
