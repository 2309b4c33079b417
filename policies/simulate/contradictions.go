// Requests that cannot exist because their parts contradict each other: they say
// different things about the partition, an account, the caller or the time.

package simulate

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"capaboot/internal/shortlist"
	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// subjectOf is a subject about which two parts of a request can contradict each
// other.
type subjectOf string

const (
	partitionOfRequest subjectOf = "partition"
	accountOfCaller    subjectOf = "account of the caller"
	nameOfCaller       subjectOf = "caller"
	accountOfResource  subjectOf = "account of the resource"
	timeOfRequest      subjectOf = "time of the request"
)

// fact is what one part of a request says about a subject.
type fact struct {
	subject     subjectOf
	part, value string // part describes the part, such as "the caller"
}

// keyFacts lists the condition keys whose values say something about a subject. The
// function value returns what a value says, or "" if it says nothing. The keys that
// name a region, and so a partition, are not in the list: [authz.RegionIn] finds them.
//
// Sources: IAM User Guide, "AWS global condition context keys", and "Cross
// account resource access in IAM": only within a partition; AWS General
// Reference, "Partitions" in "Amazon Resource Names (ARNs)": each account is
// scoped to one partition, and a caller sends requests only to the regions of
// the caller's partition.
var keyFacts = []struct {
	key     string
	subject subjectOf
	value   func(string) string
}{
	{"aws:principalarn", partitionOfRequest, partitionIn},
	{"aws:principalarn", accountOfCaller, account},
	{"aws:principalarn", nameOfCaller, roleOrUser},
	{"aws:username", nameOfCaller, user}, // only users have the key
	{"aws:principalaccount", accountOfCaller, account},
	{"aws:resourceaccount", accountOfResource, account},
	{"aws:currenttime", timeOfRequest, minute},
	{"aws:epochtime", timeOfRequest, minute},
}

// contradictions returns notes about a request that contradicts itself: a
// condition key contradicts another key, the caller or the resource, or the
// caller is in another partition than the resource.
func (s *Simulation) contradictions(resource string) (notes []string) {
	var facts []fact
	add := func(subject subjectOf, part, value string) {
		if value != "" {
			facts = append(facts, fact{subject, part, value})
		}
	}
	if s.principal != nil {
		add(partitionOfRequest, "the caller", partitionIn(s.principal.ID))
		if s.principal.Kind == "AWS" {
			add(accountOfCaller, "the caller", account(s.principal.ID))
			add(nameOfCaller, "the caller", roleOrUser(s.principal.ID))
		}
	}
	if p := partitionIn(resource); len(facts) > 0 && facts[0].subject == partitionOfRequest && p != "" && p != facts[0].value {
		notes = append(notes, facts[0].contradicts(fact{partitionOfRequest, "the resource", p}))
	}
	add(partitionOfRequest, "the resource", partitionIn(resource))
	add(accountOfResource, "the resource", account(resource))
	for _, key := range slices.Sorted(maps.Keys(s.context)) {
		if s.keyNames[key] == "" {
			continue // a key that follows from the caller
		}
		for _, value := range s.context[key] {
			if mayStandForOthers(value) {
				continue
			}
			var says []fact
			if partition, known := arn.PartitionOf(authz.RegionIn(key, value)); known {
				says = append(says, fact{partitionOfRequest, s.describeValue(key, value), partition})
			}
			for _, k := range keyFacts {
				if k.key == key && k.value(value) != "" {
					says = append(says, fact{k.subject, s.describeValue(key, value), k.value(value)})
				}
			}
			for _, one := range says {
				i := slices.IndexFunc(facts, func(f fact) bool { return f.subject == one.subject && f.value != one.value })
				if i >= 0 {
					notes = append(notes, one.contradicts(facts[i]))
					break
				}
			}
			facts = append(facts, says...)
		}
	}
	return notes
}

// contradicts returns the note about a fact that contradicts another.
func (f fact) contradicts(other fact) string {
	if f.subject == partitionOfRequest {
		return fmt.Sprintf("%s is in the partition %s, and %s in the partition %s", f.part, f.value, other.part, other.value)
	}
	return fmt.Sprintf("%s says that the %s is %s, and %s says that it is %s", f.part, f.subject, f.value, other.part, other.value)
}

func partitionIn(id string) string {
	if a, ok := arn.Parse(id); ok && arn.IsPartition(a.Partition) {
		return a.Partition
	}
	return ""
}

// roleOrUser returns the kind and the name of the role or user of an ARN ("role
// r"), or "". For a session of a role, it returns the role.
func roleOrUser(id string) string {
	a, ok := arn.Parse(id)
	switch {
	case !ok || mayStandForOthers(id):
	case a.Service == "iam" && (a.Kind() == "role" || a.Kind() == "user"):
		return a.Kind() + " " + a.Name()
	case a.Service == "sts" && a.Kind() == "assumed-role":
		return "role " + strings.Split(a.Resource, "/")[1]
	}
	return ""
}

// user returns a user in the form that roleOrUser returns, "user NAME".
func user(name string) string { return "user " + name }

// minute returns a date and its time in UTC without seconds, or "" for any other text.
func minute(date string) string {
	t, ok := document.ParseDate(date)
	if !ok {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04Z")
}

// severalValues returns a note if the request gives several values of a key
// that has one value in each request, or "". It checks only the global keys:
// AWS documents which of these keys have one value.
func (s *Simulation) severalValues(key string) string {
	known, ok := authz.Global(key)
	values := slices.Compact(slices.Sorted(slices.Values(s.context[key])))
	if !ok || known.Multivalued || !strings.HasPrefix(key, "aws:") || len(values) < 2 {
		return ""
	}
	return fmt.Sprintf("%s has one value in a request, not several: %s", s.keyNames[key], shortlist.Few(values, shortlist.Shown(len(values), maxForms), strconv.Quote))
}

// principalFault says what is wrong with a value of aws:PrincipalArn or aws:username, or
// returns "". The text continues the description of the value.
func (s *Simulation) principalFault(key, value string) string {
	switch key {
	case "aws:principalarn":
		if fault := accountCallerFault(value); fault != "" {
			return ": " + fault
		}
		a, isARN := arn.Parse(value)
		ofUser := s.holder != nil && s.holder.Kind == User && a.Kind() == "federated-user" // a session of a user has a name of its own
		if isARN && !ofUser {
			return s.holderFault("ARN", roleOrUser(value))
		}
	case "aws:username":
		return s.holderFault("user name", user(value))
	}
	return ""
}

// otherCaller returns a note if the caller that [Simulation.SetCaller] set is
// not the simulated role or user, whose policies are evaluated. If the request
// is to assume the simulated role, another caller is correct.
func (s *Simulation) otherCaller(action, resource string) []string {
	if s.holder == nil || s.principal == nil || s.asksWhoAssumes(action, resource) || s.isHolder(s.principal.ID) {
		return nil
	}
	return []string{fmt.Sprintf("the caller %s is not the %s %s, whose policies are evaluated: leave out --principal, or pass the policies of the caller and of the resource as files", *s.principal, s.holder.Kind, s.holder.Name)}
}

// holderFault says why the value of a key cannot be that of the simulated role
// or user, or returns "". description says what the value is ("ARN"),
// and caller is the role or user that the value names.
func (s *Simulation) holderFault(description, caller string) string {
	h := s.holder
	if h == nil || s.principal != nil || s.isHolderNamed(caller) {
		return ""
	}
	return fmt.Sprintf(" is not the %s of the %s %s, which is the caller", description, h.Kind, h.Name)
}

// isHolder reports whether an ARN may be that of the simulated role or user, or of a
// session of the role.
func (s *Simulation) isHolder(id string) bool { return s.isHolderNamed(roleOrUser(id)) }

// isHolderNamed reports whether a role or user ("role r") may be the simulated one. If a
// parameter of the set has a default, the simulated one may have any name.
func (s *Simulation) isHolderNamed(caller string) bool {
	kind, name, ok := strings.Cut(caller, " ")
	h := s.holder
	return ok && kind == string(h.Kind) && (name == h.LogicalID || len(s.set.Defaulted()) > 0 || slices.ContainsFunc(append(slices.Clip(h.PossibleNames), h.IAMName()), func(own string) bool {
		return document.Match(s.namePattern(own, h.LogicalID), escapeWildcards.Get().Replace(name), false)
	}))
}
