// The fit rule for CAPA's instance profiles: each must contain only the role
// that it is for.

package review

import (
	"slices"
	"strings"

	"capaboot/policies/catalog"
	"capaboot/policies/document"
)

func profileRules() []Rule {
	return []Rule{{ID: "fit-instance-profile", Severity: Medium, Reference: userGuide + "id_roles_use_switch-role-ec2_instance-profiles.html",
		Risk:   "the instance profile contains a role that is for other instances, so instances get permissions that they should not have",
		Remedy: "put the role into the role's own instance profile, as CAPA's template does", set: checkInstanceProfiles}}
}

// checkInstanceProfiles finds the instance profiles of CAPA that contain a role
// of CAPA that they are not for. If the nodes' profile contains the
// controllers' role, every node can change the clusters.
func checkInstanceProfiles(r *run) {
	for _, source := range r.set.CredentialSources {
		if source.Kind != document.InstanceProfileKind {
			continue
		}
		for _, p := range source.Principals {
			i := slices.IndexFunc(r.subjects, func(s *subject) bool { return s.LogicalID == p.LogicalID && s.File == p.File && s.Name == p.Name })
			if i < 0 {
				continue
			}
			role, wanted := capaRole(r.subjects[i]), profileRole(source)
			if role == nil || wanted == nil || role == wanted {
				continue
			}
			f := Finding{Policy: source.Name, NotPolicy: true, Principals: []string{p.Name}, Location: Location{source.File, source.Line, source.Column}, When: p.When,
				Message: sentencef("the instance profile %s is for the role %s of CAPA, but contains the role %s, so instances with this profile have the permissions of %s", source.Name, wanted.Name, p.Name, p.Name)}
			if role.LogicalID == controllersRoleID {
				f.Severity = High
			}
			r.report(f)
		}
	}
}

// profileRole returns the role of CAPA that an instance profile is for, by its
// logical ID in CAPA's templates or by its name; nil for a profile that is not
// CAPA's.
func profileRole(profile *document.CredentialSource) *catalog.Role {
	logicalID, isCAPA := strings.CutPrefix(profile.LogicalID, "AWSIAMInstanceProfile")
	if isCAPA {
		logicalID = "AWSIAMRole" + logicalID
	}
	return capaRole(&subject{Holder: &document.Holder{Name: profile.Name, LogicalID: logicalID}})
}
