// Values: what may be after a flag, or as the argument of a command. A new
// flag with a value is a row here, and a test asks for it.

package complete

import (
	"context"
	"maps"
	"slices"
	"strings"

	"capaboot/controller"
	"capaboot/credentials"
	"capaboot/iam/operator"
	"capaboot/iam/preflight"
	"capaboot/internal/commandline"
	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/catalog"
	"capaboot/policies/diff"
	"capaboot/policies/explain"
	"capaboot/policies/review"
	"capaboot/policies/source"
)

// lister adds what may be in place of current.
type lister func(ctx context.Context, a *Asker, answer *Answer, current string)

// free is for what only the person knows.
func free(context.Context, *Asker, *Answer, string) {}

// flagValues are the values of the flags, by name; the flags that take one of a
// few values say so themselves.
var flagValues = []struct {
	flag string
	list lister
}{
	{"account", free},
	{"action", actions},
	{"allowed-namespaces", free},
	{"audience", free},
	{"boundary", files},
	{"branch", free},
	{"capa-version", releases},
	{"cluster", free},
	{"cluster-name", free},
	{"config", files},
	{"context", free},
	{"controllers", roles},
	{"denied", free},
	{"document", documents},
	{"duration", free},
	{"environment", free},
	{"external-id", free},
	{"fail-on", severities},
	{"fail-on-new", levels},
	{"feature", features},
	{"for", purposes},
	{"from", free},
	{"inline-policy", files},
	{"kubeconfig", files},
	{"kubeconfig-context", contexts},
	{"mfa-code", free},
	{"mfa-serial", free},
	{"min-ttl", free},
	{"name", free},
	{"namespace", free},
	{"oidc-provider", free},
	{"organization", free},
	{"output-file", files},
	{"parameter", parameters},
	{"policy", sources},
	{"policy-arn", free},
	{"principal", free},
	{"profile", profiles},
	{"region", regions},
	{"repository", free},
	{"resource", free},
	{"retain", logicalIDs},
	{"role", roles},
	{"role-arn", free},
	{"role-name", free},
	{"role-session-name", free},
	{"rule", rules},
	{"service", free},
	{"service-account", free},
	{"severity", severities},
	{"skip", checks},
	{"source", free},
	{"source-account", free},
	{"source-arn", free},
	{"suppressions", files},
	{"tag", free},
	{"timeout", free},
	{"user", free},
	{"v", free},
	{"write-suppressions", files},
}

// argumentValues are the arguments of the commands that take some, by what the
// help calls them, and how many there may be; 0 for any number.
var argumentValues = []struct {
	arguments string
	list      lister
	most      int
}{
	{"[FILE|FOLDER|release:VERSION|deployed|-]...", sources, 0},
	{"A [B]", sources, 2},
	{"[ACTION|SERVICE...|-]", actions, 0},
	{"[FILE]", files, 1},
	{"bash|zsh|fish|powershell", shells, 1},
}

func (a *Asker) value(ctx context.Context, answer *Answer, flag commandline.Flag, current string) {
	if flag.Allowed != nil {
		answer.add(current, words(flag.Allowed...)...)
		return
	}
	for _, row := range flagValues {
		if row.flag == flag.Name() {
			row.list(ctx, a, answer, current)
		}
	}
}

func (a *Asker) argument(ctx context.Context, answer *Answer, p place, current string) {
	for _, row := range argumentValues {
		if row.arguments == p.command.Arguments && (row.most == 0 || len(p.arguments) < row.most) {
			row.list(ctx, a, answer, current)
		}
	}
}

func words(all ...string) (candidates []Candidate) {
	for _, word := range all {
		candidates = append(candidates, Candidate{Word: word})
	}
	return candidates
}

func files(_ context.Context, _ *Asker, answer *Answer, _ string) { answer.Files = true }

func shells(_ context.Context, _ *Asker, answer *Answer, current string) {
	answer.add(current, words(Shells()...)...)
}

// releases are all releases, the newest first, and the word for the newest one.
func releases(_ context.Context, _ *Asker, answer *Answer, current string) {
	addReleases(answer, "", current)
}

func addReleases(answer *Answer, prefix, current string) {
	catalogue, err := catalog.Load()
	if err != nil {
		return
	}
	for _, one := range slices.Backward(catalogue.Releases) {
		answer.add(current, Candidate{prefix + one.Release.String(), one.Date})
	}
	answer.add(current, Candidate{prefix + "main", "the newest"})
}

// sources are what a reviewer may look at.
func sources(_ context.Context, _ *Asker, answer *Answer, current string) {
	answer.Files = true
	answer.add(current, Candidate{source.Deployed, "the stack as it is in the account"})
	if strings.HasPrefix(current, source.ReleasePrefix) {
		addReleases(answer, source.ReleasePrefix, current)
		answer.Files = false
		return
	}
	if strings.HasPrefix(source.ReleasePrefix, current) {
		answer.add(current, Candidate{source.ReleasePrefix, "what a release of CAPA needs"})
		answer.Open = len(answer.Candidates) == 1
	}
}

// actions are services, and behind the colon the actions of one.
func actions(_ context.Context, _ *Asker, answer *Answer, current string) {
	prefix, _, ok := strings.Cut(current, ":")
	if !ok {
		for _, service := range authz.Prefixes() {
			answer.add(current, words(service+":")...)
		}
		answer.Open = true
		return
	}
	service, known := authz.ForPrefix(prefix)
	if !known {
		return
	}
	for i := range service.Actions {
		answer.add(current, words(prefix+":"+service.Actions[i].Name)...)
	}
}

// profiles are those of the shared files.
func profiles(ctx context.Context, a *Asker, answer *Answer, current string) {
	all, _, err := credentials.ListProfiles(ctx, a.Environment)
	if err != nil {
		return
	}
	for _, p := range all {
		answer.add(current, Candidate{p.Name, p.Kind})
	}
}

// contexts are those of the kubeconfig that kubectl would read.
func contexts(ctx context.Context, a *Asker, answer *Answer, current string) {
	where := controller.Options{Home: a.Environment.Home, Lookup: func(name string) (string, bool) { value := a.Environment.Get(name); return value, value != "" }}
	answer.add(current, words(controller.Contexts(ctx, where)...)...)
}

func regions(_ context.Context, _ *Asker, answer *Answer, current string) {
	answer.add(current, words(arn.Regions()...)...)
}

// purposes are the commands of print-operator-policy.
func purposes(_ context.Context, _ *Asker, answer *Answer, current string) {
	answer.add(current, words(operator.Purposes()...)...)
}

// checks are those of "check".
func checks(_ context.Context, _ *Asker, answer *Answer, current string) {
	for _, name := range preflight.All() {
		answer.add(current, words(string(name))...)
	}
}

// documents are the policies of print-policy.
func documents(_ context.Context, _ *Asker, answer *Answer, current string) {
	catalogue, err := catalog.Load()
	if err != nil {
		return
	}
	for _, policy := range catalogue.Policies {
		answer.add(current, Candidate{policy.LogicalID, policy.Description})
	}
}

// roles are the roles of CAPA, as they may be named: without prefix and suffix.
func roles(_ context.Context, _ *Asker, answer *Answer, current string) {
	catalogue, err := catalog.Load()
	if err != nil {
		return
	}
	for _, role := range catalogue.Roles {
		answer.add(current, words(role.Name)...)
	}
}

// logicalIDs are the resources that a stack may have, by what the catalogue knows.
func logicalIDs(_ context.Context, _ *Asker, answer *Answer, current string) {
	catalogue, err := catalog.Load()
	if err != nil {
		return
	}
	for _, role := range catalogue.Roles {
		answer.add(current, words(role.LogicalID)...)
	}
	for _, policy := range catalogue.Policies {
		answer.add(current, words(policy.LogicalID)...)
	}
}

// rules are the groups of rules, and the rules.
func rules(_ context.Context, _ *Asker, answer *Answer, current string) {
	answer.add(current, words(review.Groups()...)...)
	ids := map[string]string{}
	for _, rule := range review.Rules() {
		ids[rule.ID] = rule.Risk
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		answer.add(current, Candidate{id, ids[id]})
	}
}

func severities(_ context.Context, _ *Asker, answer *Answer, current string) {
	answer.add(current, words(review.SeverityNames()...)...)
}

func levels(_ context.Context, _ *Asker, answer *Answer, current string) {
	answer.add(current, words(diff.LevelNames()...)...)
}

func features(_ context.Context, _ *Asker, answer *Answer, current string) {
	names, err := explain.FeatureNames()
	if err != nil {
		return
	}
	answer.add(current, words(names...)...)
}

// parameters are those that every template has.
func parameters(_ context.Context, _ *Asker, answer *Answer, current string) {
	answer.add(current, words("AWS::AccountId=", "AWS::Partition=", "AWS::Region=", "AWS::URLSuffix=")...)
	answer.Open = true
}

// Unknown names the flags and arguments of which the tables do not say what they
// may be, and the rows for what does not exist. It is for the test of package cli,
// which alone has the commands.
func Unknown(root *commandline.Command) (all []string) {
	flags, arguments := map[string]bool{}, map[string]bool{}
	for _, command := range append(root.Leaves(), root) {
		if command.Arguments != "" {
			arguments[command.Arguments] = true
		}
		for _, flag := range command.Flags {
			if flag.Value != "" && flag.Allowed == nil {
				flags[flag.Name()] = true
			}
		}
	}
	for _, row := range flagValues {
		if !flags[row.flag] {
			all = append(all, "the row of --"+row.flag)
		}
		delete(flags, row.flag)
	}
	for _, row := range argumentValues {
		if !arguments[row.arguments] {
			all = append(all, "the row of "+row.arguments)
		}
		delete(arguments, row.arguments)
	}
	for name := range flags {
		all = append(all, "--"+name)
	}
	for text := range arguments {
		all = append(all, text)
	}
	slices.Sort(all)
	return all
}
