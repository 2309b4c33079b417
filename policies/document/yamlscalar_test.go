// Tests of plain scalars, which CloudFormation reads as YAML 1.1.

package document

import (
	"fmt"
	"strings"
	"testing"
)

func TestPlainScalarsOfYAML11(t *testing.T) {
	t.Parallel()
	names := map[nodeKind]string{textNode: "text", numberNode: "number", boolNode: "bool"}
	for text, want := range map[string]string{
		"yes": "bool true", "Off": "bool false", "NO": "bool false", "true": "bool true",
		"y": "text y", "n": "text n", "yEs": "text yEs", `"no"`: "text no", "'on'": "text on", "!!str no": "text no",
		"010": "number 8", "0755": "number 493", "098765432109": "number 9.8765432109E10", "0899": "number 899.0", "012345670123": "number 1402433619", "0o17": "text 0o17", "1_000": "number 1000", "0x10": "number 16",
		"123456789012": "number 123456789012", "-5": "number -5", "+5": "number 5", "0": "number 0", "1.50": "number 1.5", "1e3": "number 1000.0", "1.0": "number 1.0",
		".5": "number 0.5", "-1_0.25": "number -10.25", "12345678.5": "number 1.23456785E7", "1e-4": "number 1.0E-4", "190:20:30": "number 685230", "12:30": "number 750", "12:75": "text 12:75", "1:30.5": "number 90.5",
		"10.0.0.1": "text 10.0.0.1", "10.0.0.0/8": "text 10.0.0.0/8", "1.": "number 1.0", "1__": "number 1", "0b11": "number 3", "0_": "number 0",
		"99999999999999999999999": "number 99999999999999999999999", "2012-10-17": "text 2012-10-17",
	} {
		n, err := readYAML("t.yaml", []byte("a: "+text+"\n"))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		value := n.get("a")
		if got := fmt.Sprintf("%s %s", names[value.kind], value.value); got != want {
			t.Errorf("%s: read as %s, want %s", text, got, want)
		}
	}
}

func TestNoEchoInAllForms(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"true", "yes", `"yes"`, "on", "True", "1"} {
		set, err := ReadSet("t.yaml", []byte("Parameters: {P: {Type: String, Default: hidden, NoEcho: "+value+"}}\nResources: {X: {Type: AWS::SNS::Topic}}\n"))
		if err != nil {
			t.Fatal(err)
		}
		if len(set.SecretParameters) != 1 {
			t.Errorf("NoEcho %s: the parameter is not secret", value)
		}
	}
}

// If a given value is yes and the template allows yes without quotes, the error explains
// that CloudFormation reads it as true.
func TestGivenYes(t *testing.T) {
	t.Parallel()
	const template = "Parameters: {P: {Type: String, AllowedValues: [yes, no]}}\nResources: {}\n"
	for value, want := range map[string]string{
		"yes":   `the value "yes" is not one of its AllowedValues (true, false); CloudFormation reads yes without quotes as true`,
		"maybe": `the value "maybe" is not one of its AllowedValues (true, false)`,
		"true":  "",
	} {
		_, err := ReadSetWith("t.yaml", []byte(template), Options{Parameters: map[string]string{"P": value}})
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasSuffix(err.Error(), want)) {
			t.Errorf("%s: %v, want %s", value, err, want)
		}
	}
}
