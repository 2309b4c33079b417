// Tests which parameters cannot be "*".

package document

import (
	"fmt"
	"testing"
)

func TestPrincipalsThatMayBeAnyone(t *testing.T) {
	t.Parallel()
	for limits, want := range map[string]bool{
		"Type: String": true,
		`Type: String, AllowedPattern: "[0-9]{12}"`:                           false,
		`Type: String, AllowedPattern: "^arn:aws:iam::[0-9]{12}:role/.+$"`:    false,
		`Type: String, AllowedPattern: "[0-9]*"`:                              false,
		`Type: String, AllowedPattern: ".*"`:                                  true,
		`Type: String, AllowedPattern: "[0-9]{12}|[*]"`:                       true,
		`Type: String, AllowedPattern: "[0-9]{12}|\\*"`:                       true,
		`Type: String, AllowedPattern: "[a-z[*]]"`:                            true,
		`Type: String, AllowedPattern: "[*&&[*]]"`:                            true,
		`Type: String, AllowedPattern: "\\Q[\\E|[*]"`:                         true,
		`Type: String, AllowedPattern: "(?=x)y"`:                              true,
		`Type: String, MinLength: 12`:                                         false,
		`Type: String, MinLength: 1`:                                          true,
		`Type: String, MaxLength: 12`:                                         true,
		`Type: Number`:                                                        false,
		`Type: CommaDelimitedList, AllowedPattern: "[0-9]{12}"`:               true,
		`Type: "AWS::SSM::Parameter::Value<String>", AllowedPattern: "/[a]+"`: true,
	} {
		set, err := ReadSet("t", fmt.Appendf(nil, "Parameters: {P: {%s}}\nResources: {T: {Type: 'AWS::SNS::Topic'}}", limits))
		if err != nil {
			t.Fatal(limits, err)
		}
		if got := set.MayBeAnyone("${Ref:P}"); got != want {
			t.Errorf("%s: %v, want %v", limits, got, want)
		}
		for id, want := range map[string]bool{"${Ref:P}x": false, "${ImportValue:P}": true, "${Ref:T}": false, "*": true} {
			if got := set.MayBeAnyone(id); got != want {
				t.Errorf("%s: %s: %v, want %v", limits, id, got, want)
			}
		}
	}
}

// If two templates define the parameter, both must exclude "*".
func TestMayBeAnyoneInTwoTemplates(t *testing.T) {
	t.Parallel()
	read := func(limits string) *Set {
		set, err := ReadSet("t", fmt.Appendf(nil, "Parameters: {P: {Type: String%s}}\nResources: {T: {Type: 'AWS::SNS::Topic'}}", limits))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	free, limited := read(""), read(", MinLength: 12")
	if !Merge(free, limited).MayBeAnyone("${Ref:P}") || !Merge(limited, free).MayBeAnyone("${Ref:P}") || Merge(limited, limited).MayBeAnyone("${Ref:P}") {
		t.Error("the limits of one template apply to the other")
	}
}
