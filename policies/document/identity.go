// The names and ARNs of principals, as far as a template determines them.

package document

import "strings"

// nameKey returns a key for the name of a role, user, group or policy: an account cannot
// have two names that differ only in case. A name that only the deployment determines is
// its own key.
//
// Source: IAM User Guide, "IAM and AWS STS quotas", "IAM name requirements".
func nameKey(name string) string {
	if strings.Contains(name, "${") {
		return name
	}
	return strings.ToLower(name)
}

func (r *templateReader) pathOf(properties *node) string { return r.textOf(properties, "Path") }

func (r *templateReader) textOf(properties *node, name string) string {
	if n := properties.get(name); n != nil && !n.isNoValue() {
		return r.text(name, n)
	}
	return ""
}

// IAMName returns the name of a role, user or group in AWS. If AWS generates
// the name, or the template does not say it, the text has opaque parts.
func (h *Holder) IAMName() string {
	switch {
	case h.IsPermissionSet():
		// Source: IAM Identity Center User Guide, "Referencing permission sets
		// in resource policies".
		return "AWSReservedSSO_" + h.Name + "_${GetAtt:" + escape(h.LogicalID) + ".Suffix}"
	case h.HasGeneratedName:
		return "${Ref:" + escape(h.LogicalID) + "}"
	}
	return h.Name
}

// IAMPath returns the path in AWS of a role, user, group or managed policy. The
// path begins and ends with a slash. For a permission set, and for a holder
// that the template does not create, the result ends with an opaque text
// instead, which stands for the last slash too.
func (h *Holder) IAMPath() string {
	switch {
	case h.IsPermissionSet():
		return "/aws-reserved/sso.amazonaws.com/${GetAtt:" + escape(h.LogicalID) + ".Region}"
	case h.IsElsewhere():
		return "/${GetAtt:" + escape(h.Name) + ".Path}"
	case h.Path == "":
		return "/"
	}
	return h.Path
}

// ARN returns the ARN of a role, user or group, with opaque texts for the parts
// that the template does not determine.
func (h *Holder) ARN() string {
	return "arn:${AWS::Partition}:iam::${AWS::AccountId}:" + string(h.Kind) + h.IAMPath() + h.IAMName()
}

// GeneratedNamePattern returns a pattern of the names that CloudFormation
// generates for a resource: STACK-LOGICALID-RANDOM, in which it shortens a long
// logical ID.
func GeneratedNamePattern(logicalID string) string {
	const kept = 24
	return "*-" + logicalID[:min(len(logicalID), kept)] + "*"
}
