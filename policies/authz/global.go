// Global condition keys, and the requests that have them.

package authz

import (
	_ "embed"
	"fmt"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/internal/table"
)

// GlobalKey is a condition key that does not belong to a single service.
type GlobalKey struct {
	ConditionKey
	// OtherType is a second possible type of the key's values, or zero.
	OtherType KeyType
	Presence  Presence
	// When says which requests have the key, as a clause that follows "only
	// if". It is empty if every request has the key.
	When string
	// Listed is true if a request has the key only when its action lists the
	// key.
	Listed bool
	// Services has the prefixes of the services that have the key; empty if all
	// services have it, or if Listed is true.
	Services []string
	// Except names actions that do not have the key ("ebs:*": all actions of a
	// service).
	Except []string
	// Sensitive is true if the key determines which callers are allowed: AWS
	// documents no valid use of wildcards in the values that it is compared
	// with.
	Sensitive bool
}

// Presence says how reliably requests have a key.
type Presence uint8

// The presences, from the least to the most reliable.
const (
	Sometimes Presence = iota // see [GlobalKey.When]
	Signed                    // in every request that is not anonymous
	Always
)

//go:embed global.tsv
var globalText string

var loadGlobals = lazy.Value[[]GlobalKey]{Make: func() []GlobalKey { return must(parseGlobals(globalText)) }}

func parseGlobals(text string) ([]GlobalKey, error) {
	presences := map[string]Presence{"always": Always, "signed": Signed, "sometimes": Sometimes}
	var keys []GlobalKey
	err := table.Each("global condition keys", text, func(f []string) error {
		if len(f) < 5 || len(f) > 7 {
			return fmt.Errorf("%d columns", len(f))
		}
		f = append(f, "", "")[:7]
		first, second, two := strings.Cut(f[1], ",")
		k := GlobalKey{ConditionKey: ConditionKey{Name: f[0]}, When: f[3], Except: strings.Fields(f[5]), Sensitive: f[6] == "sensitive"}
		var ok, otherOK, presenceOK bool
		k.Type, k.Multivalued, ok = ParseKeyType(first)
		k.OtherType, _, otherOK = ParseKeyType(second)
		k.Presence, presenceOK = presences[f[2]]
		if !ok || two != otherOK || !presenceOK {
			return fmt.Errorf("unknown type %q or presence %q", f[1], f[2])
		}
		switch f[4] {
		case "*":
		case "listed":
			k.Listed = true
		default:
			k.Services = strings.Fields(f[4])
		}
		keys = append(keys, k)
		return nil
	})
	return keys, err
}

// Global returns the global condition key with a name such as
// "aws:RequestTag/team". It decodes no service.
func Global(name string) (*GlobalKey, bool) {
	known := globalsByName.Get()
	var buffer [64]byte // avoids a new string
	if k, ok := known.exact[string(appendLower(buffer[:0], name))]; ok {
		return k, true
	}
	for _, k := range known.withVariable {
		if k.MatchesName(name) {
			return k, true
		}
	}
	return nil, false
}

func appendLower(b []byte, text string) []byte {
	for i := range len(text) {
		b = append(b, lower(text[i]))
	}
	return b
}

type globalNames struct {
	exact        map[string]*GlobalKey // in lower case
	withVariable []*GlobalKey          // names with a variable
}

var globalsByName = lazy.Value[globalNames]{Make: func() globalNames {
	names := globalNames{exact: map[string]*GlobalKey{}}
	keys := loadGlobals.Get()
	for i := range keys {
		k := &keys[i]
		if _, _, variable := cutVariable(k.Name); variable {
			names.withVariable = append(names.withVariable, k)
		} else {
			names.exact[strings.ToLower(k.Name)] = k
		}
	}
	return names
}}

// supportedUnlisted reports whether requests for the action can have the key even if
// the action does not list it.
func (k *GlobalKey) supportedUnlisted(a *Action) bool {
	if k.Listed {
		return false
	}
	for _, e := range k.Except {
		if service, name, _ := strings.Cut(e, ":"); strings.EqualFold(service, a.Service) && (name == "*" || strings.EqualFold(name, a.Name)) {
			return false
		}
	}
	for _, s := range k.Services {
		if strings.EqualFold(s, a.Service) {
			return true
		}
	}
	return len(k.Services) == 0
}
