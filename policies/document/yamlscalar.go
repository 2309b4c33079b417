// Plain scalars of YAML 1.1, the version that CloudFormation reads. The YAML package
// follows YAML 1.2, in which yes, no, on and off are strings, and 0755 is not octal.
//
// Sources: CloudFormation User Guide, "CloudFormation template format"; yaml.org,
// "Boolean Language-Independent Type for YAML Version 1.1" and "Integer
// Language-Independent Type for YAML Version 1.1"; https://github.com/aws/aws-cli/pull/5257.
// CloudFormation reads y and n as strings.

package document

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// plainScalar sets the kind and the value of a node for a scalar without quotes
// and without a tag, as YAML 1.1 reads it, if it is yes, no, on, off or, in
// YAML 1.2, a number. It returns false for every other scalar.
func (n *node) plainScalar(y *yaml.Node) bool {
	if y.Style != 0 {
		return false
	}
	if value, ok := yaml11Bool(y.Value); ok {
		n.kind, n.value = boolNode, value
		return true
	}
	if tag := y.ShortTag(); tag != "!!int" && tag != "!!float" {
		return false
	}
	n.kind, n.value = numberNode, y.Value
	sign, digits := "", y.Value
	if strings.HasPrefix(digits, "-") || strings.HasPrefix(digits, "+") {
		sign, digits = strings.TrimPrefix(digits[:1], "+"), digits[1:]
	}
	plain := strings.ReplaceAll(digits, "_", "")
	base := 10
	switch {
	case strings.Contains(digits, "."): // a float, infinite or not a number
		return true
	case strings.HasPrefix(plain, "0x"):
		plain, base = plain[2:], 16
	case strings.HasPrefix(plain, "0b"):
		plain, base = plain[2:], 2
	case len(plain) > 1 && plain[0] == '0':
		base = 8
	}
	switch number, err := strconv.ParseUint(plain, base, 64); {
	case err == nil:
		n.value = sign + strconv.FormatUint(number, 10)
	case strings.Trim(plain, "0123456789") != "" || base == 8: // 1e3, 0o17, 0899
		n.kind = textNode
	}
	return true
}

// yaml11Bool returns the value of a boolean that only YAML 1.1 has: "true" for yes and
// on, "false" for no and off.
func yaml11Bool(text string) (value string, ok bool) {
	switch text {
	case "yes", "Yes", "YES", "on", "On", "ON":
		return "true", true
	case "no", "No", "NO", "off", "Off", "OFF":
		return "false", true
	}
	return "", false
}
