// Plain scalars of YAML 1.1, the version that CloudFormation reads. The YAML package
// follows YAML 1.2, in which yes, no, on and off are strings, 0755 is not octal, and
// 12:30:00 is not a number.
//
// Sources: CloudFormation User Guide, "CloudFormation template format"; yaml.org,
// "Boolean Language-Independent Type for YAML Version 1.1", and the pages of the same
// name for integers and floating-point numbers; https://github.com/aws/aws-cli/pull/5257.
// CloudFormation reads y and n as strings, and writes floating-point numbers as Java
// does: 012345678901 becomes 1.2345678901E10, because 8 and 9 are not octal digits
// (https://www.skyarch.net/blog/?p=20495).

package document

import (
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"capaboot/internal/lazy"
)

// plainScalar sets the kind and the value of a node for a scalar without quotes and
// without a tag, if the scalar is a number, or a boolean only in YAML 1.1. A number only
// in YAML 1.2 becomes a text. plainScalar returns false for every other scalar.
func (n *node) plainScalar(y *yaml.Node) bool {
	if y.Style != 0 || y.Value == "" {
		return false
	}
	if value, ok := yaml11Bool(y.Value); ok {
		n.kind, n.value = boolNode, value
		return true
	}
	if !strings.ContainsRune("+-.0123456789", rune(y.Value[0])) {
		return false
	}
	if value, ok := yaml11Number(y.Value); ok {
		n.kind, n.value = numberNode, value
		return true
	}
	if tag := y.ShortTag(); tag == "!!int" || tag == "!!float" && !strings.Contains(y.Value, ".") { // such as 0o17, which is octal only in YAML 1.2
		n.kind = textNode
		return true
	}
	return false
}

var (
	integer11 = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
		return regexp.MustCompile(`^[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*(:[0-5]?[0-9])*)$`)
	}}
	float11 = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
		return regexp.MustCompile(`^[-+]?([0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|\.[0-9][0-9_]*([eE][-+]?[0-9]+)?|[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*)$`)
	}}
)

// maxNumberLength limits the characters of a number. A longer one is a text.
const maxNumberLength = 400

// yaml11Number returns a number as CloudFormation writes it into a text.
func yaml11Number(text string) (value string, ok bool) {
	if len(text) > maxNumberLength {
		return "", false
	}
	plain := strings.ReplaceAll(text, "_", "")
	sign := ""
	if strings.HasPrefix(plain, "-") || strings.HasPrefix(plain, "+") {
		sign, plain = strings.TrimPrefix(plain[:1], "+"), plain[1:]
	}
	if integer11.Get().MatchString(text) {
		base := 10
		switch {
		case strings.HasPrefix(plain, "0x"):
			plain, base = plain[2:], 16
		case strings.HasPrefix(plain, "0b"):
			plain, base = plain[2:], 2
		case len(plain) > 1 && plain[0] == '0':
			base = 8
		}
		total := new(big.Int)
		for part := range strings.SplitSeq(plain, ":") { // base 60, as in 12:30:00
			digits, isNumber := new(big.Int).SetString(part, base)
			if !isNumber {
				return "", false
			}
			total.Add(total.Mul(total, big.NewInt(60)), digits)
		}
		return sign + total.String(), true
	}
	if !float11.Get().MatchString(text) {
		return "", false
	}
	total := 0.0
	for part := range strings.SplitSeq(plain, ":") {
		number, err := strconv.ParseFloat(part, 64)
		if err != nil {
			return "", false
		}
		total = total*60 + number
	}
	return sign + javaFloat(total), true
}

// javaFloat writes a number that is not negative as Double.toString does in Java.
func javaFloat(number float64) string {
	if number != 0 && (number < 1e-3 || number >= 1e7) {
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(number, 'e', -1, 64), "e")
		if !strings.Contains(mantissa, ".") {
			mantissa += ".0"
		}
		power, _ := strconv.Atoi(exponent) // cannot fail: FormatFloat writes a number
		return mantissa + "E" + strconv.Itoa(power)
	}
	text := strconv.FormatFloat(number, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
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
