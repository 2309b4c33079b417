// Which conditions limit an Allow of an identity policy, and why others do not.

package review

import (
	"slices"
	"strings"

	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// narrows reports whether a condition limits an Allow of an identity policy:
// the condition fails without the key, and none of its values is one that
// almost every request has (see [holdsForAlmostAll]). IfExists does not count
// if every request has the key. A key whose value the
// caller chooses, or that is the same in every request of the holder, does not
// limit the Allow. Nor does a condition that excludes only old requests (see
// [excludesOnlyOldRequests]) or requests in a distant future. There are three
// exceptions. Requiring a tag of the resource limits the Allow regardless of
// the tag's value, because resources without the tag are excluded. Requiring
// that any other key exists does not limit the Allow. Excluding the caller's
// own account limits the Allow, although the condition holds without the key.
//
// Source: IAM User Guide, "Condition operator to check existence of condition
// keys": Null with false requires that the key exists.
func narrows(c document.Condition) bool {
	c = withoutIfExists(c)
	op, ok := document.ParseOperator(c.Operator)
	if !ok {
		return false
	}
	// Excluding the caller's own account limits the Allow, because the policy of
	// a resource in another account must allow the request too.
	if strings.Contains(op.Name, "Not") && strings.EqualFold(c.Key, "aws:ResourceAccount") && slices.Contains(c.Values, "${aws:PrincipalAccount}") {
		return true
	}
	if outcomeWithoutKey(c) != outcomeFails {
		return false
	}
	if _, isTag := resourceTag(c.Key); isTag {
		return true
	}
	if op.Name == "Null" || isSameForHolder(c.Key) || excludesOnlyOldRequests(c.Key, op) || endsInDistantFuture(comparison{c, op}) {
		return false
	}
	if _, isChosen := keyFactOf("caller", c.Key); isChosen {
		return false
	}
	return !slices.ContainsFunc(c.Values, func(v string) bool { return holdsForAlmostAll(c.Key, v, op) })
}

// withoutIfExists removes IfExists from a condition whose key every request has.
func withoutIfExists(c document.Condition) document.Condition {
	if isInEveryRequest(c.Key) {
		if op, ok := document.ParseOperator(c.Operator); ok && op.IfExists {
			c.Operator = c.Operator[:len(c.Operator)-len("IfExists")]
		}
	}
	return c
}

func isInEveryRequest(key string) bool {
	global, ok := authz.Global(key)
	return ok && global.Presence == authz.Always
}

// isSameForHolder reports whether, in an identity policy, the key has the same
// value in every request of its holder, or in every request for a resource of the
// holder's account.
func isSameForHolder(key string) bool {
	_, ok := keyFactOf("constant", key)
	return ok
}

// excludesOnlyOldRequests reports whether a condition excludes only old
// requests: it requires that a time has passed, or a minimum version of TLS,
// which every current client uses.
func excludesOnlyOldRequests(key string, op document.Operator) bool {
	if !strings.Contains(op.Name, "GreaterThan") {
		return false
	}
	return strings.HasPrefix(op.Name, "Date") || strings.EqualFold(key, "aws:EpochTime") || strings.EqualFold(key, "s3:TlsVersion")
}

// distantFuture is the beginning of the year 2050, in seconds since 1970. A grant
// until then has no end in practice.
const distantFuture = 2524608000

// endsInDistantFuture reports whether a condition on the time of the request still
// holds in a distant future.
func endsInDistantFuture(c comparison) bool {
	if !strings.Contains(c.op.Name, "LessThan") || !slices.ContainsFunc(timeKeys, func(key string) bool { return strings.EqualFold(key, c.Key) }) {
		return false
	}
	spans, _ := c.spans()
	return slices.ContainsFunc(spans, func(one span) bool { return one.high >= distantFuture })
}

// holdsForAlmostAll reports whether almost every request meets a condition with
// this value: a wildcard, a large part of all addresses, an encrypted
// connection, a request that no AWS service makes, or a request without MFA,
// which everyone can make.
func holdsForAlmostAll(key, value string, op document.Operator) bool {
	switch strings.ToLower(key) {
	case "iam:passedtoservice", "iam:awsservicename":
		return strings.HasSuffix(op.Name, "Like") && matchesEveryService(value)
	case "aws:securetransport":
		return isTrue(value)
	case "aws:viaawsservice", "aws:principalisawsservice", "aws:multifactorauthpresent":
		return isFalse(value)
	}
	if block, ok := document.ParseAddressBlock(value); ok && block.Bits() < minLimitingPrefix && strings.Contains(value, "/") {
		return block.Masked().String() != "fc00::/7" // the private addresses, which only VPCs have
	}
	hasWildcards := strings.HasSuffix(op.Name, "Like") || strings.HasPrefix(op.Name, "Arn")
	return hasWildcards && value != "" && strings.Trim(value, "*?") == ""
}

// matchesEveryService reports whether a pattern of service principals leaves the
// name of the service open, as *.amazonaws.com does.
func matchesEveryService(pattern string) bool {
	pattern = strings.ReplaceAll(pattern, "${AWS::URLSuffix}", "amazonaws.com")
	return !slices.ContainsFunc([]string{"q.", "zz-9."}, func(name string) bool {
		return !document.Match(pattern, name+"amazonaws.com", false) && !document.Match(pattern, name+"amazonaws.com.cn", false)
	})
}

// minLimitingPrefix is the length, in bits, of the shortest address prefix that
// counts as a limit. A block with a shorter prefix contains a large part of all
// addresses.
const minLimitingPrefix = 8

// weakConditions returns the addition to a finding about a statement whose
// conditions do not limit it: each condition, with the reason.
func (r *run) weakConditions(s *statement) Sentence {
	if len(s.Conditions) == 0 {
		return nil
	}
	var names, texts []string
	for _, c := range s.Conditions {
		names, texts = append(names, c.String()), append(texts, c.String()+" ("+weakness(c)+")")
	}
	if len(names) == 1 {
		return sentencef("; the condition limits too little: %s", annotatedNames(names, texts))
	}
	return sentencef("; the conditions limit too little: %s", annotatedNames(names, texts))
}

func weakness(c document.Condition) string {
	c = withoutIfExists(c)
	op, ok := document.ParseOperator(c.Operator)
	_, isChosen := keyFactOf("caller", c.Key)
	switch holds := outcomeWithoutKey(c); {
	case !ok:
		return "the operator is unknown"
	case holds != outcomeFails:
		text := "also holds if the request lacks the key"
		if holds == outcomeUnclear {
			text = "may also hold if the request lacks the key"
		}
		if key, isGlobal := authz.Global(c.Key); isGlobal && key.When != "" {
			text += "; a request has the key only if " + key.When
		}
		return text
	case op.Name == "Null", !isInEveryRequest(c.Key) && slices.ContainsFunc(c.Values, func(value string) bool { return value != "" && strings.Trim(value, "*") == "" }):
		return "only requires the key"
	case isSameForHolder(c.Key):
		return "has the same result in every request of the holder"
	case isChosen:
		return "the caller chooses the value"
	case strings.EqualFold(c.Key, requestedRegionKey):
		return "IAM has only one region"
	}
	return "almost every request meets the condition"
}
