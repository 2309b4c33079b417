// Condition keys of services, and which keys an action supports.

package authz

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"capaboot/internal/nearword"
)

// ConditionKey is a key that a policy can compare in a condition.
type ConditionKey struct {
	// Name is the key as AWS writes it. Some names have a variable
	// ("aws:RequestTag/${TagKey}", "s3:ExistingObjectTag/<key>").
	Name string
	Type KeyType
	// Multivalued keys have a list of values, and are compared with
	// ForAllValues or ForAnyValue.
	Multivalued bool
}

// KeyType is the type of a key's values. It determines the condition operators
// that can be used.
type KeyType uint8

// The types of keys, with AWS's names.
const (
	String KeyType = iota + 1
	ARN
	Bool
	Numeric
	Date
	IPAddress
	Binary
)

var keyTypeNames = [...]string{String: "String", ARN: "ARN", Bool: "Bool", Numeric: "Numeric", Date: "Date", IPAddress: "IPAddress", Binary: "Binary"}

// String returns AWS's name for the type.
func (t KeyType) String() string {
	if t == 0 || int(t) >= len(keyTypeNames) {
		return fmt.Sprintf("KeyType(%d)", uint8(t))
	}
	return keyTypeNames[t]
}

// ParseKeyType parses a type of the reference: "String", or "ArrayOfString" for
// a key with several values.
func ParseKeyType(text string) (t KeyType, multivalued, ok bool) {
	text, multivalued = strings.CutPrefix(text, "ArrayOf")
	for t, name := range keyTypeNames {
		if name != "" && name == text {
			return KeyType(t), multivalued, true
		}
	}
	return 0, false, false
}

// MatchesName reports whether a name in a policy is this key: they are equal
// except for case, and the name has text in place of each variable. The time is
// linear in the length of name.
func (k ConditionKey) MatchesName(name string) bool { return keyMatches(k.Name, name) }

func keyMatches(key, name string) bool {
	if cannotMatch(key, name) {
		return false
	}
	for {
		before, after, variable := cutVariable(key)
		if !variable {
			return strings.EqualFold(before, name)
		}
		if len(name) <= len(before) || !strings.EqualFold(before, name[:len(before)]) {
			return false
		}
		name = name[len(before):] // at least one character is left for the variable
		if after == "" {
			return true
		}
		// The text after a variable never occurs in the variable's value. So the
		// variable ends before the first match of the text. If no other variable
		// follows, the name must end with the text.
		literal, _, hasVariable := cutVariable(after)
		if !hasVariable {
			return len(name) > len(literal) && strings.EqualFold(literal, name[len(name)-len(literal):])
		}
		index := indexFold(name[1:], literal)
		if index < 0 {
			return false
		}
		key, name = after, name[1+index:]
	}
}

// cannotMatch is a fast check that rejects most names: it reports whether an
// ASCII character before the first variable differs. For a key with
// tagKeySuffix, it is always false.
func cannotMatch(key, name string) bool {
	for i := range min(len(key), len(name)) {
		k, n := key[i], name[i]
		if k == '$' || k == '<' {
			return false
		}
		if lower(k) != lower(n) {
			return k < utf8.RuneSelf && n < utf8.RuneSelf && !strings.HasSuffix(key, tagKeySuffix)
		}
	}
	return false
}

// tagKeySuffix is the suffix of a key whose last part is a variable.
const tagKeySuffix = "/tag-key"

// cutVariable cuts the key around its first variable. AWS uses four notations
// for variables: "${TagKey}", "<key>", a key that ends in "/tag-key", and a key
// that ends in "/".
func cutVariable(key string) (before, after string, found bool) {
	for _, delimiters := range [...][2]string{{"${", "}"}, {"<", ">"}} {
		if strings.IndexByte(key, delimiters[0][0]) < 0 {
			continue // most keys have no variable
		}
		if before, rest, ok := strings.Cut(key, delimiters[0]); ok {
			if _, after, ok := strings.Cut(rest, delimiters[1]); ok {
				return before, after, true
			}
		}
	}
	if before, ok := strings.CutSuffix(key, tagKeySuffix); ok {
		return before + "/", "", true
	}
	return key, "", strings.HasSuffix(key, "/")
}

// indexFold is strings.Index without regard to case, for a short part.
func indexFold(s, part string) int {
	for i := 0; i+len(part) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(part)], part) {
			return i
		}
	}
	return -1
}

// Key returns the condition key that a policy names: a global key, or a key of
// a service. The prefix of a key can differ from the prefix of its service
// ("saml:aud" is a key of sts). An exact name takes precedence over a name with a
// variable.
func Key(name string) (ConditionKey, bool) {
	if g, ok := Global(name); ok {
		return g.ConditionKey, true
	}
	for _, prefix := range keyServices(name) {
		if s, ok := ForPrefix(prefix); ok {
			if k, ok := s.Key(name); ok {
				return k, true
			}
		}
	}
	return ConditionKey{}, false
}

// ClosestKey returns the condition key that was probably meant by an unknown one:
// a global key or else a key of the service. It corrects the service if the
// service does not exist. It returns false if no key is similar enough.
func ClosestKey(name string) (string, bool) {
	prefix, _, ok := strings.Cut(name, ":")
	if !ok || len(name) > 2*maxActionLength {
		return "", false
	}
	var names []string
	for _, k := range loadGlobals.Get() {
		names = append(names, k.Name)
	}
	if closest, ok := nearword.Closest(name, names); ok {
		return closest, true
	}
	services := keyServices(name)
	if closest, ok := ClosestService(prefix); ok && len(services) == 0 {
		services = append(services, closest)
	}
	names = names[:0]
	for _, prefix := range services {
		if s, ok := ForPrefix(prefix); ok {
			for _, k := range s.ConditionKeys {
				names = append(names, k.Name)
			}
		}
	}
	return nearword.Closest(name, names)
}

// keyServices returns the prefixes of the services that may have a condition
// key.
func keyServices(name string) []string {
	prefix, _, ok := strings.Cut(name, ":")
	if !ok {
		return nil
	}
	x := loadIndex.Get()
	var services []string
	if e := x.find(prefix); e != nil {
		services = append(services, e.prefix)
	}
	for _, k := range x.keyPrefixes {
		if keyMatches(k[0], prefix) {
			services = append(services, k[1])
		}
	}
	return services
}

// Key returns the service's condition key that a policy names.
func (s *Service) Key(name string) (ConditionKey, bool) {
	var instance ConditionKey
	for _, k := range s.ConditionKeys {
		if strings.EqualFold(k.Name, name) {
			return k, true
		}
		if instance.Name == "" && k.MatchesName(name) {
			instance = k
		}
	}
	return instance, instance.Name != ""
}

// Support says whether requests for an action can have a condition key, and why.
type Support uint8

// The values, the weakest support first.
const (
	// Unsupported: no request for the action has the key. A condition on it is
	// false, unless the operator ends in IfExists, is Null, is negated, or has
	// ForAllValues.
	Unsupported Support = iota
	// OfResourceType: a resource type of the action has the key, or only the
	// page of the service has it; see [Action.Supports].
	OfResourceType
	// OfActionResource: the action has the key with some resource types.
	OfActionResource
	// OfAction: the action has the key.
	OfAction
	// OfRequest: the key is global, and depends on the caller and its network
	// rather than on the action. A request may still lack it.
	OfRequest
)

// Supports reports whether requests for the action can have the condition key, and why.
// It considers everything that the reference says about the action and its resource
// types, with one exception: request tags that only a resource type lists do not count
// if the action has other keys with that type. It does not exclude keys of a resource
// type that are missing from the request that creates the resource. A key on the
// service's page that belongs to no action and no resource type is supported. If
// [Service.IsComplete] is false, every key of the service is supported.
//
// Source: Service Authorization Reference, "Actions table" and "Resource types
// table": the keys of a resource type apply to the actions that list the type.
// Some keys, such as a4b:amazonId, are only in the "Condition keys table".
func (a *Action) Supports(key string) Support {
	if g, ok := Global(key); ok && g.supportedUnlisted(a) {
		return OfRequest
	}
	if containsKey(a.ConditionKeys, key) {
		return OfAction
	}
	for _, r := range a.Resources {
		if containsKey(r.ConditionKeys, key) {
			return OfActionResource
		}
	}
	for _, r := range a.Resources {
		// Skip request tags that only the type lists: EC2's resource types list
		// the keys of all actions, but only actions that set tags have request
		// tags.
		if isRequestTagKey(key) && len(r.ConditionKeys) > 0 {
			continue
		}
		if containsKey(r.Type.ConditionKeys, key) {
			return OfResourceType
		}
	}
	if s, ok := ForPrefix(a.Service); ok {
		if containsKey(s.unlistedKeys, key) {
			return OfResourceType
		}
		if !slices.Contains(servicesOnSeveralPages, a.Service) {
			return Unsupported
		}
		if _, ok := s.Key(key); ok {
			return OfResourceType
		}
	}
	return Unsupported
}

// Supports is [Action.Supports] for one resource type of the action.
func (r *ActionResource) Supports(a *Action, key string) Support {
	single := Action{Service: a.Service, Name: a.Name, ConditionKeys: a.ConditionKeys, Resources: []ActionResource{*r}}
	return single.Supports(key)
}

// isRequestTagKey reports whether a key refers to the tags that a request sets.
func isRequestTagKey(key string) bool {
	key = strings.ToLower(key)
	return key == "aws:tagkeys" || strings.HasPrefix(key, "aws:requesttag/")
}

func containsKey(keys []string, name string) bool {
	for _, k := range keys {
		if keyMatches(k, name) {
			return true
		}
	}
	return false
}

// Multivalued reports whether a request can have several values of a condition
// key. For an unknown key it returns false.
func Multivalued(key string) bool {
	k, ok := Key(key)
	return ok && k.Multivalued
}
