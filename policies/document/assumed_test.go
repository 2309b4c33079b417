// Tests of the notes about assumed parameters.

package document

import (
	"strings"
	"testing"
)

func TestAssumedNotes(t *testing.T) {
	t.Parallel()
	assumed := func(files ...string) (all []AssumedParameter) {
		for _, file := range files {
			all = append(all, AssumedParameter{Name: "P", Default: "x", File: file})
		}
		return all
	}
	const text = ": capaboot assumes the default value \"x\""
	for _, test := range []struct {
		assumed []AssumedParameter
		want    string
	}{
		{nil, ""},
		{assumed(""), "parameter P" + text},
		{assumed("a"), "parameter P of a" + text},
		{assumed("b", "a", "a"), "parameter P of a and b" + text},
		{assumed("a", "b", "c", "d", "e"), "parameter P of a, b, c and 2 more" + text},
		{append(assumed("a"), AssumedParameter{Name: "P", Default: "y", File: "b"}), "parameter P of a" + text + "|parameter P of b: capaboot assumes the default value \"y\""},
	} {
		if got := strings.Join(AssumedNotes(test.assumed), "|"); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

func TestConditionsThatDependOnParameters(t *testing.T) {
	t.Parallel()
	set, err := ReadSet("t.yaml", []byte("Parameters: {P: {Type: String, Default: x}, Q: {Type: String}}\nMappings: {M: {x: {y: z}}}\nConditions: {A: !Equals [!Ref P, x], B: !Not [!Condition A], C: !Equals [!Ref Q, x], D: !Equals [!FindInMap [M, !Ref P, y], z]}\nResources: {T: {Type: AWS::SNS::Topic}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for condition, want := range map[string]bool{"A": true, "!A": true, "B": true, "!B of b.yaml": true, "C": false, "D": true, "P=x": true, "Q=x": false, "${Equals:${Ref:P}|x}": true, "X": false} {
		if got := set.DependsOn(condition, "P"); got != want {
			t.Errorf("%s: %t", condition, got)
		}
	}
}
