package controllerview

// This file finds out whether the controllers use the credentials that a change
// writes to the Secret, and what a change removes besides the old credentials.

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/controller"
	"capaboot/controller/move"
	"capaboot/credentials"
)

// UseWarning returns why the controllers of a namespace do not use credentials in the
// Secret, or why that is unknown, according to their Deployment. It returns "" if the
// Deployment does not show a reason. d is nil if there is no Deployment.
//
// Variables that EKS adds only to the pods are not considered.
func UseWarning(namespace string, d *controller.Deployment) string {
	if d == nil {
		return fmt.Sprintf("Deployment %s does not exist in namespace %s: no controllers are known to use this Secret", controller.DeploymentName, namespace)
	}
	const unused = "the controllers do not use the Secret: "
	template := d.Spec.Template.Spec
	file := template.CredentialsFile()
	switch controller.SourceOf(template, true).Kind {
	case controller.SourceVariables:
		return unused + "the environment variables of the Deployment set an access key, which takes precedence"
	case controller.SourceWebIdentity:
		return unused + "the environment variables of the Deployment set a web identity, which takes precedence"
	case controller.SourceSecret:
		return ""
	case controller.SourceFile:
		return "it is unknown whether the controllers use the Secret: their credentials file is " + file.Other
	}
	if !template.SetsCredentialsFile() {
		return "it is unknown whether the controllers use the Secret: the Deployment sets neither AWS_SHARED_CREDENTIALS_FILE nor HOME, so the path of their credentials file is unknown"
	}
	return unused + "the Deployment does not mount the credentials of the Secret at the path of their credentials file, " + file.Path
}

// OtherSourceWarning returns a warning if the change adds credentials to a Secret
// that has none: until now, the controllers have used another source or none.
func (c *Change) OtherSourceWarning() string {
	if c.Before.State == controller.Filled || c.After.State != controller.Filled {
		return ""
	}
	return "the Secret has no credentials now, so the controllers use another source or none; the new credentials take precedence over EKS Pod Identity and an instance profile, but not over a web identity (IRSA)"
}

// ProfileReason returns the reason to ask for confirmation if the new credentials
// lack the profile that the Deployment selects. d may be nil.
func ProfileReason(d *controller.Deployment, after *credentials.Inspection) string {
	if d == nil || after == nil || controller.SourceOf(d.Spec.Template.Spec, true).Kind != controller.SourceSecret {
		return ""
	}
	profile, isNeeded := d.Spec.Template.Spec.Profile()
	switch {
	case profile == "" || slices.Contains(profileNames(after), profile):
		return ""
	case isNeeded:
		return "AWS_PROFILE is " + profile + " in the Deployment, but the new credentials do not have this profile: the AWS SDK fails if no configuration or credentials file has it"
	}
	return "AWS_DEFAULT_PROFILE is " + profile + " in the Deployment, but the new credentials do not have this profile: the controllers do not use the new credentials"
}

// LostProfilesReason returns the reason to ask for confirmation if the change
// removes profiles: the Secret has them now, and the new credentials do not
// have them. The default profile and the profiles that it uses do not count:
// they are the old credentials. A profile that has neither keys nor a role does
// not count either.
func LostProfilesReason(before, after *credentials.Inspection) string {
	if before == nil || after == nil {
		return ""
	}
	kept := append(profileNames(after), chainOfDefault(before)...)
	var lost []string
	for _, p := range before.Profiles {
		if p.Kind != "" && !slices.Contains(kept, p.Name) {
			lost = append(lost, p.Name)
		}
	}
	switch len(lost) {
	case 0:
		return ""
	case 1:
		return "the change removes the profile " + lost[0] + " from the Secret, because the new credentials do not have it"
	}
	return "the change removes these profiles from the Secret, because the new credentials do not have them: " + strings.Join(lost, ", ")
}

// chainOfDefault returns the names of the default profile and of the profiles in its
// chain of source_profile settings.
func chainOfDefault(i *credentials.Inspection) (names []string) {
	next := "default"
	for next != "" && !slices.Contains(names, next) {
		names = append(names, next)
		at := slices.IndexFunc(i.Profiles, func(p credentials.InspectedProfile) bool { return p.Name == next })
		if at < 0 {
			return names
		}
		next = i.Profiles[at].SourceProfile
	}
	return names
}

// AccountWarning returns a warning if a move removes credentials that are, or
// may be, for an account other than the account of the role. Otherwise it returns
// nil.
func AccountWarning(p *move.Plan) *move.OtherAccount {
	removes := slices.ContainsFunc(p.Steps, func(s move.Step) bool {
		return s.Name == move.StepSecret && s.State == move.Todo && s.Before == string(controller.Filled)
	})
	role := strings.Split(p.Role.ARN, ":")
	if !removes || len(role) < 5 {
		return nil
	}
	content := NewSecretContent(p.Installation.Secret)
	account := NewSide(content.State, content.Credentials).Account
	if account == role[4] {
		return nil
	}
	return &move.OtherAccount{Secret: account, Role: role[4]}
}

func profileNames(i *credentials.Inspection) (names []string) {
	for _, p := range i.Profiles {
		names = append(names, p.Name)
	}
	return names
}
