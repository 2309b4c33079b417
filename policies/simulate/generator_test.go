// Generates random requests and their policies. Most statements match the
// action, the resource and the caller, so that their other elements decide.

package simulate

import (
	"math/rand/v2"
	"slices"
	"strings"
)

type generator struct{ *rand.Rand }

func (g generator) pickOne(all ...string) string { return all[g.IntN(len(all))] }

// oneIn returns true in one of n cases.
func (g generator) oneIn(n int) bool { return g.IntN(n) == 0 }

// pick returns one to three of the texts, usually one.
func (g generator) pick(all ...string) []string {
	found := []string{g.pickOne(all...)}
	for g.oneIn(3) && len(found) < 3 {
		found = append(found, g.pickOne(all...))
	}
	return found
}

// anyCase returns a text, sometimes in upper or lower case.
func (g generator) anyCase(text string) string {
	switch g.IntN(8) {
	case 0:
		return strings.ToLower(text)
	case 1:
		return strings.ToUpper(text)
	}
	return text
}

const (
	accountA, accountB = "111122223333", "444455556666"
	samlProvider       = "arn:aws:iam::" + accountA + ":saml-provider/x"
	cognito            = "cognito-identity.amazonaws.com"
)

var generatedActions = []string{"s3:GetObject", "s3:PutObject", "sqs:SendMessage", "kms:Decrypt", "iam:PassRole"}

// generatedKeys lists condition keys with the values that requests have and the
// values that policies compare them with. kind selects the operators.
var generatedKeys = []struct {
	key, kind       string
	given, compared []string
}{
	{"aws:RequestedRegion", "String", []string{"eu-west-1", "EU-WEST-1", "us-east-1", ""}, []string{"eu-west-1", "eu-*", "us-east-?", "${aws:username}", "*", "${aws:PrincipalTag/r, 'us-east-1'}", "EU-WEST-1", "${*}", "${aws:PrincipalTag/x, 'eu-west-1'}"}},
	{"aws:TagKeys", "String", []string{"a", "b", "c", ""}, []string{"a", "b", "a*", "?", "${aws:username}", "${AWS:PrincipalTag/X, 'b'}"}},
	{"aws:username", "String", []string{"ann", "a", "x*", "eu-west-1"}, []string{"ann", "a*", "?", "${aws:RequestedRegion}", "${aws:TagKeys}", "${aws:TagKeys, 'ann'}"}},
	{"aws:PrincipalTag/x", "String", []string{"k", "q", "r", "*"}, []string{"k", "q*", "${*}", "${aws:TagKeys, '*'}", "?", "${aws:username, 'r'}"}},
	{"aws:ResourceAccount", "String", []string{accountA, accountB}, []string{accountA, accountB, "1111*"}},
	{"s3:max-keys", "Numeric", []string{"10", "5", "7.5", "many"}, []string{"10", "5", "7.50", "-1", "many", "${aws:username}"}},
	{"aws:CurrentTime", "Date", []string{"2026-01-01T00:00:00Z", "2026-06-01T12:00:00+02:00", "1767225600", "soon"}, []string{"2026-01-01T00:00:00Z", "2026-06-01", "1780308000", "soon", "${aws:username}"}},
	{"aws:SecureTransport", "Bool", []string{"true", "false", "yes"}, []string{"true", "false", "True", "yes", "${aws:username}"}},
	{"aws:SourceIp", "Ip", []string{"192.0.2.1", "198.51.100.7", "2001:db8::1", "here"}, []string{"192.0.2.0/24", "192.0.2.1", "0.0.0.0/0", "2001:db8::/32", "nowhere", "${aws:username}"}},
	{"aws:SourceArn", "Arn", []string{"arn:aws:sns:eu-west-1:" + accountA + ":t", "arn:aws:s3:::b", "t"}, []string{"arn:aws:sns:*:*:*", "arn:aws:s3:::b", "arn:aws:s?s:*", "*", "arn:aws:sns:eu-west-1:" + accountA + ":${aws:username}", "arn:aws:s3:::${aws:username, 'b'}"}},
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

// actions returns action patterns. Most match the action. IAM refuses some of the
// patterns.
func (g generator) actions(action string) []string {
	service, name, _ := strings.Cut(action, ":")
	if g.oneIn(16) {
		return g.pick("*:"+name, service[:1]+"*:"+name, "?"+service[1:]+":*", name, "*:GetObject", "GetObject")
	}
	if g.oneIn(8) {
		return g.pick(append(slices.Clone(generatedActions), "s3:*", "S3:get*", "sqs:Send??ssage", "kms:*", "sts:*")...)
	}
	return g.pick(g.anyCase(action), g.anyCase(action), g.anyCase(service+":*"), g.anyCase(service+":"+name[:3]+"*"), service+":?"+name[1:], "*", "*:*", g.pickOne(generatedActions...))
}

// resources returns resource patterns. Most match the resource; some are short
// ARNs, and some contain variables.
func (g generator) resources(resource string) []string {
	if resource == "*" || g.oneIn(8) {
		return g.pick("*", "*", "arn:aws:*", "arn:aws:sqs:eu-west-1", "arn:aws:s3", "arn:aws:s3:::b/*", "arn:aws:s3:::?/k", "arn:aws:sqs:*:q", "arn:aws:iam::*role/r", "bucket/*", "arn:aws:sqs:${aws:RequestedRegion}", strings.ToUpper(resource))
	}
	parts := strings.SplitN(resource, ":", 6)
	short := strings.Join(parts[:1+g.IntN(5)], ":")
	last, before := resource[len(resource)-1:], resource[:len(resource)-1]
	variable := g.pickOne("${aws:PrincipalTag/x}", "${aws:principaltag/X, '"+last+"'}", "${aws:PrincipalTag/x, 'z'}", "${aws:username}", "${aws:TagKeys}", "${aws:TagKeys,'"+last+"'}", "${*}", "${?}")
	switch g.IntN(8) {
	case 0:
		return g.pick(short, short, strings.Join(parts[:2+g.IntN(4)], ":"), short+"*", "arn:*:"+parts[2])
	case 1:
		return g.pick(before+variable, before+variable, resource[:len(resource)/2]+"*"+variable)
	}
	return g.pick("*", resource, before+"?", before+"*", "arn:aws:"+parts[2]+":*:*:*", short, before+variable)
}

func (g generator) conditions() map[string]map[string][]string {
	all := map[string]map[string][]string{}
	last := ""
	for n := 0; n < 3 && !g.oneIn(2); n++ {
		k := generatedKeys[g.IntN(len(generatedKeys))]
		if k.kind == "String" && g.oneIn(2) {
			k = generatedKeys[g.IntN(len(generatedKeys))]
		}
		operator := g.pickOne(generatedOperators[k.kind]...)
		if g.oneIn(3) {
			operator = g.pickOne("ForAllValues:", "ForAnyValue:") + operator
		}
		if g.oneIn(3) {
			operator += "IfExists"
		}
		values := g.pick(append(slices.Clone(k.compared), k.given...)...)
		switch {
		case g.oneIn(8):
			operator, values = "Null", g.pick("true", "false", "true", "false", "True", "${aws:username}")
		case last != "" && g.oneIn(2) && k.kind == "String" && strings.Contains(last, "String"):
			operator = last // one operator with several keys
		}
		if last = operator; all[operator] == nil {
			all[operator] = map[string][]string{}
		}
		all[operator][g.anyCase(k.key)] = values
	}
	return all
}

// principals returns the principals of a statement. trusts means that the
// statement is in a trust policy.
func (g generator) principals(caller string, trusts bool) map[string][]string {
	who := g.pick("*", accountA, "arn:aws:iam::"+accountA+":root", "arn:aws:iam::"+accountA+":user/ann", "arn:aws:iam::"+accountA+":role/path/r", "arn:aws:iam::"+accountA+":role/r", "arn:aws:sts::"+accountA+":assumed-role/r/s", "arn:aws:iam::"+accountB+":root")
	switch kind := refKind(caller); {
	case kind != "AWS" && !g.oneIn(4):
		return map[string][]string{kind: g.pick(caller, caller, "ec2.amazonaws.com")}
	case g.oneIn(8):
		return map[string][]string{"Service": g.pick("sns.amazonaws.com", "ec2.amazonaws.com"), "AWS": who}
	case trusts && g.oneIn(8):
		return map[string][]string{"Federated": {g.pickOne(samlProvider, cognito)}}
	}
	return map[string][]string{"AWS": who}
}

func (g generator) statement(inResourcePolicy bool, c *refCase) refStatement {
	s := refStatement{Effect: "Allow"}
	if g.oneIn(6) {
		s.Effect = "Deny"
	}
	if g.oneIn(6) {
		if s.NotAction = g.actions(c.action); g.oneIn(2) {
			s.NotAction = []string{"ec2:*", "glacier:*"}
		}
	} else {
		s.Action = g.actions(c.action)
	}
	trusts := inResourcePolicy && refAssumes(c.action)
	switch {
	case trusts && !g.oneIn(16): // a trust policy has no resources
	case g.oneIn(6):
		if s.NotResource = g.resources(c.resource); g.oneIn(2) {
			s.NotResource = []string{"arn:aws:s3:::other/*"}
		}
	case !inResourcePolicy || !g.oneIn(3):
		s.Resource = g.resources(c.resource)
	}
	s.Condition = g.conditions()
	switch {
	case inResourcePolicy && g.oneIn(20) && len(s.Resource)+len(s.NotResource) > 0: // IAM refuses a resource policy without Principal
	case !inResourcePolicy && !g.oneIn(24):
	case inResourcePolicy && g.oneIn(6):
		s.NotPrincipal = g.principals(c.principal, trusts)
		if s.Effect == "Allow" && !g.oneIn(3) {
			s.Effect = "Deny"
		}
	default:
		s.Principal = g.principals(c.principal, trusts)
	}
	return s
}

func (g generator) policy(inResourcePolicy bool, c *refCase) *refPolicy {
	p := &refPolicy{Version: "2012-10-17"}
	if g.oneIn(10) {
		p.Version = "2008-10-17"
	}
	for range 1 + g.IntN(3) {
		p.Statement = append(p.Statement, g.statement(inResourcePolicy, c))
	}
	return p
}

func (g generator) nextCase() *refCase {
	c := &refCase{}
	c.action = g.pickOne(generatedActions...)
	c.resource = g.pickOne("arn:aws:s3:::b/k", "arn:aws:s3:::b/k", "arn:aws:sqs:eu-west-1:"+accountA+":q", "arn:aws:sqs:eu-west-1:"+accountB+":q", "arn:aws:iam::"+accountA+":role/r", "arn:aws:kms:eu-west-1:"+accountA+":key/k", "*")
	hasPolicy := c.resource != "*" && g.oneIn(2)
	users := []string{"arn:aws:iam::" + accountA + ":user/ann", "arn:aws:iam::" + accountA + ":user/ann", "arn:aws:sts::" + accountA + ":assumed-role/r/s", "arn:aws:iam::" + accountA + ":role/r"}
	if c.principal = g.pickOne(append(users, "sns.amazonaws.com")...); !hasPolicy {
		c.principal = g.pickOne(append(users, "")...)
	}
	switch {
	case g.oneIn(6):
		c.action = g.pickOne("sts:AssumeRole", "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
		c.resource, hasPolicy = "arn:aws:iam::"+g.pickOne(accountA, accountA, accountB)+":role/t", !g.oneIn(4)
		if hasPolicy && c.principal == "" {
			c.principal = users[0]
		}
		if hasPolicy && g.oneIn(4) {
			c.action, c.principal = "sts:AssumeRoleWithSAML", samlProvider
			if g.oneIn(2) {
				c.action, c.principal = "sts:AssumeRoleWithWebIdentity", cognito
			}
		}
	case g.oneIn(50):
		c.action = g.pickOne("sts:GetCallerIdentity", "sts:GetSessionToken")
	}
	c.identity = g.policy(false, c)
	switch {
	case g.oneIn(4):
		c.boundary = g.policy(false, c)
	case g.oneIn(16):
		c.boundaryUnknown = true
	}
	c.identityUnknown = g.oneIn(24)
	if hasPolicy {
		c.resourcePolicy = g.policy(true, c)
	}
	if kind := refKind(c.principal); kind != "AWS" || hasPolicy && g.oneIn(16) {
		// A service has no policies of its own; those of another caller may be
		// missing.
		c.identity, c.boundary, c.boundaryUnknown, c.identityUnknown = nil, nil, false, false
	}
	g.setContext(c)
	c.action = g.anyCase(c.action)
	return c
}

// setContext gives the request some of the keys that its policies compare, some
// that they do not compare, and the keys that every request of the principal
// has.
func (g generator) setContext(c *refCase) {
	text := strings.ToLower(c.String())
	c.context = map[string][]string{}
	lacking := []int{1, 1, 3, 4}[g.IntN(4)] // how many of four keys that the policies compare are missing
	for _, k := range generatedKeys {
		key := strings.ToLower(k.key)
		if compared := strings.Contains(text, `"`+key) || strings.Contains(text, "${"+key); compared == (g.IntN(4) < lacking) {
			continue
		}
		switch {
		case k.key == "aws:TagKeys" || g.oneIn(5):
			c.context[key] = g.pick(k.given...)
		case g.oneIn(3) && k.kind != "Ip":
			c.context[key] = []string{strings.Trim(g.pickOne(k.compared...), "*?")}
		default:
			c.context[key] = []string{g.pickOne(k.given...)}
		}
	}
	if strings.HasPrefix(c.principal, "arn:") && refKind(c.principal) == "AWS" {
		c.context["aws:principalaccount"] = []string{accountA}
		if strings.Contains(c.principal, ":iam:") {
			c.context["aws:principalarn"] = []string{c.principal}
		}
		if strings.HasSuffix(c.principal, "user/ann") && c.context["aws:username"] == nil {
			c.context["aws:username"] = []string{"ann"}
		}
	}
}
