// Checks whether IAM would accept the statements of a configuration.
//
// Source: IAM User Guide, "IAM JSON policy elements reference" and "Grammar of
// the IAM JSON policy language".

package iam

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"capaboot/internal/nearword"
	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/catalog"
	"capaboot/policies/document"
)

// checkStatements reports what is wrong with the statements of an identity
// policy, or of a trust policy if trust is true.
func checkStatements(r *report, path string, statements []catalog.PolicyStatement, trust bool, partition string) {
	sids := map[string]int{}
	for i, s := range statements {
		field := path + "[" + strconv.Itoa(i) + "]"
		c := statementCheck{r, field, partition}
		c.checkEffect(s.Effect)
		c.checkSid(s.Sid, sids, i)
		c.checkActions(s.Action, trust)
		c.checkConditions(s.Condition)
		if trust {
			c.checkPrincipals(s)
			c.warnOfEveryone(s)
			if len(s.NotPrincipal) > 0 {
				c.warn(field+".NotPrincipal", "a trust policy cannot have NotPrincipal, so AWS refuses the role: name the allowed accounts or roles in Principal")
			}
			if len(s.Resource) > 0 {
				r.add(field+".Resource", "not allowed in a trust policy: the resource is the role itself")
			}
		} else {
			c.checkResources(s.Resource)
			c.warnOfActions(s.Action, s.Resource)
			for name, principals := range map[string]catalog.Principals{"Principal": s.Principal, "NotPrincipal": s.NotPrincipal} {
				if principals != nil {
					r.add(field+"."+name, "not allowed in the policy of a role or user: to say who can assume a role, use trustStatements")
				}
			}
		}
	}
}

type statementCheck struct {
	*report
	path      string
	partition string
}

// itemPath returns the path of an item of a list, or the path of the list if
// the file has a single string instead.
func (c statementCheck) itemPath(path string, i int) string {
	item := path + "[" + strconv.Itoa(i) + "]"
	if _, ok := c.positions[item]; !ok {
		return path
	}
	return item
}

func (c statementCheck) checkEffect(effect string) {
	allowed := []string{"Allow", "Deny"}
	switch {
	case effect == "":
		c.add(c.path+".Effect", "missing; allowed: Allow, Deny")
	case !slices.Contains(allowed, effect):
		checkOneOf(c.report, c.path+".Effect", effect, allowed)
	}
}

func (c statementCheck) checkSid(sid string, seen map[string]int, index int) {
	if sid == "" {
		return
	}
	for _, r := range sid {
		if !isAlphanumeric(r) {
			c.add(c.path+".Sid", "%q has %s; allowed: letters and digits", clip(sid), describeRune(r))
			break
		}
	}
	if first, repeated := seen[sid]; repeated {
		c.add(c.path+".Sid", "%q is already the Sid of %s[%d]: Sids must be unique in a policy", clip(sid), parent(c.path), first)
		return
	}
	seen[sid] = index
}

func (c statementCheck) checkActions(actions []string, trust bool) {
	if len(actions) == 0 {
		c.add(c.path+".Action", `missing or empty, want one or more actions, such as "s3:GetObject"`)
	}
	for i, action := range actions {
		c.checkText(c.itemPath(c.path+".Action", i), action, func(action string) string { return actionProblem(action, trust) })
	}
}

// actionProblem returns what is wrong with an action, or "".
func actionProblem(action string, trust bool) string {
	service, name, ok := strings.Cut(action, ":")
	switch {
	case (action == "*" || action == "*:*") && !trust:
	case !ok || !isActionPart(service, "-") || !isActionPart(name, "-*?"):
		return fmt.Sprintf(`%q is not an action, want service:Action, such as "s3:GetObject"; the wildcards * and ? are allowed after the colon`, clip(action))
	case trust && (!strings.EqualFold(service, "sts") || !strings.ContainsAny(name, "*?") && !isTrustAction(name)):
		return fmt.Sprintf("%q is not an action of a trust policy%s", clip(action), nearword.Allowed(action, trustActions))
	}
	return ""
}

// checkText checks a text of the statement, which can contain placeholders.
func (c statementCheck) checkText(field, text string, problem func(string) string) {
	if !c.isBroken(field) {
		c.checkValue(c.positionOf(field), field, text, c.partition, problem)
	}
}

// trustActions are the actions that a trust policy can have. Sources: IAM User
// Guide, "Update a role trust policy", and AWS STS API Reference.
var trustActions = []string{"sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:SetContext", "sts:SetSourceIdentity", "sts:TagSession"}

func isTrustAction(name string) bool {
	return slices.ContainsFunc(trustActions, func(action string) bool { return strings.EqualFold(action, "sts:"+name) })
}

func isActionPart(text, others string) bool {
	for _, r := range text {
		if !isAlphanumeric(r) && !strings.ContainsRune(others, r) {
			return false
		}
	}
	return text != ""
}

func (c statementCheck) checkResources(resources []string) {
	if len(resources) == 0 {
		c.add(c.path+".Resource", `missing or empty, want "*" or ARNs`)
	}
	for i, resource := range resources {
		c.checkText(c.itemPath(c.path+".Resource", i), resource, func(text string) string { return resourceProblem(text, c.partition) })
	}
}

// resourceProblem returns what is wrong with a resource of a statement, or "".
func resourceProblem(resource, partition string) string {
	if resource == "*" {
		return ""
	}
	a, ok := arn.Parse(resource)
	if !ok {
		return fmt.Sprintf(`%q is not an ARN, want "*" or arn:partition:service:region:account:resource; the wildcards * and ? are allowed`, clip(resource))
	}
	if !strings.ContainsAny(a.Partition, "*?") && !strings.HasPrefix(a.Partition, "${") {
		if problem := partitionProblem(resource, a.Partition, partition); problem != "" {
			return problem
		}
	}
	if a.Service == "" || a.Resource == "" {
		return fmt.Sprintf("%q has no service or no resource", clip(resource))
	}
	if !isActionPart(a.Service, "-") {
		return fmt.Sprintf("%q has %q as the service; allowed: letters, digits and hyphens, no wildcard", clip(resource), clip(a.Service))
	}
	return documentTextProblem(resource)
}

// documentTextProblem returns a problem if a text has a character that a policy
// document cannot contain, and otherwise "". The problem names the first such
// character. Source: IAM and AWS STS quotas, "IAM name requirements".
func documentTextProblem(text string) string {
	for _, r := range text {
		if (r < ' ' || r > 0xFF) && r != '\t' && r != '\n' && r != '\r' {
			return fmt.Sprintf("%q has %s, which a policy document cannot contain; allowed: U+0020 to U+00FF, tab, line feed and carriage return", clip(text), describeRune(r))
		}
	}
	return ""
}

func (c statementCheck) checkPrincipals(s catalog.PolicyStatement) {
	switch {
	case s.Principal == nil && s.NotPrincipal == nil:
		c.add(c.path+".Principal", "missing, want the principals that may assume the role, such as {Service: ec2.amazonaws.com}")
	case s.Principal != nil && s.NotPrincipal != nil:
		c.add(c.path+".NotPrincipal", "a statement has Principal or NotPrincipal, not both")
	}
	for name, principals := range map[string]catalog.Principals{"Principal": s.Principal, "NotPrincipal": s.NotPrincipal} {
		if principals != nil && len(principals) == 0 {
			c.add(c.path+"."+name, "names no principal")
		}
		for _, kind := range slices.Sorted(maps.Keys(principals)) {
			field := c.path + "." + name + "." + kind
			allowed := []string{"AWS", "Service", "Federated"}
			if !slices.Contains(allowed, kind) {
				c.addAt(c.positionOf(field+keyMark), "%s: unknown principal type %q%s", c.path+"."+name, clip(kind), nearword.Allowed(kind, allowed))
				continue
			}
			if len(principals[kind]) == 0 {
				c.add(field, "is empty")
			}
			for i, id := range principals[kind] {
				c.checkText(c.itemPath(field, i), id, func(text string) string { return principalProblem(kind, text, c.partition) })
				if kind == "Service" && name == "Principal" {
					c.warnOfService(c.itemPath(field, i), id)
				}
			}
		}
	}
}

// warnOfService warns of a service principal that is not listed. IAM refuses a role
// that trusts a service that does not exist.
func (c statementCheck) warnOfService(field, id string) {
	if c.isBroken(field) || len(placeholders(id)) > 0 || principalProblem("Service", id, c.partition) != "" || authz.IsServicePrincipal(id) {
		return
	}
	suggestion := ""
	if c.lookups++; c.lookups <= maxProblems { // limited: finding the closest name is slow
		if meant := authz.MeantService(id); meant != "" {
			suggestion = fmt.Sprintf(", did you mean %q?", meant)
		}
	}
	c.warn(field, "%q is not in capaboot's list of service principals, and IAM refuses a role that trusts a service that does not exist%s", clip(id), suggestion)
}

// warnOfEveryone warns of a statement without conditions that lets the
// identities of every AWS account assume the role. "policy review" judges
// statements with conditions.
func (c statementCheck) warnOfEveryone(s catalog.PolicyStatement) {
	assumes := slices.ContainsFunc(s.Action, func(pattern string) bool {
		matches, _ := document.MatchAction(pattern, "sts:AssumeRole")
		return matches
	})
	if s.Effect == "Allow" && len(s.Condition) == 0 && assumes && slices.Contains(s.Principal["AWS"], "*") {
		c.warn(c.path+".Principal.AWS", `"*" without a Condition lets every identity in every AWS account assume the role: name accounts or roles, or add a Condition such as {StringEquals: {aws:PrincipalOrgID: o-example}}`)
	}
}

// principalProblem returns what is wrong with the identifier of a principal, or
// "". Source: IAM User Guide, "AWS JSON policy elements: Principal".
func principalProblem(kind, id, partition string) string {
	if problem := documentTextProblem(id); problem != "" || id == "*" && kind == "AWS" {
		return problem
	}
	switch kind {
	case "AWS":
		const want = `"*", an account ID, or the ARN of an account, role or user`
		if arn.IsAccount(id) || isUniqueID(id) {
			return ""
		}
		a, ok := arn.Parse(id)
		if !ok || a.Service != "iam" && a.Service != "sts" || a.Resource == "" {
			return fmt.Sprintf("%q is not a principal, want %s", clip(id), want)
		}
		if strings.ContainsAny(id, "*?") {
			return fmt.Sprintf(`%q has a wildcard, which IAM does not allow inside a principal: name each principal, or use "*" and a condition on aws:PrincipalArn`, clip(id))
		}
		if problem := partitionProblem(id, a.Partition, partition); problem != "" {
			return problem
		}
		if !arn.IsAccount(a.Account) {
			return fmt.Sprintf("%q names the account %q, want 12 digits", clip(id), clip(a.Account))
		}
		if a.Region != "" || !isPrincipalResource(a.Service, a.Resource) {
			return fmt.Sprintf("%q is not a principal, want %s", clip(id), want)
		}
	case "Service":
		if strings.Trim(strings.ToLower(id), "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" || !strings.Contains(id, ".") {
			return fmt.Sprintf("%q is not a service principal, want one such as ec2.amazonaws.com", clip(id))
		}
		if strings.HasPrefix(id, ".") || strings.HasSuffix(id, ".") {
			return fmt.Sprintf("%q is not a service principal, want one such as ec2.amazonaws.com", clip(id))
		}
	case "Federated":
		if !strings.Contains(id, ".") && !strings.HasPrefix(id, "arn:") || strings.ContainsAny(id, " \t") {
			return fmt.Sprintf("%q is not an identity provider, want its ARN, or a domain such as cognito-identity.amazonaws.com", clip(id))
		}
		if !strings.HasPrefix(id, "arn:") {
			return ""
		}
		a, ok := arn.Parse(id)
		kind, name, _ := strings.Cut(a.Resource, "/")
		switch {
		case !ok || a.Service != "iam" || a.Region != "" || name == "" || kind != "oidc-provider" && kind != "saml-provider":
			return fmt.Sprintf("%q is not an identity provider, want the ARN of an oidc-provider or saml-provider", clip(id))
		case partitionProblem(id, a.Partition, partition) != "":
			return partitionProblem(id, a.Partition, partition)
		case !arn.IsAccount(a.Account):
			return fmt.Sprintf("%q names the account %q, want 12 digits", clip(id), clip(a.Account))
		}
	}
	return ""
}

// isPrincipalResource reports whether the resource part of an IAM or STS ARN
// names a principal.
func isPrincipalResource(service, resource string) bool {
	kind, name, _ := strings.Cut(resource, "/")
	last := name[strings.LastIndexByte(name, '/')+1:]
	switch {
	case service == "iam" && resource == "root":
		return true
	case service == "iam" && (kind == "user" || kind == "role"), service == "sts" && kind == "federated-user":
		return nameProblem(last, maxRoleName) == ""
	case service == "sts" && kind == "assumed-role":
		return strings.Count(name, "/") == 1 && nameProblem(last, maxRoleName) == ""
	}
	return false
}

// isUniqueID reports whether the text has the form of the unique ID ("AIDA...",
// "AROA...") with which IAM replaces a deleted principal.
func isUniqueID(text string) bool {
	return len(text) >= 16 && (strings.HasPrefix(text, "AIDA") || strings.HasPrefix(text, "AROA")) && isActionPart(text, "")
}

// maxConditionKey is longer than any condition key. The longest keys contain
// the URL of an OIDC provider (at most 255 characters: IAM API Reference,
// CreateOpenIDConnectProvider) or a tag key.
const maxConditionKey = 512

func (c statementCheck) checkConditions(conditions catalog.Conditions) {
	for _, operator := range slices.Sorted(maps.Keys(conditions)) {
		field := c.path + ".Condition." + operator
		c.checkOperator(field, operator)
		if len(conditions[operator]) == 0 {
			c.add(field, "missing condition key")
		}
		for _, key := range slices.Sorted(maps.Keys(conditions[operator])) {
			c.checkCondition(field+"."+key, operator, key, conditions[operator][key])
		}
	}
}

// checkOperator reports an operator that IAM does not have in that spelling.
// IfExists may follow every operator but Null; ForAllValues: or ForAnyValue:
// may precede it.
func (c statementCheck) checkOperator(field, operator string) {
	name := operator
	for _, set := range []string{"ForAllValues:", "ForAnyValue:"} {
		if rest, ok := strings.CutPrefix(operator, set); ok {
			name = rest
		}
	}
	if base, ok := strings.CutSuffix(name, "IfExists"); ok && base != "Null" {
		name = base
	}
	if known := document.Operators(); !slices.Contains(known, name) {
		c.addAt(c.positionOf(field+keyMark), "%s.Condition: unknown operator %q%s; every operator can begin with \"ForAllValues:\" or \"ForAnyValue:\", and every operator except Null can end with IfExists",
			c.path, clip(operator), nearword.Allowed(name, known))
	}
}

func (c statementCheck) checkCondition(field, operator, key string, value any) {
	c.checkValue(c.positionOf(field+keyMark), c.path+".Condition", key, c.partition, conditionKeyProblem)
	values, isList := value.([]any)
	if !isList {
		values = []any{value}
	}
	if len(values) == 0 || value == nil {
		c.add(field, "has no value")
	}
	for i, v := range values {
		if v == nil {
			continue
		}
		place := field
		if isList && len(placeholders(fmt.Sprint(v))) > 0 {
			place = c.itemPath(field, i)
		}
		c.checkText(place, fmt.Sprint(v), func(text string) string {
			if problem := documentTextProblem(text); problem != "" || strings.Contains(text, "${") {
				return problem
			}
			return conditionValueProblem(operator, text)
		})
	}
}

// conditionKeyProblem returns what is wrong with a condition key, or "".
func conditionKeyProblem(key string) string {
	// The key of an OIDC provider has the provider's host and path instead of a
	// service.
	service, name, ok := strings.Cut(key, ":")
	if !ok || !isActionPart(service, "-._/") || strings.TrimSpace(name) == "" || len(key) > maxConditionKey || documentTextProblem(key) != "" {
		return fmt.Sprintf("%q is not a condition key, want one such as aws:PrincipalOrgID or iam:PassedToService", clip(key))
	}
	return ""
}

// conditionValueProblem returns why an operator cannot compare with a value, or
// "". It does not check dates.
func conditionValueProblem(operator, value string) string {
	switch {
	case strings.Contains(operator, "Bool") || strings.HasSuffix(operator, "Null"):
		if !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false") {
			return fmt.Sprintf("%q is not a boolean; allowed: true, false", clip(value))
		}
	case strings.Contains(operator, "Numeric"):
		if _, err := strconv.ParseFloat(value, 64); err != nil {
			return fmt.Sprintf("%q is not a number", clip(value))
		}
	case strings.Contains(operator, "IpAddress"):
		_, address := netip.ParseAddr(value)
		_, prefix := netip.ParsePrefix(value)
		if address != nil && prefix != nil {
			return fmt.Sprintf("%q is not an IP address or range, want one such as 203.0.113.0/24", clip(value))
		}
	}
	return ""
}
