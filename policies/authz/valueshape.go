// The format of the values of condition keys.

package authz

import (
	_ "embed"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"

	"capaboot/internal/lazy"
	"capaboot/internal/table"
	"capaboot/policies/arn"
	"capaboot/policies/document"
)

//go:embed valueshapes.tsv
var valueShapesTSV string

// loadShapes maps condition keys, in lower case, to the names of the shapes of
// their values.
var loadShapes = lazy.Value[map[string]string]{Make: func() map[string]string {
	shapes := map[string]string{}
	for _, row := range table.Rows("valueshapes.tsv", valueShapesTSV, 2) {
		shapes[strings.ToLower(row[0])] = row[1]
	}
	return shapes
}}

// ValueShape is the format of a key's values and a description of it.
type ValueShape struct {
	Name string
	// Prefix is the beginning of every value.
	Prefix      string
	expression  func() *regexp.Regexp // compiled on first use
	Description string                // "a VPC ID, such as vpc-0123456789abcdef0"
}

// RegionShape is the name of the shape of the values that are regions.
const RegionShape = "region"

// shapes has the shapes that rows of valueshapes.tsv name.
var shapes = lazy.Value[map[string]ValueShape]{Make: func() map[string]ValueShape {
	byName := map[string]ValueShape{}
	add := func(name, prefix, expression, description string) {
		byName[name] = ValueShape{name, prefix, sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) }), description}
	}
	add("vpc", "vpc-", `^vpc-([0-9a-f]{8}|[0-9a-f]{17})$`, "a VPC ID, such as vpc-0123456789abcdef0")
	add("vpce", "vpce-", `^vpce-([0-9a-f]{8}|[0-9a-f]{17})$`, "a VPC endpoint ID, such as vpce-0123456789abcdef0")
	add("organization", "o-", `^o-[a-z0-9]{10,32}$`, "an organization ID, such as o-a1b2c3d4e5")
	add("path", "o-", `^o-[a-z0-9]{10,32}/(r-[a-z0-9]{4,32}/(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}/)*)?$`, "an organization path, such as o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/")
	add("account", "", `^[0-9]{12}$`, "a 12-digit account ID")
	add(RegionShape, "", `^[a-z]{2,}(-[a-z]+)+-[0-9]{1,2}$`, "a region, such as eu-west-1")
	add("zone", "", `^(?P<region>[a-z]{2,}(-[a-z]+)+-[0-9]{1,2})([a-z]|(-[a-z0-9]+)+)$`, "a zone, such as eu-west-1a")
	add("zone-id", "", `^[a-z]+[0-9]+(-[a-z0-9]+)+$`, "a zone ID, such as euw1-az1")
	add("instance-type", "", `^[a-z0-9-]+\.[a-z0-9-]+$`, "an instance type, such as t3.large")
	add("service", "", `^[a-z0-9-]+(\.[a-z0-9-]+)*`+serviceDomains+`$`, "a service principal, such as ec2.amazonaws.com")
	add("via", "", `^[a-z0-9-]+\.(?P<region>[a-z]{2,4}(-[a-z]+)+-[0-9]+)`+serviceDomains+`$`, "a service with its region, such as ec2.eu-west-1.amazonaws.com")
	add("kms-key", "arn:", `^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/.+$`, "the ARN of a KMS key, such as arn:aws:kms:eu-west-1:111122223333:key/KEY-ID")
	add("arn", "arn:", `^arn:[^:]+:[^:]+:[^:]*:[^:]*:.+$`, "an ARN with six parts")
	return byName
}}

// serviceDomains matches the domains of service principals in all partitions;
// see otherDomains.
const serviceDomains = `\.(amazonaws\.com(\.cn)?|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov|aws\.internal)`

// ShapeOf returns the shape of the values of a condition key, if the key has a
// row in valueshapes.tsv.
func ShapeOf(key string) (ValueShape, bool) {
	name := loadShapes.Get()[strings.ToLower(key)]
	if name == "" {
		return ValueShape{}, false
	}
	shape, ok := shapes.Get()[name]
	return shape, ok
}

// ARNShape returns the shape of the values that are ARNs.
func ARNShape() ValueShape { return shapes.Get()["arn"] }

// Matches reports whether a value without wildcards has the shape.
func (s ValueShape) Matches(value string) bool { return s.expression().MatchString(value) }

// RegionIn returns the region in the value of a condition key: the value
// itself, or the region of a zone, an ARN or a service in a region. It returns
// "" if the value does not contain a region, or if the key has no such values.
func RegionIn(key, value string) string {
	shape, _ := ShapeOf(key)
	if shape.Name == RegionShape {
		return value
	}
	if shape.expression != nil {
		if i := shape.expression().SubexpIndex("region"); i >= 0 && shape.Matches(value) {
			return shape.expression().FindStringSubmatch(value)[i]
		}
	}
	known, _ := Key(key)
	if a, isARN := arn.Parse(value); isARN && known.Type == ARN {
		return a.Region
	}
	return ""
}

// RegionProblem says what is wrong with a region ("is not a known region"), or returns
// "". A region that may be new is not wrong.
func RegionProblem(region string) string {
	fault := arn.CheckRegion(region)
	if _, mayBeNew := arn.MayBeNewRegion(region); fault == nil || mayBeNew {
		return ""
	}
	return fault.String()
}

// ValueProblem says why no request has the value for a condition key ("is not a
// 12-digit account ID"), or returns "". It knows the shapes of valueshapes.tsv,
// the regions, and the types of keys. A region that may be new is not a problem. A
// key of a service that has the type ARN counts as a text, because some services put
// IDs and names into these keys; only the region of an ARN is checked.
func ValueProblem(key, value string) string {
	shape, ok := ShapeOf(key)
	switch {
	case ok && shape.Name == RegionShape:
		return RegionProblem(value)
	case ok && shape.Name == "service":
		if meant := MeantService(value); meant != "" {
			return fmt.Sprintf("is not a service principal, did you mean %q?", meant)
		}
	}
	if ok && !shape.Matches(value) {
		return "is not " + shape.Description
	}
	if region := RegionIn(key, value); region != "" {
		if problem := RegionProblem(region); problem != "" {
			return fmt.Sprintf("has the region %q, which %s", region, problem)
		}
	}
	if ok {
		return ""
	}
	var types []KeyType
	if g, isGlobal := Global(key); isGlobal {
		types = append(types, g.Type)
		if g.OtherType != 0 {
			types = append(types, g.OtherType)
		}
	} else if k, known := Key(key); known && k.Type != ARN {
		types = append(types, k.Type)
	}
	if len(types) == 0 || slices.ContainsFunc(types, func(t KeyType) bool { return t.hasValue(value) }) {
		return ""
	}
	wanted := make([]string, len(types))
	for i, t := range types {
		wanted[i] = t.description()
	}
	return "is not " + strings.Join(wanted, " or ")
}

// hasValue reports whether a text is a value of the type in a request.
func (t KeyType) hasValue(value string) bool {
	ok := true
	switch t {
	case ARN:
		ok = ARNShape().Matches(value)
	case Bool:
		ok = document.IsBoolean(value)
	case Numeric:
		_, ok = document.ParseNumber(value)
	case Date:
		_, ok = document.ParseDate(value)
	case IPAddress:
		_, err := netip.ParseAddr(strings.TrimSpace(value))
		ok = err == nil
	case Binary:
		ok = document.IsBinary(value)
	}
	return ok
}

// description describes the values of a type, such as "an ARN with six parts".
func (t KeyType) description() string {
	switch t {
	case ARN:
		return ARNShape().Description
	case Bool:
		return "true or false"
	case Numeric:
		return "a number"
	case Date:
		return "a date such as 2026-01-31T12:00:00Z"
	case IPAddress:
		return "an IP address, such as 203.0.113.7"
	case Binary:
		return "base64"
	}
	return "a text"
}
