// Features of the controllers that a configuration enables because the policies
// of CAPA's templates do not cover them. The catalogue has the features, their
// values and their statements.

package iam

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"capaboot/internal/nearword"
	"capaboot/policies/arn"
	"capaboot/policies/catalog"
	"capaboot/policies/document"
)

// Feature is a feature of CAPA that needs more permissions than CAPA's
// templates grant. In a file it is a mapping, or a string with its name.
type Feature struct {
	// Name is the name of the feature, such as "dedicated-hosts", the same as
	// for "policy explain --feature".
	Name string `json:"name"`
	// Keys are the ARNs of KMS keys, for ebs-encryption-cmk.
	Keys []string `json:"keys,omitempty"`
	// Prefixes are the beginnings of the names of roles and policies, for
	// rosa-role-config. A path counts as part of the name.
	Prefixes []string `json:"prefixes,omitempty"`
	// Roles are names of roles, for lifecycle-hooks, fargate and
	// managed-node-group-iam-role. The wildcards * and ? are allowed. A path
	// counts as part of the name. For fargate and managed-node-group-iam-role,
	// absent means the names that CAPA gives to such roles.
	Roles []string `json:"roles,omitempty"`
	// Stacks are the names of CloudFormation stacks, for rosa-network.
	Stacks []string `json:"stacks,omitempty"`
}

const (
	featuresPath   = "spec." + catalog.FeaturesField
	featuresPolicy = catalog.FeaturesPolicy
)

// values returns the values of the feature, by field.
func (f *Feature) values() []struct {
	field string
	list  []string
} {
	return []struct {
		field string
		list  []string
	}{{"keys", f.Keys}, {"prefixes", f.Prefixes}, {"roles", f.Roles}, {"stacks", f.Stacks}}
}

// valuesFor returns the values of the field that the switch names, or the
// switch's defaults if the file does not set the field.
func (f *Feature) valuesFor(s *catalog.Switch) []string {
	for _, v := range f.values() {
		if v.field == s.Field && len(v.list) > 0 {
			return v.list
		}
	}
	return s.Defaults
}

// addFeatures adds the names of the features and their values to the settings.
// It leaves out the name of a feature whose gate is closed.
func (s *Spec) addFeatures(settings catalog.Settings) {
	names := []string{}
	for i := range s.ClusterAPIControllers.Features {
		f := &s.ClusterAPIControllers.Features[i]
		known, ok := catalog.SwitchNamed(f.Name)
		if !ok {
			continue // Load rejects an unknown feature
		}
		if known.Field != "" {
			values := f.valuesFor(known)
			settings.Lists[known.Setting()] = values
			if known.Field == "keys" {
				settings.Lists[strings.TrimSuffix(known.Setting(), known.Field)+"services"] = viaServices(values)
			}
		}
		if open, err := settings.Open(known.Gate); open && err == nil && !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	settings.Lists[catalog.FeaturesField] = names
}

// viaServices returns the service names that KMS uses for EC2 in the regions of
// the keys: ec2.REGION.amazonaws.com and, if the partition has its own domain,
// also the name under this domain. Source: AWS KMS Developer Guide,
// "kms:ViaService".
func viaServices(keys []string) []string {
	var services []string
	for _, key := range keys {
		a, _ := arn.Parse(key)
		for _, domain := range []string{arn.Domain(arn.DefaultPartition), arn.Domain(a.Partition)} {
			if name := "ec2." + a.Region + "." + domain; domain != "" && !slices.Contains(services, name) {
				services = append(services, name)
			}
		}
	}
	return services
}

func checkFeatures(r *report, s *Spec) {
	if len(s.ClusterAPIControllers.Features) == 0 {
		return
	}
	names, err := catalog.SwitchNames()
	if err != nil {
		r.add(featuresPath, "%v", err)
		return
	}
	firstIndex := map[string]int{}
	for i := range s.ClusterAPIControllers.Features {
		f := &s.ClusterAPIControllers.Features[i]
		field := featuresPath + "[" + strconv.Itoa(i) + "]"
		nameField := field // if the item is only a name
		if _, ok := r.positions[field+".name"]; ok {
			nameField += ".name"
		}
		first, repeated := firstIndex[f.Name]
		known, isKnown := catalog.SwitchNamed(f.Name)
		switch {
		case r.isBroken(nameField):
			continue
		case f.Name == "":
			r.add(nameField, "missing name of the feature; allowed: %s", strings.Join(names, ", "))
			continue
		case !isKnown:
			r.add(nameField, "unknown feature %q%s", clip(f.Name), nearword.Allowed(f.Name, names))
			continue
		case repeated:
			r.add(field, "%q is already in the list, at index %d", f.Name, first)
			continue
		}
		firstIndex[f.Name] = i
		checkFeature(r, field, f, known, s)
	}
}

func checkFeature(r *report, field string, f *Feature, known *catalog.Switch, s *Spec) {
	for _, v := range f.values() {
		path := field + "." + v.field
		switch {
		case v.field != known.Field && v.list != nil:
			advice := "write only the name of the feature"
			if known.Field != "" {
				advice = "the feature takes " + known.Field + " instead: " + known.Holds
			}
			r.add(path, "the feature %s does not take %s; %s", f.Name, v.field, advice)
		case v.field == known.Field && len(v.list) == 0 && len(known.Defaults) == 0:
			r.add(path, "the feature %s needs %s: %s", f.Name, v.field, known.Holds)
		case v.field == known.Field:
			checkFeatureValues(r, path, f, v.list, s)
		}
	}
}

func checkFeatureValues(r *report, path string, f *Feature, values []string, s *Spec) {
	problems := map[string]func(string) string{
		"keys":     func(text string) string { return keyProblem(text, s.Partition) },
		"prefixes": namePrefixProblem, "roles": featureRoleProblem, "stacks": featureStackProblem,
	}
	field := path[strings.LastIndexByte(path, '.')+1:]
	passable := field == "roles" && f.Name == "lifecycle-hooks"
	for i, value := range values {
		at := path + "[" + strconv.Itoa(i) + "]"
		if r.isBroken(at) {
			continue
		}
		if problem := problems[field](value); problem != "" {
			r.add(at, "%s", problem)
			continue
		}
		if first := slices.Index(values, value); first < i {
			r.add(at, "%q is already in the list, at index %d", clip(value), first)
		}
		if passable && slices.ContainsFunc(s.ClusterAPIControllers.AllowedEC2InstanceProfiles, func(p string) bool { return document.Covers(p, value, false) }) {
			r.warn(at, "clusterAPIControllers.allowedEC2InstanceProfiles already lets the controllers pass %q, so this value has no effect", clip(value))
		}
	}
}

// keyProblem returns what is wrong with the ARN of a KMS key, or "". Source:
// AWS KMS Developer Guide, "Key identifiers".
func keyProblem(text, partition string) string {
	wanted := fmt.Sprintf("the ARN of a KMS key, such as arn:%s:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", partition)
	a, ok := arn.Parse(text)
	if !ok {
		return fmt.Sprintf("%q is not an ARN, want %s", clip(text), wanted)
	}
	if problem := partitionProblem(text, a.Partition, partition); problem != "" {
		return problem
	}
	id, isKey := strings.CutPrefix(a.Resource, "key/")
	fault := arn.CheckRegion(a.Region)
	switch {
	case a.Service == "kms" && strings.HasPrefix(a.Resource, "alias/"):
		return fmt.Sprintf("%q is the ARN of an alias, and a statement cannot name a KMS key by an alias: write the ARN of the key", clip(text))
	case a.Service != "kms" || !isKey || !isActionPart(id, "-"):
		return fmt.Sprintf("%q is not %s", clip(text), wanted)
	case !arn.IsAccount(a.Account):
		return fmt.Sprintf("%q names the account %q, want 12 digits", clip(text), clip(a.Account))
	case a.Region == "", fault != nil && !fault.Unknown:
		return fmt.Sprintf("%q names the region %q, want one such as eu-west-1", clip(text), clip(a.Region))
	}
	return ""
}

// namePrefixProblem returns what is wrong with a prefix of role and policy
// names, or "".
func namePrefixProblem(prefix string) string {
	if strings.Trim(prefix, "/") == "" {
		return fmt.Sprintf("%q matches every role and policy: write the prefix of the roles in the ROSARoleConfig", prefix)
	}
	if strings.ContainsAny(prefix, "*?") {
		return fmt.Sprintf("%q has a wildcard: remove the wildcard (a prefix already matches every name that begins with the prefix)", clip(prefix))
	}
	return rolePatternProblem(prefix)
}

// featureRoleProblem returns what is wrong with a pattern for role names, or
// "".
func featureRoleProblem(pattern string) string {
	if problem := rolePatternProblem(pattern); problem != "" {
		return problem
	}
	if strings.Trim(pattern, "*?/") == "" {
		return fmt.Sprintf("%q matches every role of the account: name the roles that the feature needs", pattern)
	}
	return ""
}

func featureStackProblem(name string) string {
	if name == "" {
		return "missing name of the stack"
	}
	return stackNameProblem(name)
}

// warnOfFeatures warns of features that have no effect: the release does not
// have them, or their gate is closed.
func (g *generator) warnOfFeatures() {
	warn := func(format string, args ...any) {
		g.template.Warnings = append(g.template.Warnings, fmt.Sprintf(format, args...))
	}
	for i := range g.spec.ClusterAPIControllers.Features {
		name := g.spec.ClusterAPIControllers.Features[i].Name
		known, ok := catalog.SwitchNamed(name)
		if !ok {
			continue
		}
		since, isSwitch := g.catalogue.SwitchSince(name, g.release)
		open, err := g.settings.Open(known.Gate)
		switch {
		case since.Compare(g.release) > 0:
			warn("%s: %s has no effect with CAPA %s: CAPA added the feature in %s", featuresPath, name, g.release, since)
		case !isSwitch:
			warn("%s: %s has no effect with CAPA %s: this release does not have the feature", featuresPath, name, g.release)
		case err == nil && !open:
			warn("%s: %s has no effect unless %s", featuresPath, name, known.Gate)
		}
	}
}
