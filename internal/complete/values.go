// The candidates for the values of flags and for the arguments of commands. A
// new flag with a value, or a command with new arguments, needs a row here; a
// test fails without it.

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

// lister adds the candidates that begin with current, the text up to the cursor.
type lister func(ctx context.Context, a *Completer, completion *Completion, current string)

// noCandidates is for values that only the user knows.
func noCandidates(context.Context, *Completer, *Completion, string) {}

// flagValues has a lister for each flag with a value, except for flags with a
// set of allowed values.
var flagValues = []struct {
	flag string
	list lister
}{
	{"account", noCandidates},
	{"action", actions},
	{"allowed-namespaces", noCandidates},
	{"audience", noCandidates},
	{"boundary", files},
	{"branch", noCandidates},
	{"capa-version", releases},
	{"cluster", noCandidates},
	{"cluster-name", noCandidates},
	{"config", files},
	{"context", noCandidates},
	{"controllers", roles},
	{"denied", noCandidates},
	{"document", documents},
	{"duration", noCandidates},
	{"environment", noCandidates},
	{"external-id", noCandidates},
	{"fail-on", severities},
	{"fail-on-new", levels},
	{"feature", features},
	{"for", purposes},
	{"from", noCandidates},
	{"inline-policy", files},
	{"kubeconfig", files},
	{"kubeconfig-context", contexts},
	{"mfa-code", noCandidates},
	{"mfa-serial", noCandidates},
	{"min-ttl", noCandidates},
	{"name", noCandidates},
	{"namespace", noCandidates},
	{"oidc-provider", noCandidates},
	{"organization", noCandidates},
	{"output-file", files},
	{"parameter", parameters},
	{"policy", sources},
	{"policy-arn", noCandidates},
	{"principal", noCandidates},
	{"profile", profiles},
	{"region", regions},
	{"repository", noCandidates},
	{"resource", noCandidates},
	{"retain", logicalIDs},
	{"role", roles},
	{"role-arn", noCandidates},
	{"role-name", noCandidates},
	{"role-session-name", noCandidates},
	{"rule", rules},
	{"service", noCandidates},
	{"service-account", noCandidates},
	{"severity", severities},
	{"skip", checks},
	{"source", noCandidates},
	{"source-account", noCandidates},
	{"source-arn", noCandidates},
	{"suppressions", files},
	{"tag", noCandidates},
	{"timeout", noCandidates},
	{"user", noCandidates},
	{"v", noCandidates},
	{"write-suppressions", files},
}

// argumentValues has a lister for the arguments of commands, by the placeholder
// of the arguments in help. maximum is the maximum number of arguments; 0 means
// any number.
var argumentValues = []struct {
	arguments string
	list      lister
	maximum   int
}{
	{"[FILE|FOLDER|release:VERSION|ARN|deployed|-]...", sources, 0},
	{"A [B]", sources, 2},
	{"[ACTION|SERVICE...|-]", actions, 0},
	{"[FILE]", files, 1},
	{"bash|zsh|fish|powershell", shellNames, 1},
}

func (a *Completer) completeValue(ctx context.Context, completion *Completion, flag commandline.Flag, current string) {
	if flag.Allowed != nil {
		completion.add(current, candidates(flag.Allowed...)...)
		return
	}
	for _, row := range flagValues {
		if row.flag == flag.Name() {
			row.list(ctx, a, completion, current)
		}
	}
}

func (a *Completer) completeArgument(ctx context.Context, completion *Completion, p position, current string) {
	for _, row := range argumentValues {
		if row.arguments == p.command.Arguments && (row.maximum == 0 || len(p.arguments) < row.maximum) {
			row.list(ctx, a, completion, current)
		}
	}
}

func candidates(all ...string) (candidates []Candidate) {
	for _, word := range all {
		candidates = append(candidates, Candidate{Word: word})
	}
	return candidates
}

func files(_ context.Context, _ *Completer, completion *Completion, _ string) {
	completion.Files = true
}

func shellNames(_ context.Context, _ *Completer, completion *Completion, current string) {
	completion.add(current, candidates(Shells()...)...)
}

// releases adds all releases, the newest first, and "main" for the newest one.
func releases(_ context.Context, _ *Completer, completion *Completion, current string) {
	addReleases(completion, "", current)
}

func addReleases(completion *Completion, prefix, current string) {
	catalogue, err := catalog.Load()
	if err != nil {
		return
	}
	for _, release := range slices.Backward(catalogue.Releases) {
		completion.add(current, Candidate{prefix + release.Release.String(), release.Date})
	}
	completion.add(current, Candidate{prefix + "main", "the newest release"})
}

// sources adds the sources of policies: files, the deployed stack, releases.
func sources(_ context.Context, _ *Completer, completion *Completion, current string) {
	completion.Files = true
	completion.add(current, Candidate{source.Deployed, "the deployed stack"})
	if strings.HasPrefix(current, source.ReleasePrefix) {
		addReleases(completion, source.ReleasePrefix, current)
		completion.Files = false
		return
	}
	if strings.HasPrefix(source.ReleasePrefix, current) {
		completion.add(current, Candidate{source.ReleasePrefix, "the policies of a CAPA release"})
		completion.Incomplete = len(completion.Candidates) == 1
	}
}

// actions adds services, and after a colon the actions of the service.
func actions(_ context.Context, _ *Completer, completion *Completion, current string) {
	prefix, _, ok := strings.Cut(current, ":")
	if !ok {
		for _, service := range authz.Prefixes() {
			completion.add(current, candidates(service+":")...)
		}
		completion.Incomplete = true
		return
	}
	service, known := authz.ForPrefix(prefix)
	if !known {
		return
	}
	for i := range service.Actions {
		completion.add(current, candidates(prefix+":"+service.Actions[i].Name)...)
	}
}

// profiles adds the profiles in the shared files of AWS.
func profiles(ctx context.Context, a *Completer, completion *Completion, current string) {
	all, _, err := credentials.ListProfiles(ctx, a.Environment)
	if err != nil {
		return
	}
	for _, p := range all {
		completion.add(current, Candidate{p.Name, p.Kind})
	}
}

// contexts adds the contexts in the kubeconfig files that kubectl would read
// without --kubeconfig.
func contexts(ctx context.Context, a *Completer, completion *Completion, current string) {
	options := controller.Options{Home: a.Environment.Home, Lookup: func(name string) (string, bool) { value := a.Environment.Get(name); return value, value != "" }}
	completion.add(current, candidates(controller.Contexts(ctx, options)...)...)
}

func regions(_ context.Context, _ *Completer, completion *Completion, current string) {
	completion.add(current, candidates(arn.Regions()...)...)
}

// purposes adds the values of print-operator-policy --for.
func purposes(_ context.Context, _ *Completer, completion *Completion, current string) {
	completion.add(current, candidates(operator.Purposes()...)...)
}

// checks adds the names of the preflight checks.
func checks(_ context.Context, _ *Completer, completion *Completion, current string) {
	for _, name := range preflight.AllChecks() {
		completion.add(current, candidates(string(name))...)
	}
}

// documents adds the logical IDs of the managed policies, for print-policy.
func documents(_ context.Context, _ *Completer, completion *Completion, current string) {
	catalogue, err := catalog.Load()
	if err != nil {
		return
	}
	for _, policy := range catalogue.Policies {
		completion.add(current, Candidate{policy.LogicalID, policy.Description})
	}
}

// roles adds the names of CAPA's roles, without prefix and suffix.
func roles(_ context.Context, _ *Completer, completion *Completion, current string) {
	catalogue, err := catalog.Load()
	if err != nil {
		return
	}
	for _, role := range catalogue.Roles {
		completion.add(current, candidates(role.Name)...)
	}
}

// logicalIDs adds the logical IDs of CAPA's roles and managed policies.
func logicalIDs(_ context.Context, _ *Completer, completion *Completion, current string) {
	catalogue, err := catalog.Load()
	if err != nil {
		return
	}
	for _, role := range catalogue.Roles {
		completion.add(current, candidates(role.LogicalID)...)
	}
	for _, policy := range catalogue.Policies {
		completion.add(current, candidates(policy.LogicalID)...)
	}
}

// rules adds the groups of review rules, and the rules.
func rules(_ context.Context, _ *Completer, completion *Completion, current string) {
	completion.add(current, candidates(review.Groups()...)...)
	ids := map[string]string{}
	for _, rule := range review.Rules() {
		ids[rule.ID] = rule.Risk
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		completion.add(current, Candidate{id, ids[id]})
	}
}

func severities(_ context.Context, _ *Completer, completion *Completion, current string) {
	completion.add(current, candidates(review.SeverityNames()...)...)
}

func levels(_ context.Context, _ *Completer, completion *Completion, current string) {
	completion.add(current, candidates(diff.LevelNames()...)...)
}

func features(_ context.Context, _ *Completer, completion *Completion, current string) {
	names, err := explain.FeatureNames()
	if err != nil {
		return
	}
	completion.add(current, candidates(names...)...)
}

// parameters adds pseudo parameters, which can be used in every template.
func parameters(_ context.Context, _ *Completer, completion *Completion, current string) {
	completion.add(current, candidates("AWS::AccountId=", "AWS::Partition=", "AWS::Region=", "AWS::URLSuffix=")...)
	completion.Incomplete = true
}

// RowMismatches returns the flags and arguments that need a row in the tables but
// have none, and the rows that are not needed. It is for a test in package cli, which
// has the commands.
func RowMismatches(root *commandline.Command) (all []string) {
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
