// The evaluator against the one of reference_test.go, on random requests.

package simulate

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"capaboot/policies/document"
)

// requests is how many there are; those that both allow, deny and leave open must
// be a good part of them, or the generator is no good.
const requests = 5000

type generator struct{ *rand.Rand }

func (g generator) one(all ...string) string { return all[g.IntN(len(all))] }

// some returns one to three, mostly one.
func (g generator) some(all ...string) []string {
	found := []string{g.one(all...)}
	for g.IntN(3) == 0 && len(found) < 3 {
		found = append(found, g.one(all...))
	}
	return found
}

const (
	accountA, accountB = "111122223333", "444455556666"
)

var generatedActions = []string{"s3:GetObject", "s3:PutObject", "sqs:SendMessage", "kms:Decrypt", "sts:AssumeRole", "iam:PassRole"}

// generatedKeys are the keys, with values that requests have, and those that
// policies compare with them; kind says which operators fit.
var generatedKeys = []struct {
	key, kind       string
	given, compared []string
}{
	{"aws:RequestedRegion", "String", []string{"eu-west-1", "EU-WEST-1", "us-east-1", ""}, []string{"eu-west-1", "eu-*", "us-east-?", "${aws:username}", "*", "${aws:PrincipalTag/r, 'us-east-1'}", "EU-WEST-1", "${*}"}},
	{"aws:TagKeys", "String", []string{"a", "b", "c", ""}, []string{"a", "b", "a*", "?", "${aws:username}"}},
	{"aws:username", "String", []string{"ann", "a", "x*", "eu-west-1"}, []string{"ann", "a*", "?", "${aws:RequestedRegion}"}},
	{"s3:max-keys", "Numeric", []string{"10", "5", "7.5", "many"}, []string{"10", "5", "7.50", "-1", "many", "${aws:username}"}},
	{"aws:CurrentTime", "Date", []string{"2026-01-01T00:00:00Z", "2026-06-01T12:00:00+02:00", "1767225600", "soon"}, []string{"2026-01-01T00:00:00Z", "2026-06-01", "1780308000", "soon", "${aws:username}"}},
	{"aws:SecureTransport", "Bool", []string{"true", "false", "yes"}, []string{"true", "false", "True", "yes", "${aws:username}"}},
	{"aws:SourceIp", "Ip", []string{"192.0.2.1", "198.51.100.7", "2001:db8::1", "here"}, []string{"192.0.2.0/24", "192.0.2.1", "0.0.0.0/0", "2001:db8::/32", "nowhere", "${aws:username}"}},
	{"aws:SourceArn", "Arn", []string{"arn:aws:sns:eu-west-1:" + accountA + ":t", "arn:aws:s3:::b", "t"}, []string{"arn:aws:sns:*:*:*", "arn:aws:s3:::b", "arn:aws:s?s:*", "*", "arn:aws:sns:eu-west-1:" + accountA + ":${aws:username}", "arn:aws:s3:::${aws:username}"}},
	{"kms:EncryptionContext:x", "Binary", []string{"QQ==", "QUE=", "?"}, []string{"QQ==", "QUE=", "!"}},
}

var generatedOperators = map[string][]string{
	"String":  {"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike"},
	"Numeric": {"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals"},
	"Date":    {"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals"},
	"Bool":    {"Bool"},
	"Ip":      {"IpAddress", "NotIpAddress"},
	"Arn":     {"ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"},
	"Binary":  {"BinaryEquals"},
}

func (g generator) statement(ofResource bool, action, resource string) refStatement {
	s := refStatement{Effect: "Allow"}
	if g.IntN(5) == 0 {
		s.Effect = "Deny"
	}
	actions := g.some(append(slices.Clone(generatedActions), action, action, action, action, action, action, action, "*", "*", "*", "*:"+action[strings.Index(action, ":")+1:], "s3:*", "S3:get*", "sqs:Send??ssage", "kms:*", "sts:Assume*", "*:*", "*:GetObject", "s?s:*", "GetObject")...)
	if g.IntN(6) == 0 {
		s.NotAction = actions
	} else {
		s.Action = actions
	}
	parts := strings.SplitN(resource, ":", 6)
	if resource == "*" {
		parts = strings.SplitN("arn:aws:sqs:eu-west-1:"+accountA+":q", ":", 6)
	}
	resources := g.some("*", "*", "*", "*", resource, resource, resource, strings.Join(parts[:1+g.IntN(5)], ":"), strings.Join(parts[:2+g.IntN(4)], ":"), "arn:aws:*", "arn:*:"+parts[2], "arn:aws:sqs:eu-west-1", "arn:aws:s3",
		"arn:aws:s3:::b/*", "arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::b/${aws:username, 'k'}", "arn:aws:s3:::?/k", "arn:aws:sqs:*:q", "arn:aws:iam::*role/r", "arn:aws:iam::"+accountA+":role/${aws:PrincipalTag/x}*", "arn:aws:sqs:${aws:RequestedRegion}", "bucket/*")
	switch {
	case g.IntN(6) == 0:
		s.NotResource = resources
	case !ofResource || g.IntN(3) > 0:
		s.Resource = resources
	}
	for g.IntN(2) == 0 && len(s.Condition) < 2 {
		k := generatedKeys[g.IntN(len(generatedKeys))]
		operator := g.one(generatedOperators[k.kind]...)
		if g.IntN(3) == 0 {
			operator = g.one("ForAllValues:", "ForAnyValue:") + operator
		}
		if g.IntN(4) == 0 {
			operator += "IfExists"
		}
		values := g.some(k.compared...)
		if g.IntN(8) == 0 {
			operator, values = "Null", g.some("true", "false", "True", "${aws:username}")
		}
		if s.Condition == nil {
			s.Condition = map[string]map[string][]string{}
		}
		s.Condition[operator] = map[string][]string{g.one(k.key, strings.ToLower(k.key)): values}
	}
	if ofResource {
		who := map[string][]string{"AWS": g.some("*", accountA, "arn:aws:iam::"+accountA+":root", "arn:aws:iam::"+accountA+":user/ann", "arn:aws:iam::"+accountA+":role/path/r", "arn:aws:sts::"+accountA+":assumed-role/r/s", "arn:aws:iam::"+accountB+":root")}
		if g.IntN(5) == 0 {
			who = map[string][]string{"Service": g.some("sns.amazonaws.com", "ec2.amazonaws.com")}
		}
		if g.IntN(6) == 0 {
			s.NotPrincipal = who
		} else {
			s.Principal = who
		}
	}
	return s
}

func (g generator) policy(ofResource bool, action, resource string) *refPolicy {
	p := &refPolicy{Version: "2012-10-17"}
	if g.IntN(10) == 0 {
		p.Version = "2008-10-17"
	}
	for range 1 + g.IntN(3) {
		p.Statement = append(p.Statement, g.statement(ofResource, action, resource))
	}
	return p
}

func (g generator) next() *refCase {
	c := &refCase{}
	c.action = g.one(generatedActions...)
	c.resource = g.one("arn:aws:s3:::b/k", "arn:aws:s3:::b/k", "arn:aws:sqs:eu-west-1:"+accountA+":q", "arn:aws:sqs:eu-west-1:"+accountB+":q", "arn:aws:iam::"+accountA+":role/r", "arn:aws:kms:eu-west-1:"+accountA+":key/k", "*")
	c.context = map[string][]string{}
	for _, k := range generatedKeys {
		switch g.IntN(3) {
		case 0:
			c.context[strings.ToLower(k.key)] = g.some(k.given...)[:1]
		case 1:
			if k.key == "aws:TagKeys" || g.IntN(4) == 0 {
				c.context[strings.ToLower(k.key)] = g.some(k.given...)
			}
		}
	}
	c.identity = g.policy(false, c.action, c.resource)
	if g.IntN(3) == 0 {
		c.boundary = g.policy(false, c.action, c.resource)
	}
	if refAccount(c.resource) != "" && g.IntN(2) == 0 {
		c.principal = g.one("arn:aws:iam::"+accountA+":user/ann", "arn:aws:sts::"+accountA+":assumed-role/r/s", "sns.amazonaws.com")
		c.trust = g.policy(true, c.action, c.resource)
		if strings.HasPrefix(c.action, "sts:Assume") { // a trust policy has no resources
			for i := range c.trust.Statement {
				c.trust.Statement[i].Resource, c.trust.Statement[i].NotResource = nil, nil
			}
		}
		if !strings.HasPrefix(c.principal, "arn:") {
			c.identity, c.boundary = nil, nil // a service has no policies of its own
		}
	}
	return c
}

// product is the case as the evaluator gets it.
func (c *refCase) product(t *testing.T) (Policies, Request) {
	var p Policies
	read := func(name string, from *refPolicy) *document.Policy {
		if from == nil {
			return nil
		}
		text, err := json.Marshal(from)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := document.Read(name, text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		return &document.Policy{Name: name, Document: doc}
	}
	if identity := read("identity", c.identity); identity != nil {
		p.Identity = []document.Policy{*identity}
	}
	p.Boundary, p.Resource = read("boundary", c.boundary), read("the policy of the resource", c.trust)
	p.ResourceAlone = c.identity == nil
	request := Request{Action: c.action, Resource: c.resource, Context: c.context}
	if c.principal != "" {
		request.Principal, _ = ParsePrincipal(c.principal)
	}
	return p, request
}

func (c *refCase) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s on %s by %q with %v\n", c.action, c.resource, c.principal, c.context)
	for _, part := range []struct {
		name string
		p    *refPolicy
	}{{"identity", c.identity}, {"boundary", c.boundary}, {"resource", c.trust}} {
		if part.p != nil {
			text, _ := json.Marshal(part.p)
			fmt.Fprintf(&b, "%s: %s\n", part.name, text)
		}
	}
	return b.String()
}

func TestDifferential(t *testing.T) {
	t.Parallel()
	g := generator{rand.New(rand.NewPCG(11, 5000))}
	seen := map[string]int{}
	for i := range requests {
		c := g.next()
		p, request := c.product(t)
		got := Evaluate(p, request)
		want, isOpen := refEvaluate(c)
		if got.Decision != want || isOpen && !got.Unknown {
			t.Fatalf("request %d: %s, unknown %t; the documentation says %s, open %t\n%s\n%+v", i, got.Decision, got.Unknown, want, isOpen, c, got)
		}
		if got.Unknown && len(got.Notes) == 0 {
			t.Fatalf("request %d is open, and no note says so\n%s", i, c)
		}
		seen[string(want)]++
		if isOpen {
			seen["open"]++
		}
		if want == Allowed {
			continue
		}
		// Denied under no condition: whatever keys the request also has.
		o := outcomeOf(request, got)
		if len(got.Conditional) > 0 {
			seen["conditional"]++
		}
		for range 10 {
			more := *c
			more.context = maps.Clone(c.context)
			for _, k := range generatedKeys {
				if key := strings.ToLower(k.key); more.context[key] == nil && g.IntN(3) > 0 {
					more.context[key] = g.some(append(k.given, k.compared[0])...)
				}
			}
			if decision, _ := refEvaluate(&more); decision == Allowed {
				if o.As(ExpectDenied) {
					t.Fatalf("request %d is denied under no condition, and allowed with %v\n%s\n%+v", i, more.context, c, got)
				}
				seen["allowed with more"]++
				break
			}
		}
	}
	t.Logf("%v", seen)
	for _, what := range []string{string(Allowed), string(ExplicitDeny), string(ImplicitDeny), "open", "conditional", "allowed with more"} {
		if seen[what] < requests/50 {
			t.Errorf("%d of %d requests are %s: too few to tell anything", seen[what], requests, what)
		}
	}
}
