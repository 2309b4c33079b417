// Generates docs/schemas/awsiamconfiguration.schema.json from the Go types of a
// configuration with their comments, and from the rules that a schema can
// express. "go test ./iam -update" writes the file. The schema may only reject
// what Load rejects: see schema_test.go.

package iam

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"

	"capaboot/policies/arn"
	"capaboot/policies/catalog"
	"capaboot/policies/document"
)

const schemaPath = "../docs/schemas/" + SchemaFile

func TestSchemaIsCurrent(t *testing.T) {
	want, err := generateSchema()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(schemaPath, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(schemaPath)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("run go test ./iam -update:\n%s", diff)
	}
}

// object is a schema or a part of one.
type object = map[string]any

func generateSchema() ([]byte, error) {
	r := &jsonschema.Reflector{Anonymous: true, RequiredFromJSONSchemaTags: true}
	for base, folder := range map[string]string{"capaboot/iam": ".", "capaboot/policies/catalog": "../policies/catalog"} {
		if err := r.AddGoComments(base, folder, jsonschema.WithFullComment()); err != nil {
			return nil, err
		}
	}
	comments := map[string]string{}
	for name, text := range r.CommentMap { // AddGoComments appends the folder to the base.
		comments[strings.ReplaceAll(name, "/../policies/catalog", "")] = text
	}
	r.CommentMap = comments
	text, err := json.Marshal(r.Reflect(&Configuration{}))
	if err != nil {
		return nil, err
	}
	var schema object
	if err := json.Unmarshal(text, &schema); err != nil {
		return nil, err
	}
	schema["title"] = Kind
	schema["description"] = "The configuration of clusterawsadm and capaboot. capaboot rejects everything that this schema rejects. Only capaboot checks " +
		"quotas, duplicate keys, ARNs and rules about several fields."
	definitions := schema["$defs"].(object)
	for _, t := range []reflect.Type{reflect.TypeFor[Configuration](), reflect.TypeFor[Spec](), reflect.TypeFor[RoleSpec](), reflect.TypeFor[ControlPlane](), reflect.TypeFor[Controllers](),
		reflect.TypeFor[Nodes](), reflect.TypeFor[BootstrapUser](), reflect.TypeFor[EKS](), reflect.TypeFor[EventBridge](), reflect.TypeFor[S3Buckets](), reflect.TypeFor[Feature]()} {
		refine(definitions[t.Name()].(object), t)
	}
	for _, name := range []string{"Principals", "Conditions", "PolicyStatement"} {
		delete(definitions, name)
	}
	maps.Copy(definitions, booleanDefinitions())
	definitions["PolicyStatement"], definitions["TrustStatement"] = policyStatement(), trustStatement()
	if text, err = json.MarshalIndent(schema, "", "  "); err != nil {
		return nil, err
	}
	return append(text, '\n'), nil
}

// refine adds to the definition of a struct what its Go type does not express:
// the rules of the fields, the ignored keys, and that null counts as absent.
func refine(definition object, t reflect.Type) {
	definition["description"] = sentence(definition["description"])
	properties := definition["properties"].(object)
	for name, value := range properties {
		property := value.(object)
		rule := rules[t.Name()+"."+name]
		if rule == nil { // a field of RoleSpec, which is embedded in the struct
			rule = rules["RoleSpec."+name]
		}
		for key, value := range rule {
			property[key] = value
		}
		if text := sentence(property["description"]); text != "" {
			// Replace the Go name at the beginning of the comment.
			if first, rest, _ := strings.Cut(text, " "); strings.EqualFold(first, name) {
				text = name + " " + rest
			}
			property["description"] = text
		}
		orNull(property)
	}
	if t == reflect.TypeFor[Configuration]() {
		definition["required"] = []string{"apiVersion", "kind"}
		for _, name := range []string{"apiVersion", "kind"} {
			delete(properties[name].(object), "type")
		}
		return
	}
	if t == reflect.TypeFor[Feature]() {
		definition["required"] = []string{"name"}
		return
	}
	misplacedPattern, otherCase := ignoredPatterns(t)
	definition["patternProperties"] = object{
		misplacedPattern: object{
			"deprecated":  true,
			"description": "clusterawsadm ignores this key. capaboot accepts only the value that changes nothing.",
		},
		// This pattern also matches the names of the fields themselves, so it
		// must accept every value.
		otherCase: true,
	}
	if rules := withoutEffect(t); len(rules) > 0 {
		definition["allOf"] = rules
	}
}

// withoutEffect returns rules that allow an ignored key of a struct only with a
// value without effect. They cover what a schema can express: keys that mean a
// boolean, and fields in a different letter case if the field itself is absent.
func withoutEffect(t reflect.Type) (all []any) {
	defaults := Default().Spec
	var v reflect.Value // the default of the struct, if it is the same for all structs of this type
	for _, candidate := range []any{defaults, defaults.ControlPlane, defaults.ClusterAPIControllers, defaults.Nodes, defaults.BootstrapUser, *defaults.EKS, defaults.EventBridge, defaults.S3Buckets} {
		if reflect.TypeOf(candidate) == t {
			v = reflect.ValueOf(candidate)
		}
	}
	if !v.IsValid() {
		return nil
	}
	ownFields := fields(t)
	for _, row := range ignoredKeys {
		for _, f := range ownFields {
			value := v.FieldByIndex(f.index)
			if f.name != row.field || value.Kind() != reflect.Bool {
				continue
			}
			for _, effective := range []bool{true, false} {
				condition := object{"required": []string{f.name}, "properties": object{f.name: booleanRef(effective)}}
				if effective == value.Bool() {
					condition = object{"anyOf": []object{condition, absent(f.name)}}
				}
				all = append(all, object{"if": condition, "then": object{"properties": object{row.key: booleanOrNull(effective != row.negated)}}})
			}
		}
	}
	for _, f := range ownFields {
		if schema := defaultSchema(v.FieldByIndex(f.index)); schema != nil && !isInherited(f.name) {
			all = append(all, object{"if": absent(f.name), "then": object{"patternProperties": object{"^(" + otherCase(f.name) + ")$": schema}}})
		}
	}
	return all
}

// isInherited reports whether the effective value of a field can come from another
// field.
func isInherited(field string) bool {
	return slices.Contains([]string{"path", "permissionsBoundary", "partition", "userName", "groupName", "ec2ContainerRegistryReadOnly"}, field)
}

// absent matches a mapping in which a key is absent or null.
func absent(key string) object {
	return object{"properties": object{key: object{"type": "null"}}}
}

// booleanRef and booleanOrNull return schemas that refer to the definitions of
// booleanDefinitions.
func booleanRef(value bool) object {
	return object{"$ref": "#/$defs/" + strconv.FormatBool(value)}
}

func booleanOrNull(value bool) object {
	return object{"$ref": "#/$defs/" + strconv.FormatBool(value) + "OrNull"}
}

// booleanDefinitions returns the definitions of a boolean with a value, which can
// also be a YAML 1.1 word.
func booleanDefinitions() object {
	all := object{}
	for _, value := range []bool{true, false} {
		name := strconv.FormatBool(value)
		all[name] = booleanDefinition(value)
		all[name+"OrNull"] = object{"anyOf": []object{booleanRef(value), {"type": "null"}}}
	}
	return all
}

func booleanDefinition(value bool) object {
	words := "^([yY]([eE][sS])?|[oO][nN]|[tT][rR][uU][eE])$"
	if !value {
		words = "^([nN][oO]?|[oO][fF][fF]|[fF][aA][lL][sS][eE])$"
	}
	return object{"anyOf": []object{{"const": value}, {"type": "string", "pattern": words}}}
}

// defaultSchema returns a schema of the values that agree with a default, or
// nil if there is no simple one. The schema may also match other values.
func defaultSchema(v reflect.Value) object {
	switch v.Kind() {
	case reflect.Bool:
		return booleanOrNull(v.Bool())
	case reflect.String:
		return object{"enum": []any{v.String(), nil}}
	case reflect.Slice:
		if v.Len() == 0 {
			return object{"type": []string{"array", "null"}, "maxItems": 0}
		}
	case reflect.Pointer:
		if v.Type() == reflect.TypeFor[*EKS]() { // its presence always has an effect
			return object{"type": "null"}
		}
	case reflect.Struct:
		properties := object{}
		for _, f := range fields(v.Type()) {
			if value := v.FieldByIndex(f.index); value.Kind() == reflect.Bool && !isInherited(f.name) {
				properties[f.name] = booleanOrNull(value.Bool())
			}
		}
		return object{"type": []string{"object", "null"}, "properties": properties}
	}
	return nil
}

// sentence joins the lines of a comment, and replaces Go terms: doc links by
// the values of the constants, and "Nil" by "Absent".
func sentence(comment any) string {
	text, _ := comment.(string)
	return strings.NewReplacer("[DefaultNameSuffix]", strconv.Quote(DefaultNameSuffix), "[V1Beta1]", V1Beta1, "[V1Alpha1]", V1Alpha1, "[Kind]", Kind, "[SecretsManager]", SecretsManager, "[SSMParameterStore]", SSMParameterStore, "Nil means", "Absent means").
		Replace(strings.Join(strings.Fields(text), " "))
}

// orNull allows null for a property. A boolean can also be a YAML 1.1 word such
// as yes, which editors parse as a string. A $ref cannot have a second type, so
// it becomes one of two alternatives.
func orNull(property object) {
	switch property["type"] {
	case "boolean":
		property["type"], property["pattern"] = []string{"boolean", "string", "null"}, booleanWords
	case nil:
		if reference := property["$ref"]; reference != nil {
			delete(property, "$ref")
			property["anyOf"] = []object{{"$ref": reference}, {"type": "null"}}
		}
	default:
		property["type"] = []any{property["type"], "null"}
	}
}

const booleanWords = "^([yY]([eE][sS])?|[nN][oO]?|[oO][nN]|[oO][fF][fF]|[tT][rR][uU][eE]|[fF][aA][lL][sS][eE])$"

const nameRunes = "A-Za-z0-9+=,.@_"

func matching(pattern string, longest int) object {
	return object{"pattern": pattern, "maxLength": longest}
}

// orAbsent returns an enumeration of the values. The empty string and null
// count as absent.
func orAbsent(values []string) object {
	all := []any{}
	for _, value := range append(values, "") {
		all = append(all, value)
	}
	return object{"enum": append(all, nil)}
}

func statements(name string) object {
	return object{"type": "array", "items": object{"$ref": "#/$defs/" + name}}
}

// rules has the restrictions on a field besides its type, by struct and field.
var rules = func() map[string]object {
	anyName := matching("^["+nameRunes+"-]*$", maxPolicyName)
	path := matching("^/?$|^/([!-.0-~]+/)+$", maxPath)
	attachments := object{"uniqueItems": true, "items": object{"type": "string", "minLength": 1, "maxLength": maxARN}}
	tags := object{
		"maxProperties":        maxTags,
		"propertyNames":        object{"minLength": 1, "maxLength": maxTagKey},
		"additionalProperties": object{"type": []string{"string", "null"}, "maxLength": maxTagValue},
	}
	longestPattern := maxPath + maxRoleName
	features, err := catalog.SwitchNames()
	if err != nil {
		panic(err)
	}
	rolePattern := object{"type": "string", "minLength": 1, "maxLength": longestPattern, "pattern": "^[" + nameRunes + "*?/-]+$"}
	return map[string]object{
		"Configuration.apiVersion":               {"enum": []string{V1Beta1, V1Alpha1}},
		"Configuration.kind":                     {"enum": []string{Kind}},
		"Spec.namePrefix":                        anyName,
		"Spec.nameSuffix":                        anyName,
		"Spec.stackName":                         matching("^([A-Za-z][A-Za-z0-9-]*)?$", maxStackName),
		"Spec.stackTags":                         tags,
		"Spec.partition":                         orAbsent(arn.Partitions()),
		"Spec.secureSecretBackends":              {"uniqueItems": true, "items": object{"enum": []string{SecretsManager, SSMParameterStore}}},
		"RoleSpec.path":                          path, // also for Spec and BootstrapUser
		"RoleSpec.extraPolicyAttachments":        attachments,
		"RoleSpec.extraStatements":               statements("PolicyStatement"),
		"RoleSpec.trustStatements":               statements("TrustStatement"),
		"RoleSpec.tags":                          tags,
		"Controllers.allowedEC2InstanceProfiles": {"items": rolePattern},
		"Controllers.features":                   {"items": object{"anyOf": []object{{"enum": features}, {"$ref": "#/$defs/Feature"}}}},
		"Feature.name":                           {"enum": features},
		"Feature.keys":                           {"uniqueItems": true, "items": object{"type": "string", "pattern": "^arn:"}},
		"Feature.prefixes":                       {"uniqueItems": true, "items": object{"type": "string", "minLength": 1, "maxLength": longestPattern, "pattern": "^[" + nameRunes + "/-]+$"}},
		"Feature.roles":                          {"uniqueItems": true, "items": rolePattern},
		"Feature.stacks":                         {"uniqueItems": true, "items": object{"type": "string", "maxLength": maxStackName, "pattern": "^[A-Za-z][A-Za-z0-9-]*$"}},
		"BootstrapUser.userName":                 matching("^["+nameRunes+"-]*$", maxUserName),
		"BootstrapUser.groupName":                matching("^["+nameRunes+"-]*$", maxGroupName),
		"BootstrapUser.extraGroups":              {"uniqueItems": true, "maxItems": maxGroups - 1, "items": object{"type": "string", "minLength": 1, "maxLength": maxGroupName, "pattern": "^[" + nameRunes + "-]+$"}},
		"EKS.kmsAliasPrefix":                     matching("^[A-Za-z0-9/_*?-]*$", 250),
		"S3Buckets.namePrefix":                   matching("^([a-z0-9][a-z0-9.-]*)?$", maxBucketName-1),
	}
}()

// ignoredPatterns returns patterns for the keys of a struct that are ignored as
// long as they have no effect (see ignored.go): keys that only other structs or
// ignoredKeys have, and the struct's own keys in a different letter case.
func ignoredPatterns(t reflect.Type) (elsewhere, otherCases string) {
	own := map[string]bool{}
	for _, f := range fields(t) {
		own[f.name] = true
	}
	names := map[string]bool{}
	for _, row := range ignoredKeys {
		if strings.HasPrefix(row.field, "spec.") || own[row.field] {
			names[row.key] = true
		}
	}
	for _, other := range []reflect.Type{reflect.TypeFor[Spec](), reflect.TypeFor[ControlPlane](), reflect.TypeFor[Controllers](), reflect.TypeFor[Nodes](), reflect.TypeFor[BootstrapUser](), reflect.TypeFor[EKS]()} {
		for _, f := range fields(other) {
			names[f.name] = true
		}
	}
	var others, cases []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !own[name] {
			others = append(others, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(own)) {
		cases = append(cases, otherCase(name))
	}
	return "^(" + strings.Join(others, "|") + ")$", "^(" + strings.Join(cases, "|") + ")$"
}

// otherCase returns a pattern for a name in any letter case, as
// strings.EqualFold compares.
func otherCase(name string) string {
	var b strings.Builder
	for _, r := range name {
		class := string(r)
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			class += string(other)
		}
		if len(class) > 1 {
			class = "[" + class + "]"
		}
		b.WriteString(class)
	}
	return b.String()
}

func oneOrMore() object {
	text := object{"type": "string", "minLength": 1}
	return object{"anyOf": []object{text, {"type": "array", "minItems": 1, "items": text}}}
}

func principals() object {
	return object{
		"type": []string{"object", "null"}, "minProperties": 1, "additionalProperties": false,
		"properties": object{"AWS": oneOrMore(), "Service": oneOrMore(), "Federated": oneOrMore()},
	}
}

func conditions() object {
	operators := slices.DeleteFunc(document.Operators(), func(name string) bool { return name == "Null" })
	return object{
		"type":          []string{"object", "null"},
		"propertyNames": object{"pattern": "^((ForAllValues|ForAnyValue):)?((" + strings.Join(operators, "|") + ")(IfExists)?|Null)$"},
		"additionalProperties": object{
			"type": "object", "minProperties": 1, "propertyNames": object{"minLength": 1},
			"additionalProperties": object{
				"type": []string{"string", "boolean", "number", "array"}, "minItems": 1,
				"items": object{"type": []string{"string", "boolean", "number"}},
			},
		},
	}
}

func statementSchema(description string, properties object, required ...string) object {
	properties["Sid"] = object{"description": "A name of letters and digits that is unique in the policy.", "type": []string{"string", "null"}, "pattern": "^[A-Za-z0-9]*$"}
	properties["Effect"] = object{"enum": []string{"Allow", "Deny"}}
	properties["Action"] = oneOrMore()
	properties["Condition"] = conditions()
	return object{
		"description": description, "type": "object", "additionalProperties": false,
		"properties": properties, "required": append([]string{"Effect", "Action"}, required...),
	}
}

func policyStatement() object {
	notAllowed := object{"type": "null", "description": "Belongs in trustStatements: this statement applies to the role or user itself."}
	return statementSchema("A statement of the policy of a role or user, spelled as in IAM's JSON.", object{"Resource": oneOrMore(), "Principal": notAllowed, "NotPrincipal": notAllowed}, "Resource")
}

func trustStatement() object {
	s := statementSchema("A statement of the trust policy of a role, spelled as in IAM's JSON.", object{
		"Principal": principals(), "NotPrincipal": principals(),
		"Resource": object{"type": []string{"array", "null"}, "maxItems": 0, "description": "The resource is the role: leave it out."},
	})
	for _, name := range []string{"Principal", "NotPrincipal"} {
		s["oneOf"] = append(asList(s["oneOf"]), object{"required": []string{name}, "properties": object{name: object{"type": "object"}}})
	}
	return s
}

func asList(value any) []any {
	list, _ := value.([]any)
	return list
}
