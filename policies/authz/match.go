// Matching the actions of policies: wildcards, and corrections of misspelt
// actions.

package authz

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"capaboot/internal/nearword"
	"capaboot/policies/document"
)

// maxActionLength is the maximum length of an action with its service
// ("prefix:Name"); a test compares it with the data.
const maxActionLength = 128

// Match returns the actions that an action pattern of a policy matches, sorted
// by service and name: "ec2:RunInstances", "ec2:Describe*", "*". If the service
// has no wildcard, only that service is decoded. A pattern whose shortest match
// is longer than any action matches nothing, so a long pattern takes no time.
//
// A pattern that IAM refuses matches nothing; see [document.RefusedAction].
func Match(pattern string) []*Action {
	if document.RefusedAction(pattern) {
		return nil
	}
	return Find(pattern)
}

// Find returns the actions that match a pattern from outside a policy, such as
// one on the command line. Unlike in [Match], the service may have wildcards:
// "*:TagResource".
func Find(pattern string) []*Action {
	if minLength(pattern) > maxActionLength {
		return nil
	}
	pattern = collapseStars(pattern)
	if !strings.ContainsAny(pattern, "*?") {
		if a, ok := Lookup(pattern); ok {
			return []*Action{a}
		}
		return nil
	}
	var found []*Action
	if prefix, name, ok := strings.Cut(pattern, ":"); ok && !strings.ContainsAny(prefix, "*?") {
		if s, ok := ForPrefix(prefix); ok {
			for i := range s.Actions {
				if document.Match(name, s.Actions[i].Name, true) {
					found = append(found, &s.Actions[i])
				}
			}
		}
		return found
	}
	x := loadIndex.Get()
	for i := range x.entries {
		if !mayMatch(pattern, x.entries[i].prefix) {
			continue
		}
		s := x.get(&x.entries[i])
		for j := range s.Actions {
			if document.Match(pattern, s.Actions[j].String(), true) {
				found = append(found, &s.Actions[j])
			}
		}
	}
	return found
}

// Matches reports whether an action pattern of a policy matches the action.
func (a *Action) Matches(pattern string) bool {
	if pattern == "*" || pattern == "*:*" {
		return true
	}
	// IAM accepts no wildcard in the service.
	n := len(a.Service)
	if len(pattern) <= n || pattern[n] != ':' || compareFold(pattern[:n], a.Service) != 0 || document.RefusedAction(pattern) || minLength(pattern) > maxActionLength {
		return false
	}
	return document.Match(collapseStars(pattern[n+1:]), a.Name, true)
}

// mayMatch reports whether the pattern may match an action of the service. It
// compares the text before the first "*", so that other services need not be
// decoded.
func mayMatch(pattern, prefix string) bool {
	for i := range len(pattern) {
		switch {
		case pattern[i] == '*':
			return true
		case i == len(prefix):
			return pattern[i] == ':' || pattern[i] == '?'
		case pattern[i] != '?' && lower(pattern[i]) != lower(prefix[i]):
			return false
		}
	}
	return false // the pattern ends within the prefix
}

// Closest returns the existing action that was probably meant by an unknown one, for a
// message such as `did you mean "ec2:RunInstances"?`. For a pattern with wildcards that
// matches no action, Closest returns the corrected pattern. It returns false if none is
// similar enough. It corrects the service if the service does not exist, and then the
// name if the service has no such action. For an action without a service, it searches
// the usual services.
func Closest(action string) (string, bool) {
	if len(action) > 2*maxActionLength {
		return "", false
	}
	prefix, name, ok := cutAction(action)
	if !ok {
		return closestWithoutService(action)
	}
	s, known := ForPrefix(prefix)
	if !known {
		closest, ok := ClosestService(prefix)
		if !ok {
			return "", false
		}
		if s, ok = ForPrefix(closest); !ok {
			return "", false
		}
	}
	if a, ok := s.Action(name); ok {
		return a.String(), true
	}
	names := make([]string, len(s.Actions))
	for i := range s.Actions {
		names[i] = s.Actions[i].Name
	}
	if !known && strings.ContainsAny(name, "*?") && slices.ContainsFunc(names, func(existing string) bool { return document.Match(name, existing, true) }) {
		return s.Prefix + ":" + name, true
	}
	if closest, ok := closestPattern(name, names); ok {
		return s.Prefix + ":" + closest, true
	}
	if closest, ok := nearword.Closest(name, names); ok {
		return s.Prefix + ":" + closest, true
	}
	return "", false
}

// closestPattern corrects a pattern that matches none of the names: it replaces the
// words before the first wildcard and after the last one.
func closestPattern(pattern string, names []string) (string, bool) {
	first, last := strings.IndexAny(pattern, "*?"), strings.LastIndexAny(pattern, "*?")
	if first < 0 {
		return "", false
	}
	prefix, wildcards, suffix := pattern[:first], pattern[first:last+1], pattern[last+1:]
	var prefixes, suffixes []string
	for _, name := range names {
		for i := 1; i < len(name); i++ {
			if isCapital(name[i]) && !isCapital(name[i-1]) {
				prefixes, suffixes = append(prefixes, name[:i]), append(suffixes, name[i:])
			}
		}
		prefixes, suffixes = append(prefixes, name), append(suffixes, name)
	}
	correct := func(part string, matches func(name, part string) bool, parts []string) (string, bool) {
		if part == "" || slices.ContainsFunc(names, func(name string) bool { return matches(strings.ToLower(name), strings.ToLower(part)) }) {
			return part, true
		}
		return nearword.Closest(part, byFrequency(parts))
	}
	prefix, prefixOK := correct(prefix, strings.HasPrefix, prefixes)
	suffix, suffixOK := correct(suffix, strings.HasSuffix, suffixes)
	closest := prefix + wildcards + suffix
	return closest, prefixOK && suffixOK && !strings.EqualFold(closest, pattern) && slices.ContainsFunc(names, func(name string) bool { return document.Match(closest, name, true) })
}

// byFrequency returns the distinct words of a list, the most common first.
func byFrequency(words []string) []string {
	count := map[string]int{}
	for _, word := range words {
		count[word]++
	}
	return slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(count[b]-count[a], strings.Compare(a, b))
	})
}

func isCapital(c byte) bool { return 'A' <= c && c <= 'Z' }

// usualServices are the services that are searched for an action without a
// service: mainly those that CAPA calls, the most used first.
var usualServices = []string{"ec2", "iam", "s3", "sts", "eks", "elasticloadbalancing", "autoscaling", "ssm", "secretsmanager", "cloudformation", "kms", "sqs", "events", "tag"}

// closestWithoutService returns the action, among those of the usual services,
// whose name is most similar to name. It returns false if none is similar
// enough, and for names of fewer than four letters.
func closestWithoutService(name string) (string, bool) {
	var names, actions []string
	for _, prefix := range usualServices {
		if closest, ok := Closest(prefix + ":" + name); ok {
			names, actions = append(names, strings.TrimPrefix(closest, prefix+":")), append(actions, closest)
		}
	}
	if len(names) == 0 || len(name) < len("RunX") {
		return "", false
	}
	return actions[slices.Index(names, nearword.ByDistance(name, names)[0])], true
}

// cutAction splits an action into service and name. It accepts separators of
// other tools: ec2.RunInstances, ec2/RunInstances, ec2::RunInstances.
func cutAction(action string) (prefix, name string, ok bool) {
	i := strings.IndexAny(action, ":./ ")
	if i <= 0 {
		return "", "", false
	}
	name = strings.TrimLeft(action[i:], ":./ ")
	return action[:i], strings.TrimRight(name, ",;."), name != ""
}

// ClosestService returns the service prefix that was probably meant by an unknown
// prefix: the service with this alias ("eventbridge"), or else the most similar prefix.
// It returns false if no prefix is similar enough. It decodes no service.
func ClosestService(prefix string) (string, bool) {
	if service, ok := aliasedService(prefix); ok {
		return service, true
	}
	return nearword.Closest(prefix, Prefixes())
}

func aliasedService(alias string) (string, bool) {
	for _, e := range aliases {
		if strings.EqualFold(e[0], alias) {
			return e[1], true
		}
	}
	return "", false
}

// aliases maps other names of a service to its prefix in IAM. People use them because
// the endpoint, the AWS CLI command or the service itself has that name. A test
// compares them with the data.
//
// Source: Service Authorization Reference, the prefix of each service.
var aliases = [][2]string{
	{"asg", "autoscaling"}, {"elb", "elasticloadbalancing"}, {"elbv2", "elasticloadbalancing"}, {"alb", "elasticloadbalancing"},
	{"nlb", "elasticloadbalancing"}, {"eventbridge", "events"}, {"efs", "elasticfilesystem"}, {"emr", "elasticmapreduce"},
	{"cloudwatchlogs", "logs"}, {"stepfunctions", "states"}, {"sfn", "states"}, {"msk", "kafka"},
	{"secrets-manager", "secretsmanager"}, {"parameterstore", "ssm"}, {"vpc", "ec2"},
}
