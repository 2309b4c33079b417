// The headings under which help lists the flags.

package help

import (
	"maps"
	"slices"
	"strings"

	"capaboot/internal/commandline"
)

// groups lists the headings in order, each with its flags. A flag has the same heading
// in every command.
const groups = `
Input      config capa-version raised-quotas parameter policy deployed suppressions controllers
           role user boundary action resource principal context feature ungranted denied
           account for document tag from organization session-tags service source-account source-arn source
           service-account cluster cluster-name oidc-provider audience repository branch environment inline-policy policy-arn
Output     output output-file shell name allowed-namespaces severity rule write-suppressions list-rules
           redact show-secrets short licenses both-sides
Behaviour  yes exit-code fail-on fail-on-new expect strict skip no-check all-regions offline drift revert-drift
           import-existing retain keep-failed termination-protection timeout detach
           session duration verify allow-root min-ttl force rollout plan
AWS        profile region role-arn role-name external-id role-session-name mfa-serial mfa-code
Kubernetes kubeconfig kubeconfig-context namespace
Global     v help
`

// ungrouped is the heading of flags that groups does not list. A test in package
// cli fails when there is such a flag.
const ungrouped = "Flags"

// Section is a heading and its flags.
type Section struct {
	Title string
	Flags []commandline.Flag
}

// Sections groups flags under their headings, in the order of groups. It leaves
// out headings without flags.
func Sections(flags []commandline.Flag) []Section {
	titles, groupOf := parseGroups()
	var all []Section
	for _, title := range append(titles, ungrouped) {
		section := Section{Title: title}
		for _, flag := range flags {
			group, ok := groupOf[flag.Name()]
			if !ok {
				group = ungrouped
			}
			if group == title {
				section.Flags = append(section.Flags, flag)
			}
		}
		if len(section.Flags) > 0 {
			all = append(all, section)
		}
	}
	return all
}

// GroupedFlags returns the names of all flags in groups, sorted.
func GroupedFlags() []string {
	_, groupOf := parseGroups()
	return slices.Sorted(maps.Keys(groupOf))
}

// parseGroups returns the headings of groups in order, and the heading of each
// flag.
func parseGroups() (titles []string, groupOf map[string]string) {
	groupOf = map[string]string{}
	for line := range strings.Lines(groups) {
		names := strings.Fields(line)
		if len(names) > 0 && line[0] != ' ' {
			titles, names = append(titles, names[0]), names[1:]
		}
		for _, name := range names {
			groupOf[name] = titles[len(titles)-1]
		}
	}
	return titles, groupOf
}
