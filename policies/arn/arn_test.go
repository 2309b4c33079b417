// Tests of parsing ARNs and ARN patterns.

package arn

import "testing"

func TestParse(t *testing.T) {
	for _, test := range []struct {
		text string
		want ARN
		ok   bool
	}{
		{"arn:aws:iam::123456789012:role/a/b", ARN{"arn", "aws", "iam", "", "123456789012", "role/a/b", 6}, true},
		{"arn:aws:logs:eu-west-1:123456789012:log-group:a:*", ARN{"arn", "aws", "logs", "eu-west-1", "123456789012", "log-group:a:*", 6}, true},
		{"arn:::::", ARN{Prefix: "arn", Parts: 6}, true},
		{"*:aws:s3:::b", ARN{"*", "aws", "s3", "", "", "b", 6}, false},
		{"arn:aws:ec2:*", ARN{Prefix: "arn", Partition: "aws", Service: "ec2", Region: "*", Parts: 4}, false},
		{"arn", ARN{Prefix: "arn", Parts: 1}, false},
		{"", ARN{Parts: 1}, false},
		// Parse does not recognize variables: every colon separates parts.
		{"arn:${AWS::Partition}:s3:::b", ARN{"arn", "${AWS", "", "Partition}", "s3", "::b", 6}, true},
	} {
		got, ok := Parse(test.text)
		if got != test.want || ok != test.ok {
			t.Errorf("Parse(%q) = %+v, %t; want %+v, %t", test.text, got, ok, test.want, test.ok)
		}
		if ok && got.String() != test.text {
			t.Errorf("%q is written %q", test.text, got)
		}
	}
}

func TestParsePattern(t *testing.T) {
	for _, test := range []struct {
		text string
		want ARN
	}{
		{"arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*", ARN{"arn", "${AWS::Partition}", "iam", "", "${AWS::AccountId}", "role/*", 6}},
		{"arn:aws:s3:::b/${aws:username}", ARN{"arn", "aws", "s3", "", "", "b/${aws:username}", 6}},
		{"${Fn::Sub:{a:b}}:c", ARN{Prefix: "${Fn::Sub:{a:b}}", Partition: "c", Parts: 2}},
		{"arn:aws:{a:b}", ARN{Prefix: "arn", Partition: "aws", Service: "{a", Region: "b}", Parts: 4}},
		{"arn:a}:b", ARN{Prefix: "arn", Partition: "a}", Service: "b", Parts: 3}},
		{"arn:${a:b:c", ARN{Prefix: "arn", Partition: "${a:b:c", Parts: 2}},
		{"arn:*", ARN{Prefix: "arn", Partition: "*", Parts: 2}},
		{"*", ARN{Prefix: "*", Parts: 1}},
	} {
		got := ParsePattern(test.text)
		if got != test.want {
			t.Errorf("ParsePattern(%q) = %+v, want %+v", test.text, got, test.want)
		}
		if last := got.Fields()[got.Parts-1]; last == "" {
			t.Errorf("%q ends in an empty part", test.text)
		}
	}
}

func TestKindAndName(t *testing.T) {
	for resource, want := range map[string][2]string{
		"role/a": {"role", "a"}, "role/p/q/a": {"role", "a"}, "root": {"", "root"}, "role/": {"role", ""}, "": {}, "log-group:a": {"", "log-group:a"},
	} {
		a := ARN{Resource: resource}
		if got := [2]string{a.Kind(), a.Name()}; got != want {
			t.Errorf("%q is of kind %q and name %q, want %q", resource, got[0], got[1], want)
		}
	}
}

func TestIsAccount(t *testing.T) {
	for text, want := range map[string]bool{"123456789012": true, "12345678901": false, "1234567890123": false, "12345678901a": false, "": false, "aws": false} {
		if got := IsAccount(text); got != want {
			t.Errorf("IsAccount(%q) is %t", text, got)
		}
	}
}
