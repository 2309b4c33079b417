// GitHub Actions: the subjects in the tokens of jobs.
//
// Source: GitHub Docs, "OpenID Connect reference": "Example subject claims" and
// "Immutable subject claims".

package trust

import (
	"strings"
)

// subjects returns one subject for each pair of a repository and a branch, a
// tag or an environment.
func (g GitHub) subjects() (subjects []string, err error) {
	if len(g.Repositories) == 0 {
		return nil, missing(InputRepository, "want OWNER/NAME")
	}
	var suffixes []string
	for _, part := range []struct {
		input  Input
		names  []string
		before string
		check  func(Input, string) error
	}{
		{InputBranch, g.Branches, "ref:refs/heads/", checkRef},
		{InputTag, g.Tags, "ref:refs/tags/", checkRef},
		{InputEnvironment, g.Environments, "environment:", checkEnvironment},
	} {
		for _, name := range part.names {
			if err := part.check(part.input, name); err != nil {
				return nil, err
			}
			// GitHub Docs: "Any : within the metadata values will be replaced with
			// %3A".
			suffixes = append(suffixes, part.before+strings.ReplaceAll(name, ":", "%3A"))
		}
	}
	if len(suffixes) == 0 {
		return nil, &Fault{Input: InputBranch, Others: []Input{InputTag, InputEnvironment}, Kind: FaultMissing,
			Text: "without a branch, tag or environment, anyone who can push to the repository can assume the role"}
	}
	for _, repository := range g.Repositories {
		if err := checkRepository(repository); err != nil {
			return nil, err
		}
		for _, suffix := range suffixes {
			subjects = append(subjects, "repo:"+repository+":"+suffix)
		}
	}
	return subjects, nil
}

const wantRepository = "OWNER/NAME, such as octo-org/octo-repo, or with both IDs, octo-org@123456/octo-repo@456789"

func checkRepository(repository string) error {
	if fault := checkWildcard(InputRepository, repository, "repository"); fault != nil {
		return fault
	}
	owner, name, ok := strings.Cut(repository, "/")
	owner, ownerID, hasOwnerID := strings.Cut(owner, "@")
	name, id, hasID := strings.Cut(name, "@")
	if !ok || !onlyOf(owner, "-_") || len(owner) > 100 || strings.HasPrefix(owner, "-") || !onlyOf(name, "-_.") || len(name) > 100 {
		want := wantRepository
		if rest, isURL := strings.CutPrefix(repository, "https://github.com/"); isURL {
			want += `, did you mean "` + strings.TrimSuffix(strings.Trim(rest, "/"), ".git") + `"?`
		}
		return invalid(InputRepository, repository, want)
	}
	if hasOwnerID != hasID || hasID && (!isNumber(ownerID) || !isNumber(id)) {
		return invalid(InputRepository, repository, wantRepository)
	}
	return nil
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// checkRef checks the name of a branch or tag. Source: git-check-ref-format(1).
func checkRef(input Input, name string) error {
	if fault := checkWildcard(input, name, string(input)); fault != nil {
		return fault
	}
	if ref, ok := strings.CutPrefix(name, "refs/"); ok && (strings.HasPrefix(ref, "heads/") || strings.HasPrefix(ref, "tags/")) {
		_, ref, _ = strings.Cut(ref, "/")
		return invalid(input, name, "only the name, "+quote(ref))
	}
	if name == "" || strings.ContainsAny(name, " ~^:[\\") || strings.Contains(name, "..") || strings.Contains(name, "@{") || strings.Contains(name, "//") ||
		strings.HasPrefix(name, "/") || strings.HasSuffix(name, "/") || strings.HasSuffix(name, ".lock") || !isDocumentText(name) {
		return invalid(input, name, "the name of a "+string(input))
	}
	return nil
}

func checkEnvironment(input Input, name string) error {
	if fault := checkWildcard(input, name, "environment"); fault != nil {
		return fault
	}
	if name == "" || len(name) > 255 || !isDocumentText(name) {
		return invalid(input, name, "the name of an environment, with only characters that IAM allows in policies (U+0020 to U+00FF)")
	}
	return nil
}

// isDocumentText reports whether text has only characters that may appear in a
// string of a policy document. Source: IAM and AWS STS quotas, "IAM name
// requirements".
func isDocumentText(text string) bool {
	for _, r := range text {
		if r < ' ' || r > 0xff || r >= 0x7f && r < 0xa0 {
			return false
		}
	}
	return true
}
