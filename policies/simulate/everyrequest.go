// Condition keys that every request, or every signed one, has. The keys for the
// time of the request have the time of the run. If a decision depends on
// another of these keys, and its value is not given, the decision is unknown.
//
// Source: IAM User Guide, "AWS global condition context keys", availability of
// each key.

package simulate

import (
	"strconv"
	"strings"
	"time"

	"capaboot/policies/authz"
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
	return e.hasUsualKeys && ok && known.Presence == authz.Always
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

// isUsual reports whether every request, or every signed one, has a key. It
// returns false without hasUsualKeys.
func (e *evaluation) isUsual(key string) bool {
	known, ok := authz.Global(key)
	return e.hasUsualKeys && ok && known.Presence != authz.Sometimes
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
		if e.isInEveryRequest(key) {
			requests = "every request has"
		}
		e.note("%s %s, but no value was given: the value can change the decision", requests, key)
	}
	return true
}
