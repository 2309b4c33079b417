package cfndouble

// This file parses templates and compares them.

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v4"
)

// definition is a resource in a template.
type definition struct {
	kind           string
	properties     map[string]any
	deletionPolicy string
	metadata       any
	dependencies   []string
}

// parseCache has the parsed templates, by their text and by their content. They
// are never changed, so all doubles share them.
var parseCache sync.Map

// parse returns the resources of a template by logical ID. It parses each text
// once. Templates with the same content share their definitions, so that
// comparing them is cheap.
func parse(text string) (map[string]definition, error) {
	if all, ok := parseCache.Load(text); ok {
		return all.(map[string]definition), nil
	}
	var root map[string]any
	if err := yaml.Unmarshal([]byte(text), &root); err != nil {
		return nil, fmt.Errorf("Template format error: %w", err)
	}
	resources, ok := root["Resources"].(map[string]any)
	if !ok || len(resources) == 0 {
		return nil, fmt.Errorf("Template format error: At least one Resources member must be defined")
	}
	content := encode(root)
	if all, ok := parseCache.Load(content); ok {
		parseCache.Store(text, all)
		return all.(map[string]definition), nil
	}
	all := map[string]definition{}
	for id, value := range resources {
		r, ok := value.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("Template format error: [/Resources/%s] resource definition is malformed", id)
		}
		d := definition{metadata: r["Metadata"]}
		d.kind, _ = r["Type"].(string)
		d.properties, _ = r["Properties"].(map[string]any)
		d.deletionPolicy, _ = r["DeletionPolicy"].(string)
		for _, name := range references(r) {
			if _, ok := resources[name]; ok && name != id {
				d.dependencies = append(d.dependencies, name)
			}
		}
		all[id] = d
	}
	parseCache.Store(text, all)
	parseCache.Store(content, all)
	return all, nil
}

// references returns the names in Ref, Fn::GetAtt and DependsOn.
func references(value any) []string {
	var names []string
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			switch key {
			case "Ref", "DependsOn":
				if name, ok := inner.(string); ok {
					names = append(names, name)
				}
				if list, ok := inner.([]any); ok {
					for _, item := range list {
						if name, ok := item.(string); ok {
							names = append(names, name)
						}
					}
				}
			case "Fn::GetAtt":
				if list, ok := inner.([]any); ok && len(list) > 0 {
					if name, ok := list[0].(string); ok {
						names = append(names, name)
					}
				}
			default:
				names = append(names, references(inner)...)
			}
		}
	case []any:
		for _, inner := range v {
			names = append(names, references(inner)...)
		}
	}
	return names
}

// levels sorts resources so that each comes after its dependencies. The
// resources of one level are processed at the same time.
func levels(all map[string]definition) [][]string {
	done := map[string]bool{}
	var result [][]string
	for len(done) < len(all) {
		var level []string
		for _, id := range slices.Sorted(maps.Keys(all)) {
			if !done[id] && !slices.ContainsFunc(all[id].dependencies, func(n string) bool { _, inSet := all[n]; return inSet && !done[n] }) {
				level = append(level, id)
			}
		}
		if len(level) == 0 {
			panic("cfndouble: the template has a circular dependency")
		}
		for _, id := range level {
			done[id] = true
		}
		result = append(result, level)
	}
	return result
}

// createOnlyProperties are the properties whose change replaces a resource,
// from CloudFormation's resource schemas.
var createOnlyProperties = map[string][]string{
	"AWS::IAM::Role":            {"Path", "RoleName"},
	"AWS::IAM::ManagedPolicy":   {"ManagedPolicyName", "Description", "Path"},
	"AWS::IAM::InstanceProfile": {"InstanceProfileName", "Path"},
	"AWS::IAM::User":            {"UserName"},
	"AWS::IAM::Group":           {"GroupName"},
}

// nameProperties has the property that names a resource, by resource type.
var nameProperties = map[string]string{
	"AWS::IAM::Role":            "RoleName",
	"AWS::IAM::ManagedPolicy":   "ManagedPolicyName",
	"AWS::IAM::InstanceProfile": "InstanceProfileName",
	"AWS::IAM::User":            "UserName",
	"AWS::IAM::Group":           "GroupName",
}

// physicalID returns the physical ID that a resource gets when it is created.
// For a resource without a name in the template, every call returns a new ID.
func (d *Double) physicalID(s *stack, id string, def definition) string {
	name, ok := def.properties[nameProperties[def.kind]].(string)
	if !ok {
		name = fmt.Sprintf("%s-%s-%08X", s.name, id, d.nextSerial())
	}
	if def.kind == "AWS::IAM::ManagedPolicy" {
		return d.arn("iam", "", "policy/"+name)
	}
	return name
}

type change struct {
	action, id, physical, kind, replacement, policy string
	scope                                           []string
	properties                                      []propertyChange
}

type propertyChange struct{ attribute, name, kind, before, after, recreation string }

// compare returns the changes that turn a stack's resources into those of a
// template. tags means that the tags of the stack change, and importsExisting that
// existing resources are imported.
func (d *Double) compare(s *stack, next map[string]definition, tags bool, importsExisting bool) []change {
	var changes []change
	ids := maps.Clone(next)
	for id, r := range s.resources {
		if r.exists() {
			ids[id] = r.definition
		}
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		old, exists := s.resources[id]
		exists = exists && old.exists()
		def, wanted := next[id]
		switch {
		case !exists:
			c := change{action: "Add", id: id, kind: def.kind}
			if name := d.physicalID(s, id, def); importsExisting {
				if owner, isTaken := d.owners[def.kind+"/"+name]; isTaken && owner == "" {
					c.action, c.physical = "Import", name
				}
			}
			changes = append(changes, c)
		case !wanted:
			c := change{action: "Remove", id: id, kind: old.kind, physical: old.physical, policy: "Delete"}
			if strings.HasPrefix(old.definition.deletionPolicy, "Retain") {
				c.policy = "Retain"
			}
			changes = append(changes, c)
		default:
			c := change{action: "Modify", id: id, kind: def.kind, physical: old.physical, replacement: "False"}
			c.properties = propertyChanges(def.kind, old.definition.properties, def.properties)
			if len(c.properties) > 0 {
				c.scope = append(c.scope, "Properties")
			}
			for _, p := range c.properties {
				if p.recreation == "Always" {
					c.replacement, c.policy = "True", "ReplaceAndDelete"
				}
			}
			// A change of the DeletionPolicy alone is not an update; together
			// with a change of the Metadata it is.
			if !reflect.DeepEqual(old.definition.metadata, def.metadata) {
				c.scope = append(c.scope, "Metadata")
				if old.definition.deletionPolicy != def.deletionPolicy {
					c.scope = append(c.scope, "DeletionPolicy")
				}
			}
			if tags {
				c.scope = append(c.scope, "Tags")
			}
			if len(c.scope) > 0 {
				changes = append(changes, c)
			}
		}
	}
	return changes
}

// comparisons caches the results of propertyChanges by the addresses of the
// maps. It also keeps the maps, so that their addresses are not reused.
var comparisons sync.Map

type comparisonKey struct {
	kind          string
	before, after uintptr
}

type comparison struct {
	before, after map[string]any
	changes       []propertyChange
}

// propertyChanges returns the properties that differ, from the cache if
// possible.
func propertyChanges(kind string, before, after map[string]any) []propertyChange {
	key := comparisonKey{kind, reflect.ValueOf(before).Pointer(), reflect.ValueOf(after).Pointer()}
	if key.before == key.after {
		return nil
	}
	if known, ok := comparisons.Load(key); ok {
		return known.(comparison).changes
	}
	changes := compareProperties(kind, before, after)
	comparisons.Store(key, comparison{before, after, changes})
	return changes
}

func compareProperties(kind string, before, after map[string]any) []propertyChange {
	keys := map[string]bool{}
	for key := range before {
		keys[key] = true
	}
	for key := range after {
		keys[key] = true
	}
	var all []propertyChange
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if reflect.DeepEqual(before[key], after[key]) {
			continue
		}
		p := propertyChange{attribute: "Properties", name: key, kind: "Modify", before: encode(before[key]), after: encode(after[key]), recreation: "Never"}
		if before[key] == nil {
			p.kind = "Add"
		}
		if after[key] == nil {
			p.kind = "Remove"
		}
		if slices.Contains(createOnlyProperties[kind], key) {
			p.recreation = "Always"
		}
		all = append(all, p)
	}
	return all
}

func encode(value any) string {
	if value == nil {
		return ""
	}
	if text, ok := value.(string); ok {
		return text
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}
