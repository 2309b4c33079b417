// Tests that equivalent policies do not differ, and that policies that only
// look equivalent do.

package diff

import (
	"fmt"
	"testing"

	"capaboot/policies/document"
)

func readPolicy(t *testing.T, statements string) *document.Set {
	t.Helper()
	set, err := document.ReadSet("policy.json", []byte(`{"Version":"2012-10-17","Statement":[`+statements+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestEquivalentPolicies(t *testing.T) {
	on := func(action, resource string) string {
		return fmt.Sprintf(`{"Effect":"Allow","Action":[%q],"Resource":%q}`, action, resource)
	}
	allowIf := func(conditions string) string {
		return `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{` + conditions + `}}`
	}
	deny := func(conditions string) string {
		return `{"Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{` + conditions + `}}`
	}
	for name, test := range map[string]struct {
		a, b string
		same bool
	}{
		"every queue":                                    {on("sqs:SendMessage", "*"), on("sqs:SendMessage", "arn:*:sqs:*:*:*"), true},
		"every queue of the stack":                       {on("sqs:SendMessage", "*"), on("sqs:SendMessage", "arn:${AWS::Partition}:sqs:*:*:*"), false}, // a bare document has no pseudo parameters
		"every object, without access points":            {on("s3:GetObject", "*"), on("s3:GetObject", "arn:*:s3:::*/*"), false},                        // the action also supports access points
		"a pattern that is not a resource of the action": {on("s3:GetObject", "*"), on("s3:GetObject", "arn:*:s3*"), false},
		"every table and index":                          {on("dynamodb:Scan", "*"), on("dynamodb:Scan", "arn:*:dynamodb:*:*:table/*"), true},
		"AWS's own parameters":                           {on("ssm:GetParameter", "*"), on("ssm:GetParameter", "arn:*:ssm:*:*:parameter/*"), true},
		"parameters of accounts, without those of AWS":   {on("ssm:GetParameter", "*"), on("ssm:GetParameter", "arn:*:ssm:*:????????????:parameter/*"), false},
		"queues of an account":                           {on("sqs:SendMessage", "*"), on("sqs:SendMessage", "arn:*:sqs:*:111111111111:*"), false},
		"queues of a region":                             {on("sqs:SendMessage", "*"), on("sqs:SendMessage", "arn:*:sqs:eu-west-1:*:*"), false},
		"queues of a partition":                          {on("sqs:SendMessage", "*"), on("sqs:SendMessage", "arn:aws-cn:sqs:*:*:*"), false},
		"every queue of a partition, both ways":          {on("sqs:SendMessage", "arn:aws:*"), on("sqs:SendMessage", "arn:aws:sqs:*:*:*"), true},
		"some queues":                                    {on("sqs:SendMessage", "*"), on("sqs:SendMessage", "arn:*:sqs:*:*:q*"), false},
		"an action that supports no resources":           {on("sqs:ListQueues", "*"), on("sqs:ListQueues", "arn:*:sqs:*:*:*"), false},
		"a wildcard that includes such an action":        {on("sqs:*", "*"), on("sqs:*", "arn:*:sqs:*:*:*"), false},
		"a wildcard without such an action":              {on("sqs:Send*", "*"), on("sqs:Send*", "arn:*:sqs:*:*:*"), true},
		"one type of several":                            {on("ec2:RunInstances", "*"), on("ec2:RunInstances", "arn:*:ec2:*:*:instance/*"), false},
		"ArnLike and ArnEquals":                          {allowIf(`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::1:role/x*"}`), allowIf(`"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::1:role/x*"}`), true},
		"ArnNotLike and ArnNotEquals":                    {deny(`"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::1:role/x*"}`), deny(`"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::1:role/x*"}`), true},
		"StringLike without a wildcard":                  {allowIf(`"StringLike":{"aws:username":"x"}`), allowIf(`"StringEquals":{"aws:username":"x"}`), true},
		"StringNotLike without a wildcard":               {deny(`"StringNotLike":{"aws:username":["x","y"]}`), deny(`"StringNotEquals":{"aws:username":["y","x"]}`), true},
		"StringLike with a wildcard":                     {allowIf(`"StringLike":{"aws:username":"x*"}`), allowIf(`"StringEquals":{"aws:username":"x*"}`), false},
		"StringLike with a variable":                     {allowIf(`"StringLike":{"s3:prefix":"${aws:username}"}`), allowIf(`"StringEquals":{"s3:prefix":"${aws:username}"}`), false},
		"an address and its block":                       {allowIf(`"IpAddress":{"aws:SourceIp":"198.51.100.4"}`), allowIf(`"IpAddress":{"aws:SourceIp":"198.51.100.4/32"}`), true},
		"an address in a block":                          {allowIf(`"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}`), allowIf(`"IpAddress":{"aws:SourceIp":["198.51.100.7/24","198.51.100.9"]}`), true},
		"a block and its half":                           {allowIf(`"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}`), allowIf(`"IpAddress":{"aws:SourceIp":"198.51.100.0/25"}`), false},
		"a block of IPv4 and one of IPv6":                {allowIf(`"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}`), allowIf(`"IpAddress":{"aws:SourceIp":["::/0","0.0.0.0/0"]}`), false},
		"an excluded address in an excluded block":       {deny(`"NotIpAddress":{"aws:SourceIp":"198.51.100.0/24"}`), deny(`"NotIpAddress":{"aws:SourceIp":["198.51.100.0/24","198.51.100.9"]}`), true},
		"an excluded block and its half":                 {deny(`"NotIpAddress":{"aws:SourceIp":"198.51.100.0/24"}`), deny(`"NotIpAddress":{"aws:SourceIp":"198.51.100.0/25"}`), false},
		"a time in two time zones":                       {allowIf(`"DateLessThan":{"aws:CurrentTime":"2027-01-01T00:00:00Z"}`), allowIf(`"DateLessThan":{"aws:CurrentTime":"2027-01-01T01:00:00+01:00"}`), true},
		"a date and its seconds since 1970":              {allowIf(`"DateGreaterThan":{"aws:CurrentTime":"2027-01-01"}`), allowIf(`"DateGreaterThan":{"aws:CurrentTime":1798761600}`), true},
		"a date and the next day":                        {allowIf(`"DateLessThan":{"aws:CurrentTime":"2027-01-01"}`), allowIf(`"DateLessThan":{"aws:CurrentTime":"2027-01-02"}`), false},
		"an earlier date beside a later one":             {allowIf(`"DateLessThan":{"aws:CurrentTime":"2027-01-02"}`), allowIf(`"DateLessThan":{"aws:CurrentTime":["2027-01-02","2027-01-01"]}`), true},
		"a number with a decimal point":                  {allowIf(`"NumericEquals":{"aws:MultiFactorAuthAge":5}`), allowIf(`"NumericEquals":{"aws:MultiFactorAuthAge":"5.0"}`), true},
		"a smaller limit beside a larger one":            {allowIf(`"NumericLessThan":{"aws:MultiFactorAuthAge":"10"}`), allowIf(`"NumericLessThan":{"aws:MultiFactorAuthAge":["10","9"]}`), true},
		"a larger limit beside a smaller one":            {allowIf(`"NumericGreaterThanEquals":{"aws:MultiFactorAuthAge":"9"}`), allowIf(`"NumericGreaterThanEquals":{"aws:MultiFactorAuthAge":["10","9"]}`), true},
		"numbers with more digits than a float64":        {allowIf(`"NumericEquals":{"k":"9007199254740993"}`), allowIf(`"NumericEquals":{"k":"9007199254740992"}`), false},
		"a text that is not a number":                    {allowIf(`"NumericLessThan":{"k":"x"}`), allowIf(`"NumericLessThan":{"k":["x","9"]}`), false},
		"a text with the digits of a number":             {allowIf(`"StringEquals":{"k":"5"}`), allowIf(`"StringEquals":{"k":"5.0"}`), false},
		"StringLike with * requires the key":             {allowIf(`"StringLike":{"aws:username":"*"}`), allowIf(`"Null":{"aws:username":"false"}`), true},
		"a key that another condition requires":          {allowIf(`"StringEquals":{"aws:username":"x"}`), allowIf(`"StringEquals":{"aws:username":"x"},"Null":{"aws:username":"false"}`), true},
		"ForAnyValue requires its key":                   {allowIf(`"ForAnyValue:StringEquals":{"aws:TagKeys":"x"}`), allowIf(`"ForAnyValue:StringEquals":{"aws:TagKeys":"x"},"Null":{"aws:TagKeys":"false"}`), true},
		"ForAllValues does not require its key":          {allowIf(`"ForAllValues:StringEquals":{"aws:TagKeys":"x"}`), allowIf(`"ForAllValues:StringEquals":{"aws:TagKeys":"x"},"Null":{"aws:TagKeys":"false"}`), false},
		"IfExists with a required key":                   {allowIf(`"StringEquals":{"aws:username":"x"}`), allowIf(`"StringEqualsIfExists":{"aws:username":"x"},"Null":{"aws:username":"false"}`), true},
		"IfExists with another required key":             {allowIf(`"StringEquals":{"aws:username":"x"}`), allowIf(`"StringEqualsIfExists":{"aws:username":"x"},"Null":{"aws:userid":"false"}`), false},
		"IfExists of a negated operator":                 {deny(`"StringNotEquals":{"aws:username":"x"}`), deny(`"StringNotEqualsIfExists":{"aws:username":"x"}`), true},
		"IfExists of an operator that is not negated":    {deny(`"StringEquals":{"aws:username":"x"}`), deny(`"StringEqualsIfExists":{"aws:username":"x"}`), false},
		"IfExists of ForAllValues":                       {allowIf(`"ForAllValues:StringEquals":{"aws:TagKeys":"x"}`), allowIf(`"ForAllValues:StringEqualsIfExists":{"aws:TagKeys":"x"}`), true},
		"IfExists of ForAnyValue":                        {allowIf(`"ForAnyValue:StringEquals":{"aws:TagKeys":"x"}`), allowIf(`"ForAnyValue:StringEqualsIfExists":{"aws:TagKeys":"x"}`), false},
		"an excluded text in an excluded pattern":        {deny(`"StringNotLike":{"aws:username":"a*"}`), deny(`"StringNotLike":{"aws:username":["a*","ab"]}`), true},
		"values split over statements": {allowIf(`"StringEquals":{"aws:RequestedRegion":["a","b"]}`),
			allowIf(`"StringEquals":{"aws:RequestedRegion":"a"}`) + "," + allowIf(`"StringEquals":{"aws:RequestedRegion":"b"}`), true},
		"values of two keys split over statements": {allowIf(`"StringEquals":{"aws:RequestedRegion":["a","b"],"aws:username":["x","y"]}`),
			allowIf(`"StringEquals":{"aws:RequestedRegion":"a","aws:username":["x","y"]}`) + "," + allowIf(`"StringEquals":{"aws:RequestedRegion":["b"],"aws:username":"x"}`) + "," + allowIf(`"StringLike":{"aws:RequestedRegion":["b"],"aws:username":"y"}`), true},
		"a split with a missing value": {allowIf(`"StringEquals":{"aws:RequestedRegion":["a","b"],"aws:username":["x","y"]}`),
			allowIf(`"StringEquals":{"aws:RequestedRegion":"a","aws:username":["x","y"]}`) + "," + allowIf(`"StringEquals":{"aws:RequestedRegion":["b"],"aws:username":"x"}`), false},
		"values and patterns split over statements": {allowIf(`"StringLike":{"aws:username":["a*","b"]}`),
			allowIf(`"StringLike":{"aws:username":"a*"}`) + "," + allowIf(`"StringEquals":{"aws:username":"b"}`), true},
		"ForAnyValue split over statements": {allowIf(`"ForAnyValue:StringEquals":{"aws:TagKeys":["a","b"]}`),
			allowIf(`"ForAnyValue:StringEquals":{"aws:TagKeys":"a"}`) + "," + allowIf(`"ForAnyValue:StringEquals":{"aws:TagKeys":"b"}`), true},
		"ForAllValues split over statements": {allowIf(`"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}`),
			allowIf(`"ForAllValues:StringEquals":{"aws:TagKeys":"a"}`) + "," + allowIf(`"ForAllValues:StringEquals":{"aws:TagKeys":"b"}`), false},
		"a negated operator split over statements": {allowIf(`"StringNotEquals":{"aws:username":["a","b"]}`),
			allowIf(`"StringNotEquals":{"aws:username":"a"}`) + "," + allowIf(`"StringNotEquals":{"aws:username":"b"}`), false},
		"denied values split over statements": {deny(`"StringEquals":{"aws:username":["a","b"]}`), deny(`"StringEquals":{"aws:username":"a"}`) + "," + deny(`"StringEquals":{"aws:username":"b"}`), true},
		"a split with a denied value": {allowIf(`"StringEquals":{"aws:username":["a","b"]}`),
			allowIf(`"StringEquals":{"aws:username":"a"}`) + "," + allowIf(`"StringEquals":{"aws:username":"b"}`) + "," + deny(`"StringEquals":{"aws:username":"b"}`), false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, pair := range [][2]string{{test.a, test.b}, {test.b, test.a}} {
				if got := Compare(readPolicy(t, pair[0]), readPolicy(t, pair[1])).Empty(); got != test.same {
					t.Errorf("equal: %v, want %v\n%s\n%s", got, test.same, pair[0], pair[1])
				}
			}
		})
	}
}
