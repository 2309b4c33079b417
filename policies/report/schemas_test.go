// Tests of docs/schemas: the schemas name every field, and hostile reviews
// conform to them and to SARIF's schema.

package report

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"capaboot/internal/conform"
	"capaboot/policies/review"
)

func TestSchemasNameEveryField(t *testing.T) {
	for name, value := range map[string]any{"policy-review": reviewJSON{}, "policy-diff": Diff{}, "policy-simulate": Simulation{}, "policy-explain": Explanation{}, "policy-denials": Denials{}, "stack-verify": Verification{}, "stack-check": Preflight{}} {
		text, err := os.ReadFile("../../docs/schemas/" + name + ".schema.json")
		if err != nil {
			t.Fatal(err)
		}
		var decoded any
		if err := json.Unmarshal(text, &decoded); err != nil {
			t.Fatal(err)
		}
		described, written := map[string]bool{}, map[string]bool{}
		addPropertyNames(decoded, described)
		addFieldNames(reflect.TypeOf(value), written)
		if name == "policy-review" { // the schema lists the keys of the map "counts"
			for _, word := range []string{"critical", "high", "medium", "low", "info"} {
				written[word] = true
			}
		}
		for field := range written {
			if !described[field] {
				t.Errorf("%s has no field %s", name, field)
			}
		}
		for field := range described {
			if !written[field] {
				t.Errorf("%s describes %s, which nothing writes", name, field)
			}
		}
	}
}

// addPropertyNames collects the names under "properties" of a schema.
func addPropertyNames(schema any, names map[string]bool) {
	switch schema := schema.(type) {
	case []any:
		for _, part := range schema {
			addPropertyNames(part, names)
		}
	case map[string]any:
		for key, part := range schema {
			if properties, ok := part.(map[string]any); ok && key == "properties" {
				for name, property := range properties {
					names[name] = true
					addPropertyNames(property, names)
				}
				continue
			}
			addPropertyNames(part, names)
		}
	}
}

func addFieldNames(typ reflect.Type, names map[string]bool) {
	addUnseenFieldNames(typ, names, map[reflect.Type]bool{})
}

func addUnseenFieldNames(typ reflect.Type, names map[string]bool, seen map[reflect.Type]bool) {
	if seen[typ] {
		return
	}
	seen[typ] = true
	switch typ.Kind() {
	case reflect.Slice, reflect.Pointer:
		addUnseenFieldNames(typ.Elem(), names, seen)
	case reflect.Struct:
		for i := range typ.NumField() {
			field := typ.Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if !field.IsExported() && !field.Anonymous || name == "-" {
				continue
			}
			if name != "" {
				names[name] = true
			}
			addUnseenFieldNames(field.Type, names, seen)
		}
	}
}

// A review as JSON or SARIF must conform to its schema. The schemas reject
// fields that they do not name, so that a new field must be documented.
func TestReviewFollowsItsSchemas(t *testing.T) {
	for format, schema := range map[string]string{"json": "policy-review", "sarif": "../../policies/report/testdata/sarif/sarif-2.1.0-rtm.5.json"} {
		for name, v := range map[string]*Review{"hostile texts": hostileReview(), "nothing": NewReview(&review.Report{}, About{Rules: review.Rules()})} {
			if err := conform.Check(schema, formattedReview(t, v, format)); err != nil {
				t.Errorf("%s of %s: %v", format, name, err)
			}
		}
		if err := conform.Check(schema, `{"version": "2.1.0", "runs": "none"}`); err == nil {
			t.Errorf("%s accepts an invalid document", schema)
		}
	}
}
