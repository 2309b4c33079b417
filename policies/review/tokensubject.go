// The subjects of tokens: which values the issuer never writes, and which values
// it writes for every customer.
//
// Sources: GitHub Docs, "OpenID Connect reference" ("Example subject claims",
// "Customizing the subject claims"); Kubernetes documentation, "Service Accounts"
// and "Authenticating" (a service account authenticates with the user name
// system:serviceaccount:NAMESPACE:NAME); Amazon EKS User Guide, "Assign IAM roles
// to Kubernetes service accounts".

package review

import (
	"slices"
	"strings"

	"capaboot/policies/document"
)

const gitHubHost = "token.actions.githubusercontent.com"

// isGitHubIssuer reports whether the issuer is GitHub Actions. An enterprise can
// have an issuer of its own, with its name as the path.
func isGitHubIssuer(host string) bool {
	host = strings.ToLower(host)
	return host == gitHubHost || strings.HasPrefix(host, gitHubHost+"/")
}

// neverSubject says why no token of the issuer has a subject that matches the
// value, or returns "". If wildcards is true, "*" and "?" in the value are
// wildcards. Otherwise neverSubject returns "" for a value that contains them.
func neverSubject(host, value string, wildcards bool) string {
	fixed, isWhole := value, true
	if i := strings.IndexAny(value, "*?"); i >= 0 {
		if !wildcards {
			return "" // the rule literal-wildcard reports it
		}
		fixed, isWhole = value[:i], false
	}
	const account = "system:serviceaccount:"
	switch {
	case isGitHubIssuer(host):
		return neverGitHubSubject(fixed, isWhole)
	case !isClusterIssuer(host) && !strings.HasPrefix(value, account):
		return ""
	case isWhole && (strings.Count(value, ":") != 3 || !strings.HasPrefix(value, account) || strings.HasSuffix(value, ":") || strings.HasPrefix(value, account+":")),
		!isWhole && !document.Intersects(value, account+"*:*", false):
		return "not system:serviceaccount:NAMESPACE:NAME"
	}
	return ""
}

// notGitHubClaims are words that authors write in a subject by mistake: no
// claim has such a name. The list of claims grows, so other unknown words are
// accepted.
var notGitHubClaims = []string{"branch", "branches", "tag", "tags", "head", "heads", "refs", "env", "environments", "pr", "pull", "pulls", "pull_requests", "pull-request"}

// neverGitHubSubject says why no subject of GitHub begins with a text or, if isWhole
// is true, equals the text. It returns "" if a subject can. A subject consists of
// names of claims and their values; "pull_request" is the only name without a value.
func neverGitHubSubject(text string, isWhole bool) string {
	const format = `the subject is not "repo:OWNER/NAME:" followed by "ref:refs/heads/BRANCH", "ref:refs/tags/TAG", "environment:NAME" or "pull_request"`
	claim, rest, complete := strings.Cut(text, ":")
	switch {
	case !complete && isWhole, !isClaimName(claim):
		return format
	case claim != "repo" || !complete:
		return ""
	}
	name, context, complete := strings.Cut(rest, ":")
	if (complete || isWhole) && strings.Count(name, "/") != 1 || strings.Count(name, "/") > 1 {
		return format
	}
	if !complete {
		return "" // organizations can leave out the context
	}
	claim, ref, complete := strings.Cut(context, ":")
	switch {
	case !isClaimName(claim), complete && slices.Contains(notGitHubClaims, claim), !complete && isWhole && claim != "pull_request",
		claim == "ref" && complete && !strings.HasPrefix(ref, "refs/") && (isWhole || !strings.HasPrefix("refs/", ref)):
		return format
	}
	return ""
}

// isClaimName reports whether a text can be the name of a claim, or the beginning
// of one.
func isClaimName(text string) bool {
	return strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// matchesPullRequests reports whether a pattern for a subject matches the
// tokens of pull requests on GitHub, whatever the pattern of the repository.
func matchesPullRequests(host, claim, value string) bool {
	parts := strings.SplitN(value, ":", 3)
	return isGitHubIssuer(host) && claim == "sub" && len(parts) == 3 && parts[0] == "repo" && document.Match(parts[2], "pull_request", false)
}

// gitHubOwnerClaims are the claims that identify the repository of a workflow,
// or its owner. job_workflow_ref is not in the list, because the workflow that it
// names can belong to a different repository.
var gitHubOwnerClaims = []string{"repo", "repository", "repository_id", "repository_owner", "repository_owner_id", "enterprise", "enterprise_id", "workflow_ref"}

// isOfAnyOwner reports whether a subject of GitHub names neither the repository nor
// its owner, such as "environment:prod". Every customer can choose the claims of
// its subjects, so the tokens of other customers can have this subject.
func isOfAnyOwner(host, claim, value string) bool {
	return sameIssuer(host, gitHubHost) && claim == "sub" && !hasUnknownPart(value) && neverSubject(host, value, true) == "" &&
		!slices.ContainsFunc(gitHubOwnerClaims, func(name string) bool { return strings.Contains(":"+value, ":"+name+":") })
}
