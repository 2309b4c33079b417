// Matching the caller with NotPrincipal, the exceptions of a statement.
//
// Sources: IAM User Guide, "AWS JSON policy elements: NotPrincipal"; AWS
// Knowledge Center, "How do I use NotPrincipal and explicit deny in an Amazon S3
// bucket policy" (https://repost.aws/knowledge-center/explicit-deny-principle-elements-s3).

package simulate

import "capaboot/policies/document"

// isExcepted reports whether a NotPrincipal excepts the caller.
//
// AWS "might validate the account first, then the role, and then the
// assumed-role user", so a statement excepts a caller for certain if it lists
// the account, the role and the session. An account that is listed alone excepts
// its root user, but not its other users and roles: the example of AWS that
// lists a user and its account denies the other users of the account.
func (e *evaluation) isExcepted(list []document.Principal) truth {
	result, account, session := no, no, no
	for _, p := range list {
		matches := e.isCaller(p)
		switch {
		case p.Kind == "AWS" && p.ID == "*":
			return yes
		case p.IsAccount():
			account = max(account, matches)
		default:
			if isSession(p.ID) {
				session = max(session, matches)
			}
			result = max(result, matches)
		}
	}
	caller := e.Principal
	switch {
	case caller.Kind != "AWS" || caller.ID == "*" || isRoot(caller.ID):
		return max(result, account)
	case result == no:
		return no
	case account == no:
		return e.unclear(document.Unclear{Kind: document.NotPrincipalAccount})
	case (isRole(caller.ID) || isSession(caller.ID)) && session != yes:
		return e.unknownBecause("whether a NotPrincipal that lists a role, but not the session of the role, excludes the session")
	}
	return and(result, account)
}
