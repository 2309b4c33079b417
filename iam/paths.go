// Determines the path and the permissions boundary of each role and of the
// bootstrap user. Warns of a path or boundary that only some of them have, and of
// roles that allowedEC2InstanceProfiles does not match.

package iam

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"capaboot/policies/document"
)

// pathAndBoundary returns the IAM path and the permissions boundary of a role.
// The role's own values take precedence over those that it inherits from the
// control plane role, which take precedence over the values of spec. Both
// results can be "".
func (s *Spec) pathAndBoundary(role roleField) (path, boundary string) {
	path, boundary = role.spec.Path, role.spec.PermissionsBoundary
	if role.inherits {
		setDefault(&path, s.ControlPlane.Path)
		setDefault(&boundary, s.ControlPlane.PermissionsBoundary)
	}
	setDefault(&path, s.Path)
	setDefault(&boundary, s.PermissionsBoundary)
	return path, boundary
}

func (s *Spec) userPathAndBoundary() (path, boundary string) {
	path, boundary = s.BootstrapUser.Path, s.BootstrapUser.PermissionsBoundary
	setDefault(&path, s.Path)
	setDefault(&boundary, s.PermissionsBoundary)
	return path, boundary
}

func (s *Spec) createsRole(role roleField) bool {
	return !role.spec.Disable && !(strings.HasPrefix(role.path, "spec.eks.") && s.EKS.Disable)
}

// principal is a role or the bootstrap user, with the path and permissions
// boundary that it gets in the template.
type principal struct {
	field, logicalID string // "spec.nodes", "AWSIAMRoleNodes"
	path, boundary   string
}

func (s *Spec) principals() []principal {
	var all []principal
	for _, role := range s.roles() {
		if s.createsRole(role) {
			path, boundary := s.pathAndBoundary(role)
			all = append(all, principal{role.path, role.logicalID, path, boundary})
		}
	}
	if s.BootstrapUser.Enable {
		path, boundary := s.userPathAndBoundary()
		all = append(all, principal{"spec.bootstrapUser", userBootstrapper, path, boundary})
	}
	return all
}

// warnPartlySet warns of a path or a permissions boundary that only some
// principals have, and names those that lack it. The path "/" counts as a
// deliberate choice.
func warnPartlySet(r *report, s *Spec, template *Template) {
	for _, setting := range []struct {
		field, setting string
		value          func(principal) string
	}{
		{"path", "path", func(h principal) string { return h.path }},
		{"permissionsBoundary", "permissions boundary", func(h principal) string { return h.boundary }},
	} {
		first, missing := "", []string(nil)
		for _, h := range s.principals() {
			switch value := setting.value(h); {
			case value == "":
				missing = append(missing, fmt.Sprintf("%s (%s)", h.field, template.Name(h.logicalID)))
			case first == "" && value != "/":
				first = h.field + "." + setting.field
			}
		}
		if first == "" || len(missing) == 0 {
			continue
		}
		verb := "have"
		if len(missing) == 1 {
			verb = "has"
		}
		r.warn(first, "%s %s no %s: set spec.%s, which applies to every role and user that has no %s", enumerate(missing), verb, setting.setting, setting.field, setting.setting)
	}
}

// enumerate joins names for use in a sentence.
func enumerate(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return fmt.Sprintf("%s and %s", strings.Join(names[:len(names)-1], ", "), names[len(names)-1])
}

// warnUnpassableRoles warns of the first role with a path that the default of
// allowedEC2InstanceProfiles does not match: the controllers are not allowed to
// pass the role, so no instance could start with it. Without a namePrefix, the
// default begins with *, which matches every path.
func warnUnpassableRoles(r *report, s, original *Spec) {
	if original.ClusterAPIControllers.AllowedEC2InstanceProfiles != nil || s.NamePrefix == "" {
		return
	}
	// The resource of iam:PassRole has the path without its first slash.
	pattern := s.ClusterAPIControllers.AllowedEC2InstanceProfiles[0]
	field, firstPath, patterns := "", "", []string{strconv.Quote(pattern)}
	for _, role := range s.roles() {
		path, _ := s.pathAndBoundary(role)
		if role.profile == "" || role.spec.Disable || strings.Trim(path, "/") == "" {
			continue
		}
		if field == "" {
			field, firstPath = role.path, path
		}
		if quoted := strconv.Quote(strings.TrimPrefix(path, "/") + pattern); !slices.Contains(patterns, quoted) {
			patterns = append(patterns, quoted)
		}
	}
	if field != "" {
		r.warn(field, "the role would have the path %s, but the default of spec.clusterAPIControllers.allowedEC2InstanceProfiles (%q) does not match roles with a path, so the controllers could not start instances with this role; set the field to [%s]",
			firstPath, pattern, strings.Join(patterns, ", "))
	}
}

// warnUnmatchedRoles warns if no pattern of allowedEC2InstanceProfiles matches an
// instance role of the template. This happens when a user changes namePrefix or
// nameSuffix in the output of print-config, which also has the pattern. The role of
// the controllers does not count, because the controllers do not pass it. Without a
// namePrefix or nameSuffix there is no warning, because patterns for other roles are
// usual then.
func warnUnmatchedRoles(r *report, s, original *Spec, template *Template) {
	patterns := original.ClusterAPIControllers.AllowedEC2InstanceProfiles
	if len(patterns) == 0 || s.NamePrefix == "" && *s.NameSuffix == DefaultNameSuffix {
		return
	}
	var names []string
	for _, role := range s.roles() {
		if role.profile == "" || role.logicalID == roleControllers || !s.createsRole(role) {
			continue
		}
		path, _ := s.pathAndBoundary(role)
		name := strings.TrimPrefix(path, "/") + template.Name(role.logicalID)
		if slices.ContainsFunc(patterns, func(p string) bool { return document.Covers(p, name, false) }) {
			return
		}
		names = append(names, strconv.Quote(name))
	}
	if len(names) > 0 {
		r.warn("spec.clusterAPIControllers.allowedEC2InstanceProfiles", "no pattern matches an instance role of the template (%s), so the controllers could not start instances with the roles of the template; add %q, or leave the field out",
			enumerate(names), s.fullName("*"))
	}
}

// NamedPolicies returns the ARNs of the policies that the configuration itself
// names: those to attach, and the permissions boundaries. Each has the fields of spec
// that name it, such as "nodes.permissionsBoundary".
func (s *Spec) NamedPolicies() map[string][]string {
	named := map[string][]string{}
	add := func(path, boundary string, attached []string) {
		for _, one := range attached {
			named[one] = append(named[one], join(path, "extraPolicyAttachments"))
		}
		if boundary != "" {
			named[boundary] = append(named[boundary], join(path, "permissionsBoundary"))
		}
	}
	add("", s.PermissionsBoundary, nil)
	for _, role := range s.roles() {
		if role.spec != nil {
			add(strings.TrimPrefix(role.path, "spec."), role.spec.PermissionsBoundary, role.spec.ExtraPolicyAttachments)
		}
	}
	add("bootstrapUser", s.BootstrapUser.PermissionsBoundary, s.BootstrapUser.ExtraPolicyAttachments)
	return named
}
