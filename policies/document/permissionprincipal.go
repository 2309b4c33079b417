// The principal of a permission of a function, a layer or an event bus: one text,
// which names a service, an account or an ARN.
//
// Source: Lambda API Reference, "AddPermission", Principal.

package document

import "strings"

// permissionPrincipal returns the Principal element for the Principal of a
// permission. Each branch of an Fn::If has its own kind of principal. If the kind is
// known only at deployment, the principal may be anyone.
func (r *templateReader) permissionPrincipal(n *node) *node {
	if choices, ok := n.choice(); ok {
		outcomes := make([]outcome, len(choices))
		for i, b := range choices {
			outcomes[i] = outcome{b.conditions, r.permissionPrincipal(b.n)}
		}
		return choiceOf(n, outcomes)
	}
	if n.kind == numberNode {
		n = textAt(n, n.value)
	}
	text := n.opaque()
	switch {
	case n.isNoValue():
		return n
	case strings.HasPrefix(text, "arn:"), text == "*", text == reference("AWS::AccountId"):
		return mapping(n, "AWS", n)
	case namesService(text):
		return mapping(n, "Service", n)
	case n.kind == textNode:
		return mapping(n, "AWS", n)
	}
	if h := r.holders[n.refTarget()]; h != nil && strings.HasSuffix(text, ".Arn}") {
		return mapping(n, "AWS", n)
	}
	return n
}

// namesService reports whether a text, which can have opaque parts, names a service:
// "s3.amazonaws.com", "sns.${AWS::URLSuffix}".
func namesService(text string) bool {
	parts := splitOpaque(text, '.')
	last := parts[len(parts)-1]
	return len(parts) > 1 && (last == reference("AWS::URLSuffix") || last != "" && !strings.Contains(last, "${"))
}
