// The reference: reading the JSON files of the npm packages, checking that they
// are consistent, and writing them in the form of package authz.

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"capaboot/policies/authz"
	"capaboot/policies/authz/internal/encode"
	"capaboot/policies/authz/internal/npm"
)

// reference has the contents of an npm package that contains the Service
// Authorization Reference.
type reference struct {
	names         map[string]string // names of services, by prefix
	actions       map[string]map[string]action
	resourceTypes map[string]map[string]resourceType
	conditionKeys map[string]map[string]conditionKey
}

type action struct {
	Name             string           `json:"name"`
	Description      string           `json:"description"`
	AccessLevel      string           `json:"accessLevel"`
	ResourceTypes    []actionResource `json:"resourceTypes"`
	ConditionKeys    []string         `json:"conditionKeys"`
	DependentActions []string         `json:"dependentActions"`
}

type actionResource struct {
	Name             string   `json:"name"`
	Required         bool     `json:"required"`
	ConditionKeys    []string `json:"conditionKeys"`
	DependentActions []string `json:"dependentActions"`
}

type resourceType struct {
	Key           string   `json:"key"`
	ARN           string   `json:"arn"`
	ConditionKeys []string `json:"conditionKeys"`
}

type conditionKey struct {
	Key  string `json:"key"`
	Type string `json:"type"`
}

func readReference(tarball string) (*reference, error) {
	r := &reference{
		actions:       map[string]map[string]action{},
		resourceTypes: map[string]map[string]resourceType{},
		conditionKeys: map[string]map[string]conditionKey{},
	}
	err := npm.Files(tarball, func(name string) bool {
		return strings.HasPrefix(name, "data/") && strings.HasSuffix(name, ".json")
	}, func(name string, content []byte) error {
		service := strings.TrimSuffix(filepath.Base(name), ".json")
		switch filepath.Dir(name) {
		case "data/actions":
			return decodeInto(r.actions, service, content)
		case "data/resourceTypes":
			return decodeInto(r.resourceTypes, service, content)
		case "data/conditionKeys":
			return decodeInto(r.conditionKeys, service, content)
		}
		if name == "data/serviceNames.json" {
			return json.Unmarshal(content, &r.names)
		}
		return nil
	})
	if err == nil && len(r.names) < 300 {
		err = fmt.Errorf("reading %s: %d services are far too few", tarball, len(r.names))
	}
	return r, err
}

func decodeInto[T any](all map[string]map[string]T, service string, content []byte) error {
	entries := map[string]T{}
	all[service] = entries
	return json.Unmarshal(content, &entries)
}

// writeServices writes data/index.tsv and data/services.bin.
func writeServices(ctx context.Context, packages []npm.Package) error {
	tarball, err := fetch(ctx, packages, "actions")
	if err != nil {
		return err
	}
	current, err := readReference(tarball)
	if err != nil {
		return err
	}
	if tarball, err = fetch(ctx, packages, "dependent-actions"); err != nil {
		return err
	}
	older, err := readReference(tarball)
	if err != nil {
		return err
	}
	dependent := current.dependentActions(older)
	var services []encode.Source
	for _, prefix := range slices.Sorted(maps.Keys(current.names)) {
		s, err := current.service(prefix, dependent)
		if err != nil {
			return fmt.Errorf("service %s: %w", prefix, err)
		}
		services = append(services, *s)
	}
	index, blob, err := encode.Services(services)
	if err != nil {
		return err
	}
	if err := os.MkdirAll("data", 0o755); err != nil {
		return err
	}
	if err := os.WriteFile("data/services.bin", blob, 0o644); err != nil {
		return err
	}
	return os.WriteFile("data/index.tsv", index, 0o644)
}

// dependentActions returns the dependent actions of each action according to
// the older reference, without actions that no longer exist. The older
// reference lists them in different places, depending on the layout of the page
// (for ec2:RunInstances, with the first resource type), so all lists of an
// action are merged.
func (r *reference) dependentActions(older *reference) map[string][]string {
	official := map[string]string{} // maps names in lower case to current names
	for prefix, actions := range r.actions {
		for _, a := range actions {
			name := prefix + ":" + a.Name
			official[strings.ToLower(name)] = name
		}
	}
	found, total := map[string][]string{}, 0
	removed := map[string]bool{}
	for prefix, actions := range older.actions {
		for _, a := range actions {
			all := slices.Clone(a.DependentActions)
			for _, r := range a.ResourceTypes {
				all = append(all, r.DependentActions...)
			}
			name, ok := official[strings.ToLower(prefix+":"+a.Name)]
			for _, d := range all {
				switch known, exists := official[strings.ToLower(d)]; {
				case !exists:
					removed[d] = true
				case ok && !slices.Contains(found[name], known):
					found[name] = append(found[name], known)
					total++
				}
			}
			slices.Sort(found[name])
		}
	}
	fmt.Printf("%d dependent actions of %d actions; omitted, because AWS does not list these actions: %s\n",
		total, len(found), strings.Join(slices.Sorted(maps.Keys(removed)), ", "))
	return found
}

// levels has the access levels by their names in the npm package, which adds
// "Write" to the two levels that imply it; AWS's pages show one level.
var levels = map[string]authz.Level{
	"List": authz.List, "Read": authz.Read, "Write": authz.Write,
	"Tagging": authz.Tagging, "Tagging, Write": authz.Tagging,
	"Permissions management": authz.PermissionsManagement, "Permissions management, Write": authz.PermissionsManagement,
}

// anotherPattern matches the separator before each further ARN pattern of a
// resource type, and the beginning of that pattern.
var anotherPattern = regexp.MustCompile(`,\s*arn:`)

// service returns one service, sorted as package authz requires.
func (r *reference) service(prefix string, dependent map[string][]string) (*encode.Source, error) {
	s := &encode.Source{Service: authz.Service{Prefix: prefix, Name: r.names[prefix]}}
	keyNames := map[string]string{} // maps names in lower case to their spelling in the reference
	for _, k := range r.conditionKeys[prefix] {
		t, multivalued, ok := authz.ParseKeyType(k.Type)
		if !ok {
			return nil, fmt.Errorf("condition key %s has the unknown type %q", k.Key, k.Type)
		}
		keyNames[strings.ToLower(k.Key)] = k.Key
		s.ConditionKeys = append(s.ConditionKeys, authz.ConditionKey{Name: k.Key, Type: t, Multivalued: multivalued})
	}
	slices.SortFunc(s.ConditionKeys, func(a, b authz.ConditionKey) int { return byName(a.Name, b.Name) })
	var unknown error
	keys := func(owner string, names []string) []string {
		var list []string
		for _, name := range names {
			known, ok := keyNames[strings.ToLower(name)]
			if !ok {
				unknown = fmt.Errorf("%s has the unknown condition key %s", owner, name)
			}
			list = append(list, known)
		}
		slices.SortFunc(list, byName)
		return slices.Compact(list)
	}

	for _, t := range r.resourceTypes[prefix] {
		patterns := strings.Split(anotherPattern.ReplaceAllString(t.ARN, "\narn:"), "\n")
		for _, p := range patterns {
			if strings.Count(p, ":") < 5 || strings.ContainsAny(p, " ,") {
				return nil, fmt.Errorf("resource type %s has the invalid ARN pattern %q", t.Key, p)
			}
		}
		s.ResourceTypes = append(s.ResourceTypes, authz.ResourceType{Name: t.Key, ARNPatterns: patterns, ConditionKeys: keys(t.Key, t.ConditionKeys)})
	}
	slices.SortFunc(s.ResourceTypes, func(a, b authz.ResourceType) int { return byName(a.Name, b.Name) })
	types := map[string]*authz.ResourceType{}
	for i := range s.ResourceTypes {
		types[strings.ToLower(s.ResourceTypes[i].Name)] = &s.ResourceTypes[i]
	}

	actions := slices.SortedFunc(maps.Values(r.actions[prefix]), func(a, b action) int { return byName(a.Name, b.Name) })
	for _, a := range actions {
		level, ok := levels[a.AccessLevel]
		if !ok {
			return nil, fmt.Errorf("action %s has the unknown access level %q", a.Name, a.AccessLevel)
		}
		result := authz.Action{Service: prefix, Name: a.Name, Level: level, ConditionKeys: keys(a.Name, a.ConditionKeys), DependentActions: dependent[prefix+":"+a.Name]}
		for _, resource := range a.ResourceTypes {
			t, ok := types[strings.ToLower(resource.Name)]
			if !ok {
				return nil, fmt.Errorf("action %s has the unknown resource type %s", a.Name, resource.Name)
			}
			if result.Resource(t.Name) != nil {
				continue // a few types are listed twice, with the same data
			}
			result.Resources = append(result.Resources, authz.ActionResource{Type: t, Required: resource.Required, ConditionKeys: keys(a.Name, resource.ConditionKeys)})
		}
		slices.SortFunc(result.Resources, func(a, b authz.ActionResource) int { return byName(a.Type.Name, b.Type.Name) })
		s.Actions = append(s.Actions, result)
		s.Descriptions = append(s.Descriptions, strings.TrimSuffix(strings.Join(strings.Fields(a.Description), " "), "."))
	}
	return s, unknown
}

// byName orders names without regard to case. Names that differ only in case
// are ordered by case.
func byName(a, b string) int {
	return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
}
