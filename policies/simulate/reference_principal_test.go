// The principals of the reference: see reference_test.go.

package simulate

import "strings"

// refPrincipal returns how closely a list of principals matches the caller: 3 if
// it has the caller or everyone, 2 if it has the role of the caller, 1 if it has
// only the account, and 0 otherwise. For a caller that is a role, the role itself
// is 2. open is the level if possible matches also count.
func (r *refRequest) refPrincipal(listed map[string][]string) (level, open int) {
	kind := refKind(r.principal)
	for ofKind, ids := range listed {
		for _, id := range ids {
			match := 0
			switch {
			case ofKind == "AWS" && id == "*":
				match = 3
			case ofKind != kind:
			case kind != "AWS":
				if id == r.principal {
					match = 3
				}
			case id == refAccount(r.principal) || id == "arn:aws:iam::"+refAccount(r.principal)+":root":
				match = 1
			case id == r.principal:
				if match = 3; strings.Contains(id, ":role/") {
					match = 2
				}
			case refIsSession(r.principal, id):
				match = 2
			case refIsSession(id, r.principal):
				open = 3
			}
			level = max(level, match)
		}
	}
	return level, max(level, open)
}

// refIsSession reports whether arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION
// is a session of the role arn:aws:iam::ACCOUNT:role/PATH/NAME.
func refIsSession(session, role string) bool {
	parts := strings.Split(session, "/")
	return strings.Contains(session, ":assumed-role/") && strings.Contains(role, ":role/") &&
		refAccount(role) == refAccount(session) && role[strings.LastIndex(role, "/")+1:] == parts[1]
}

// refNotPrincipal reports whether a statement with NotPrincipal applies to the
// caller. The statement applies unless all ARNs of the caller are listed: the
// user or role, its account and, for a session, the session.
func (r *refRequest) refNotPrincipal(listed map[string][]string) tri {
	level, open := r.refPrincipal(listed)
	if refKind(r.principal) != "AWS" || !strings.Contains(r.principal, ":") {
		return triOf(level == 0)
	}
	itself, account, session := open > 1, false, false
	for _, id := range listed["AWS"] {
		if id == "*" {
			return isFalse
		}
		account = account || id == refAccount(r.principal) || id == "arn:aws:iam::"+refAccount(r.principal)+":root"
		session = session || id == r.principal && strings.Contains(id, ":assumed-role/")
	}
	switch {
	case strings.HasSuffix(r.principal, ":root"):
		return triOf(!account)
	case !itself:
		return isTrue
	case !account, strings.Contains(r.principal, "role/") && !session:
		return isUncertain
	}
	return isFalse
}
