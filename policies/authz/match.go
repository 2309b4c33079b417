// The actions that a policy means: wildcards, and the spelling of unknown ones.

package authz

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"capaboot/internal/nearword"
	"capaboot/policies/document"
)

// maxAction is longer than any action with its service ("prefix:Name"); a test
// holds it against the data.
const maxAction = 128

// Match returns the actions that the pattern of a policy matches, in the order
// of services and names: "ec2:RunInstances", "ec2:Describe*", "*". A pattern
// whose service has no wildcard decodes that service alone. Whatever the
// pattern, the time is bounded: what is longer than any action matches none.
//
// What IAM refuses matches none; see [document.RefusedAction].
func Match(pattern string) []*Action {
	if document.RefusedAction(pattern) {
		return nil
	}
	return Find(pattern)
}

// Find returns the actions that somebody asks for, as Match does; here wildcards
// may also stand in the service: "*:TagResource".
func Find(pattern string) []*Action {
	if shortest(pattern) > maxAction {
		return nil
	}
	pattern = collapse(pattern)
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
				if matchFold(name, s.Actions[i].Name) {
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
			if matchFold(pattern, s.Actions[j].String()) {
				found = append(found, &s.Actions[j])
			}
		}
	}
	return found
}

// Matches reports whether the pattern of a policy matches the action.
func (a *Action) Matches(pattern string) bool {
	if pattern == "*" || pattern == "*:*" {
		return true
	}
	// In the service, IAM takes no wildcard.
	service, name, _ := strings.Cut(pattern, ":")
	if compareFold(service, a.Service) != 0 || document.RefusedAction(pattern) || shortest(pattern) > maxAction {
		return false
	}
	return matchFold(collapse(name), a.Name)
}

// mayMatch reports whether the pattern may match an action of the service: it
// compares what is before the first "*". It saves decoding the others.
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

// Closest returns the action nearest to one that does not exist, to end a
// message with `did you mean "ec2:RunInstances"?`, and whether one is near
// enough. A service that does not exist is corrected first, one that exists is
// kept.
func Closest(action string) (string, bool) {
	if len(action) > 2*maxAction {
		return "", false
	}
	prefix, name, ok := cutAction(action)
	if !ok {
		return closestWithoutService(action)
	}
	s, known := ForPrefix(prefix)
	if !known {
		near, ok := ClosestService(prefix)
		if !ok {
			return "", false
		}
		if s, ok = ForPrefix(near); !ok {
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
	if !known && strings.ContainsAny(name, "*?") && slices.ContainsFunc(names, func(one string) bool { return matchFold(name, one) }) {
		return s.Prefix + ":" + name, true
	}
	if near, ok := closestPattern(name, names); ok {
		return s.Prefix + ":" + near, true
	}
	if near, ok := nearword.Closest(name, names); ok {
		return s.Prefix + ":" + near, true
	}
	return "", false
}

// closestPattern returns the pattern nearest to one that matches none of the names:
// with the words before its first wildcard, or after its last one, as names begin or
// end with.
func closestPattern(pattern string, names []string) (string, bool) {
	first, last := strings.IndexAny(pattern, "*?"), strings.LastIndexAny(pattern, "*?")
	if first < 0 {
		return "", false
	}
	begin, wild, end := pattern[:first], pattern[first:last+1], pattern[last+1:]
	var begins, ends []string
	for _, name := range names {
		for i := 1; i < len(name); i++ {
			if isCapital(name[i]) && !isCapital(name[i-1]) {
				begins, ends = append(begins, name[:i]), append(ends, name[i:])
			}
		}
		begins, ends = append(begins, name), append(ends, name)
	}
	correct := func(part string, has func(name, part string) bool, parts []string) (string, bool) {
		if part == "" || slices.ContainsFunc(names, func(name string) bool { return has(strings.ToLower(name), strings.ToLower(part)) }) {
			return part, true
		}
		return nearword.Closest(part, commonFirst(parts))
	}
	begin, begun := correct(begin, strings.HasPrefix, begins)
	end, ended := correct(end, strings.HasSuffix, ends)
	near := begin + wild + end
	return near, begun && ended && !strings.EqualFold(near, pattern) && slices.ContainsFunc(names, func(name string) bool { return matchFold(near, name) })
}

// commonFirst returns the words of a list, each once, the most common ones first.
func commonFirst(words []string) []string {
	count := map[string]int{}
	for _, word := range words {
		count[word]++
	}
	return slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(count[b]-count[a], strings.Compare(a, b))
	})
}

func isCapital(c byte) bool { return 'A' <= c && c <= 'Z' }

// usual are the services that are looked in for an action without a service: those
// that CAPA calls, the most used first.
var usual = []string{"ec2", "iam", "s3", "sts", "eks", "elasticloadbalancing", "autoscaling", "ssm", "secretsmanager", "cloudformation", "kms", "sqs", "events", "tag"}

// closestWithoutService returns the action of a usual service whose name is nearest.
func closestWithoutService(name string) (string, bool) {
	var names, actions []string
	for _, prefix := range usual {
		if near, ok := Closest(prefix + ":" + name); ok {
			names, actions = append(names, strings.TrimPrefix(near, prefix+":")), append(actions, near)
		}
	}
	if len(names) == 0 || len(name) < len("RunX") {
		return "", false
	}
	return actions[slices.Index(names, nearword.ByDistance(name, names)[0])], true
}

// cutAction cuts an action at what is between the service and the name, which people
// also write as other tools do: ec2.RunInstances, ec2/RunInstances, ec2::RunInstances.
func cutAction(action string) (prefix, name string, ok bool) {
	i := strings.IndexAny(action, ":./ ")
	if i <= 0 {
		return "", "", false
	}
	name = strings.TrimLeft(action[i:], ":./ ")
	return action[:i], strings.TrimRight(name, ",;."), name != ""
}

// ClosestService returns the service prefix nearest to one that does not
// exist, and whether one is near enough. It decodes no service.
func ClosestService(prefix string) (string, bool) {
	for _, e := range endpoints {
		if strings.EqualFold(e[0], prefix) {
			return e[1], true
		}
	}
	return nearword.Closest(prefix, Prefixes())
}

// endpoints are names that people take for service prefixes, because the
// endpoint, the command of the AWS CLI or the service itself is called so, and
// the prefixes that IAM has for them. A test holds them against the data.
//
// Source: Service Authorization Reference, the prefix of each service.
var endpoints = [][2]string{
	{"asg", "autoscaling"}, {"elb", "elasticloadbalancing"}, {"elbv2", "elasticloadbalancing"}, {"alb", "elasticloadbalancing"},
	{"nlb", "elasticloadbalancing"}, {"eventbridge", "events"}, {"efs", "elasticfilesystem"}, {"emr", "elasticmapreduce"},
	{"cloudwatchlogs", "logs"}, {"stepfunctions", "states"}, {"sfn", "states"}, {"msk", "kafka"},
	{"secrets-manager", "secretsmanager"}, {"parameterstore", "ssm"}, {"vpc", "ec2"},
}
