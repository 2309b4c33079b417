// Condition keys: those of services, and which of all keys an action supports.

package authz

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// ConditionKey is a key that a policy can compare in a condition.
type ConditionKey struct {
	// Name is the key as AWS writes it. Some have a part for the caller to
	// fill in ("aws:RequestTag/${TagKey}", "s3:ExistingObjectTag/<key>").
	Name string
	Type KeyType
	// Multivalued keys hold a list, and are compared with ForAllValues or
	// ForAnyValue.
	Multivalued bool
}

// KeyType says which condition operators fit a key.
type KeyType uint8

// The types of keys, in AWS's words.
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

// String returns AWS's word for the type.
func (t KeyType) String() string {
	if t == 0 || int(t) >= len(keyTypeNames) {
		return fmt.Sprintf("KeyType(%d)", uint8(t))
	}
	return keyTypeNames[t]
}

// ParseKeyType reads a type as the reference writes it: "String", or
// "ArrayOfString" for a key that holds several values.
func ParseKeyType(text string) (t KeyType, multivalued, ok bool) {
	text, multivalued = strings.CutPrefix(text, "ArrayOf")
	for t, name := range keyTypeNames {
		if name != "" && name == text {
			return KeyType(t), multivalued, true
		}
	}
	return 0, false, false
}

// Names reports whether a policy that writes name means this key: they are the
// same but for letter case, with something in place of what is to be
// filled in. The time is linear in the length of name.
func (k ConditionKey) Names(name string) bool { return keyMatches(k.Name, name) }

// keyMatches reports whether name is the key, or an instance of it.
func keyMatches(key, name string) bool {
	if differ(key, name) {
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
		name = name[len(before):] // has at least one character for the variable
		if after == "" {
			return true
		}
		// No key has a variable that what follows it could be part of, so the
		// shortest value will do if another variable comes, and the longest if
		// none does.
		literal, _, another := cutVariable(after)
		if !another {
			return len(name) > len(literal) && strings.EqualFold(literal, name[len(name)-len(literal):])
		}
		at := indexFold(name[1:], literal)
		if at < 0 {
			return false
		}
		key, name = after, name[1+at:]
	}
}

// differ is a quick look at whether name cannot be the key: it has another
// character before the first part to be filled in.
func differ(key, name string) bool {
	for i := range min(len(key), len(name)) {
		k, n := key[i], name[i]
		if k == '$' || k == '<' {
			return false
		}
		if lower(k) != lower(n) {
			return k < utf8.RuneSelf && n < utf8.RuneSelf && !strings.HasSuffix(key, tagKey)
		}
	}
	return false
}

// tagKey ends a key whose last part is to be filled in.
const tagKey = "/tag-key"

// cutVariable cuts the key around its first part to be filled in. AWS writes
// these in four ways.
func cutVariable(key string) (before, after string, found bool) {
	for _, form := range [...][2]string{{"${", "}"}, {"<", ">"}} {
		if strings.IndexByte(key, form[0][0]) < 0 {
			continue // most have none
		}
		if before, rest, ok := strings.Cut(key, form[0]); ok {
			if _, after, ok := strings.Cut(rest, form[1]); ok {
				return before, after, true
			}
		}
	}
	if before, ok := strings.CutSuffix(key, tagKey); ok {
		return before + "/", "", true
	}
	return key, "", strings.HasSuffix(key, "/")
}

// indexFold is strings.Index without regard to the case of ASCII letters, for
// short texts to look for.
func indexFold(s, part string) int {
	for i := 0; i+len(part) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(part)], part) {
			return i
		}
	}
	return -1
}

// Key returns the condition key that a policy names, global or of a service:
// the service that its prefix names, or the one whose keys have that prefix
// ("saml:aud" is a key of sts). An exact name goes before one with something
// filled in.
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

// keyServices returns the services that may have the condition key.
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
		if instance.Name == "" && k.Names(name) {
			instance = k
		}
	}
	return instance, instance.Name != ""
}

// Support says why a condition key can be in the request of an action.
type Support uint8

// The reasons, the weakest first.
const (
	// Unsupported: no request for the action has the key. A condition on it
	// fails, unless the operator ends in IfExists, is Null, or is negated or
	// has ForAllValues.
	Unsupported Support = iota
	// OfResourceType: a resource type of the action has the key.
	OfResourceType
	// OfActionResource: the action has the key with some resource types.
	OfActionResource
	// OfAction: the action has the key.
	OfAction
	// OfRequest: the key is global, and depends on the caller, and from where,
	// but not on the action. It may still be missing from a request.
	OfRequest
)

// Supports returns whether, and why, requests for the action can have the
// condition key. What the reference says of the action, its resources and its
// resource types counts, so the answer is Unsupported only if the key is
// nowhere near; that some keys of a resource type are not in the request that
// creates it is not told. Of a service that is not [Service.Complete], any key
// will do; so will a key of the service that its page has and puts at no action
// and no resource type.
//
// Source: Service Authorization Reference, "Actions table" and "Resource types
// table": the keys of a resource type apply to the actions that list the type.
// a4b:amazonId is one of some 70 keys that are in the "Condition keys table" alone.
func (a *Action) Supports(key string) Support {
	if g, ok := Global(key); ok && g.supportedBy(a) {
		return OfRequest
	}
	if anyKey(a.ConditionKeys, key) {
		return OfAction
	}
	for _, r := range a.Resources {
		if anyKey(r.ConditionKeys, key) {
			return OfActionResource
		}
	}
	for _, r := range a.Resources {
		// The tags of a request are of those actions that set tags, and EC2's types
		// have the keys of all of its actions.
		if ofRequestTags(key) && len(r.ConditionKeys) > 0 {
			continue
		}
		if anyKey(r.Type.ConditionKeys, key) {
			return OfResourceType
		}
	}
	if s, ok := ForPrefix(a.Service); ok {
		if anyKey(s.loose, key) {
			return OfResourceType
		}
		if !slices.Contains(severalPages, a.Service) {
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
	one := Action{Service: a.Service, Name: a.Name, ConditionKeys: a.ConditionKeys, Resources: []ActionResource{*r}}
	return one.Supports(key)
}

// ofRequestTags reports whether a key is about the tags that a request sets.
func ofRequestTags(key string) bool {
	key = strings.ToLower(key)
	return key == "aws:tagkeys" || strings.HasPrefix(key, "aws:requesttag/")
}

func anyKey(keys []string, name string) bool {
	for _, k := range keys {
		if keyMatches(k, name) {
			return true
		}
	}
	return false
}

// Multivalued reports whether a request can have several values of a condition key
// of AWS's. Of a key that is unknown it says no.
func Multivalued(key string) bool {
	if g, ok := Global(key); ok {
		return g.Multivalued
	}
	k, ok := Key(key)
	return ok && k.Multivalued
}
