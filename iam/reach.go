// Paths and permissions boundaries: which of them each role and the bootstrap
// user gets, and who misses what others have.

package iam

import (
	"fmt"
	"strings"
)

// pathAndBoundary returns the IAM path and the permissions boundary of a role,
// "" where it has none: its own, else what the control plane role hands on, else
// those of spec.
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

// userPathAndBoundary returns those of the bootstrap user.
func (s *Spec) userPathAndBoundary() (path, boundary string) {
	path, boundary = s.BootstrapUser.Path, s.BootstrapUser.PermissionsBoundary
	setDefault(&path, s.Path)
	setDefault(&boundary, s.PermissionsBoundary)
	return path, boundary
}

// made reports whether the template has the role.
func (s *Spec) made(role roleField) bool {
	return !role.spec.Disable && !(strings.HasPrefix(role.path, "spec.eks.") && s.EKS.Disable)
}

// holder is a role or the user, and what it has.
type holder struct {
	field, logicalID string // "spec.nodes", "AWSIAMRoleNodes"
	path, boundary   string
}

// holders returns the roles and the user that the template has.
func (s *Spec) holders() []holder {
	var all []holder
	for _, role := range s.roles() {
		if s.made(role) {
			path, boundary := s.pathAndBoundary(role)
			all = append(all, holder{role.path, role.logicalID, path, boundary})
		}
	}
	if s.BootstrapUser.Enable {
		path, boundary := s.userPathAndBoundary()
		all = append(all, holder{"spec.bootstrapUser", userBootstrapper, path, boundary})
	}
	return all
}

// warnMissed warns of a path or a permissions boundary that some roles have and
// others lack, and names those. Setting the path "/" says that it is meant.
func warnMissed(r *report, s *Spec, template *Template) {
	for _, setting := range []struct {
		field, what string
		of          func(holder) string
	}{
		{"path", "path", func(h holder) string { return h.path }},
		{"permissionsBoundary", "permissions boundary", func(h holder) string { return h.boundary }},
	} {
		first, missing := "", []string(nil)
		for _, h := range s.holders() {
			switch value := setting.of(h); {
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
		r.warn(first, "%s %s no %s: set spec.%s, which holds for all roles and the bootstrap user", enumerate(missing), verb, setting.what, setting.field)
	}
}

// enumerate joins names as a sentence has them.
func enumerate(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return fmt.Sprintf("%s and %s", strings.Join(names[:len(names)-1], ", "), names[len(names)-1])
}

// warnUnpassableRoles warns when the controllers may not pass the roles that
// this very configuration makes: no instance would start with them.
func warnUnpassableRoles(r *report, s, given *Spec) {
	if given.ClusterAPIControllers.AllowedEC2InstanceProfiles != nil || s.NamePrefix == "" {
		return
	}
	for _, role := range s.roles() {
		if path, _ := s.pathAndBoundary(role); role.profile != "" && !role.spec.Disable && strings.Trim(path, "/") != "" {
			r.warn(role.path, "the role would have the path %s, and the default of spec.clusterAPIControllers.allowedEC2InstanceProfiles, %q, matches no role with a path: the controllers could not start instances with it; list %q",
				path, s.ClusterAPIControllers.AllowedEC2InstanceProfiles[0], "*"+s.ClusterAPIControllers.AllowedEC2InstanceProfiles[0])
			return
		}
	}
}
