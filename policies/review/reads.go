// Rules about reading: secrets, data and credentials that the holder can read.

package review

import (
	_ "embed"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/policies/arn"
	"capaboot/policies/authz"
)

// matchingActions returns the listed actions that a statement covers, by Action
// or NotAction. It leaves out those for which NotResource excludes every
// resource.
func (r *run) matchingActions(s *statement, all []string) []string {
	r.spend(len(all) * (1 + 2*len(s.patterns())))
	var found []string
	for _, name := range all {
		if service, _, _ := strings.Cut(name, ":"); !s.mayMatchService(service) {
			continue
		}
		if a, ok := authz.Lookup(name); ok && s.appliesTo(a) && r.leavesResources(s, a) {
			found = append(found, name)
		}
	}
	return found
}

// mayMatchService is a quick check: if it returns false, the statement covers
// no action of the service.
func (s *statement) mayMatchService(service string) bool {
	if len(s.NotActions) > 0 {
		return true
	}
	return slices.ContainsFunc(s.prefixes(), func(prefix string) bool {
		return len(prefix) == len(service) && strings.EqualFold(prefix, service) || prefix == "*"
	})
}

// prefixes returns the service prefixes in the actions of a statement, as
// written, each once.
func (s *statement) prefixes() []string {
	if s.cachedPrefixes == nil {
		s.cachedPrefixes = []string{}
		for _, pattern := range s.Actions {
			prefix, _, _ := strings.Cut(pattern, ":")
			if n := len(s.cachedPrefixes); n == 0 || s.cachedPrefixes[n-1] != prefix && !slices.Contains(s.cachedPrefixes, prefix) {
				s.cachedPrefixes = append(s.cachedPrefixes, prefix)
			}
		}
	}
	return s.cachedPrefixes
}

// mayCover is a quick check: if it returns false, no action of the statement
// covers an action of the other statement. It returns true if both name the
// same service, or if the service of the statement has a wildcard or is
// unknown.
func (s *statement) mayCover(other *statement) bool {
	return slices.ContainsFunc(s.prefixes(), func(prefix string) bool {
		return strings.ContainsAny(prefix, "*?$") || slices.ContainsFunc(other.prefixes(), func(service string) bool {
			return len(prefix) == len(service) && strings.EqualFold(prefix, service)
		})
	})
}

// openResources returns the resources of a statement. NotResource counts as all
// resources, unless it excludes them all.
func (s *statement) openResources() []string {
	if len(s.NotResources) > 0 && !slices.ContainsFunc(s.NotResources, matchesEveryResource) {
		return []string{"*"}
	}
	return s.Resources
}

// leavesResources reports whether a statement can apply to an action despite its
// NotResource. It returns false if NotResource covers a resource type that the action
// requires, or all resource types of the action. Without NotResource, it returns true.
//
// Source: Service Authorization Reference, "Actions table": a call is allowed
// if every resource that it requires is allowed.
func (r *run) leavesResources(s *statement, a *authz.Action) bool {
	leavesType := len(a.Resources) == 0 || len(s.NotResources) == 0
	for _, t := range a.Resources {
		covered := slices.ContainsFunc(s.NotResources, func(resource string) bool { return r.typeCovered(t.Type, resource) })
		if covered && t.Required {
			return false
		}
		leavesType = leavesType || !covered
	}
	return leavesType
}

// checkSecretsOfOthers finds statements that allow reading several secrets
// through a wildcard in the ARN. A policy variable in the name of the secret,
// or a condition that requires a tag of the secret, prevents the finding. Any
// other condition that limits which secrets can be read makes the finding less
// severe (see [limitsGain]).
func checkSecretsOfOthers(r *run, p *policy) {
	if p.kind != identityPolicy {
		return
	}
	for _, s := range p.statements {
		if !s.allows() || isFullAccess(s) || slices.ContainsFunc(s.Conditions, requiresResourceTag) {
			continue
		}
		denied := func(name, resource string) bool {
			a, _ := authz.Lookup(name)
			return r.deniedInSamePolicy(s, a, resource)
		}
		actions := slices.DeleteFunc(r.matchingActions(s, actionsOf("read-secrets")), func(name string) bool {
			return !slices.ContainsFunc(s.openResources(), func(resource string) bool { return !denied(name, resource) })
		})
		var resources []string
		severity := Severity(0)
		for _, resource := range s.openResources() {
			if !slices.ContainsFunc(actions, func(name string) bool { return !denied(name, resource) }) {
				continue
			}
			wildcards, all := matchesSeveralSecrets(resource)
			all = all || slices.ContainsFunc(actions, func(name string) bool { a, ok := authz.Lookup(name); return ok && r.isOpen(a, resource) })
			if (wildcards || all) && fitsAny(r, actions, resource) {
				resources = append(resources, resource)
				if !all && severity == 0 {
					severity = Medium
				} else if all {
					severity = High
				}
			}
		}
		if len(actions) > 0 && len(resources) > 0 {
			f := Finding{Severity: severity, Actions: actions, Resources: resources,
				Message: sentencef("%s can read every %s, of any cluster or application", nameList(actions), PlainSentence(kindsOfSecrets(actions)))}
			if !slices.Equal(resources, []string{"*"}) {
				f.Message = sentencef("%s can read every %s under %s, of any cluster or application", nameList(actions), PlainSentence(kindsOfSecrets(actions)), nameList(resources))
			}
			if len(s.Conditions) > 0 {
				f.Message = f.Message.append(sentencef(", if %s", conditionList(s.Conditions)))
			}
			if slices.ContainsFunc(s.Conditions, limitsGain) {
				f.Severity--
			}
			r.reportStatement(s, f)
		}
	}
}

// fitsAny reports whether one of the actions supports the resource.
func fitsAny(r *run, actions []string, resource string) bool {
	return slices.ContainsFunc(actions, func(name string) bool {
		a, ok := authz.Lookup(name)
		return ok && (matchesEveryResource(resource) || r.allows(a, resource))
	})
}

// matchesSeveralSecrets reports whether a resource matches several secrets or
// parameters, and whether it matches all of them. "-??????" or "-*" after a
// name still matches one secret, because AWS appends six characters to its
// name. Public parameters of AWS are not secrets.
//
// Sources: AWS Secrets Manager User Guide, "Permissions policy examples";
// Systems Manager User Guide, "Discovering public parameters".
func matchesSeveralSecrets(resource string) (matchesSeveral, all bool) {
	if matchesEveryResource(resource) {
		return true, true
	}
	a := arn.ParsePattern(arn.Complete(resource))
	if a.Parts < 6 { // without a wildcard, the text refers to a secret of the template
		several := strings.ContainsAny(resource, "*?")
		return several, several
	}
	name := a.Resource
	if strings.HasPrefix(name, "parameter/aws/") || hasVariable(name) {
		return false, false
	}
	for _, kind := range []string{"secret:", "parameter/", "parameter"} {
		name = strings.TrimPrefix(name, kind)
	}
	trimmed := strings.TrimSuffix(strings.TrimSuffix(name, "-??????"), "-*")
	if !strings.ContainsAny(trimmed, "*?") {
		return false, false
	}
	return true, strings.Trim(trimmed, "*/") == ""
}

// openActions returns the listed actions that a statement allows on every
// resource, or on every resource of a type. It leaves out actions that the same
// policy denies. It returns none if a condition narrows the statement, or if
// the statement allows everything: full-access reports that.
func (r *run) openActions(s *statement, all []string) []string {
	if !s.allows() || s.policy.kind != identityPolicy || isFullAccess(s) || slices.ContainsFunc(s.Conditions, narrows) {
		return nil
	}
	return slices.DeleteFunc(r.matchingActions(s, all), func(name string) bool {
		a, _ := authz.Lookup(name)
		return !slices.ContainsFunc(s.openResources(), func(resource string) bool {
			return (matchesEveryResource(resource) || r.coversType(a, resource)) && !r.deniedInSamePolicy(s, a, resource)
		})
	})
}

func checkReadsEverything(r *run, p *policy) {
	for _, s := range p.statements {
		if actions := r.openActions(s, actionsOf("read-data")); len(actions) > 0 {
			r.reportStatement(s, Finding{Actions: actions, Resources: s.openResources(), Message: sentencef("%s can read the data of every application: neither a resource nor a condition limits the grant", nameList(actions))})
		}
	}
}

//go:embed credentials.tsv
var credentialsTSV string

// credential is a row of credentials.tsv.
type credential struct {
	severity    Severity
	description string // whose credentials they are, or what they are for
}

// loadCredentials returns the actions in order, and the row of each.
var loadCredentials = lazy.Values[[]string, map[string]credential]{Make: func() ([]string, map[string]credential) {
	var order []string
	table := map[string]credential{}
	for _, row := range rows(credentialsTSV, 4) {
		severity, err := ParseSeverity(row[1])
		if err != nil {
			panic("credentials.tsv: " + err.Error())
		}
		order = append(order, row[0])
		table[row[0]] = credential{severity, row[2]}
	}
	return order, table
}}

// checkReturnsCredentials reports one finding for each statement and severity.
func checkReturnsCredentials(r *run, p *policy) {
	order, table := loadCredentials.Get()
	for _, s := range p.statements {
		bySeverity := map[Severity][]string{}
		for _, name := range r.openActions(s, order) {
			severity := table[name].severity
			bySeverity[severity] = append(bySeverity[severity], name)
		}
		for _, severity := range Severities() {
			actions := bySeverity[severity]
			if len(actions) == 0 {
				continue
			}
			var texts []string
			for _, name := range actions {
				texts = append(texts, name+" ("+table[name].description+")")
			}
			effect := "credentials or a login, and nothing limits whose credentials or login the caller can get"
			if severity == Info {
				effect = "credentials that give no more than the caller already has"
			}
			r.reportStatement(s, Finding{Severity: severity, Actions: actions, Resources: s.openResources(),
				Message: sentencef("%s %s: %s", forCount(actions, "this operation returns", "these operations return"), effect, annotatedNames(actions, texts))})
		}
	}
}

// kindsOfSecrets names what actions read. A parameter of Systems Manager can be a secret.
//
// Source: AWS Systems Manager User Guide, "AWS Systems Manager Parameter Store",
// SecureString parameters.
func kindsOfSecrets(actions []string) string {
	parameters := slices.ContainsFunc(actions, func(name string) bool { return strings.HasPrefix(strings.ToLower(name), "ssm:") })
	secrets := slices.ContainsFunc(actions, func(name string) bool { return !strings.HasPrefix(strings.ToLower(name), "ssm:") })
	switch {
	case parameters && secrets:
		return "secret, and every parameter of Parameter Store"
	case parameters:
		return "parameter of Parameter Store (secret or not)"
	}
	return "secret"
}
