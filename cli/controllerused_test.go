// Tests of controller update-credentials: what it says when the controllers do not use
// the Secret, and when it asks before a change removes a profile.

package cli

import (
	"strings"
	"testing"

	"capaboot/internal/kubedouble"
)

// TestUpdateCredentialsWithUnusedSecret checks the warning when the controllers
// do not use the Secret, or when it is unknown whether they do.
func TestUpdateCredentialsWithUnusedSecret(t *testing.T) {
	const unused = "warning: the controllers do not use the Secret: "
	setSpec := func(key string, value any) func(*managementCluster) {
		return func(m *managementCluster) {
			m.Change(kubedouble.DeploymentPath, func(d kubedouble.Object) {
				d["spec"].(kubedouble.Object)["template"].(kubedouble.Object)["spec"].(kubedouble.Object)[key] = value
			})
		}
	}
	for _, test := range []struct {
		name, variables string
		change          func(*managementCluster)
		want            string // "" for no warning
	}{
		{"used", "", nil, ""},
		{"no Deployment", "", func(m *managementCluster) { m.Delete(kubedouble.DeploymentPath) }, "warning: Deployment capa-controller-manager does not exist in namespace capa-system: no controllers are known to use this Secret"},
		{"access keys in variables", `{"name":"AWS_ACCESS_KEY_ID","value":"x"},{"name":"AWS_SECRET_ACCESS_KEY","valueFrom":{"secretKeyRef":{"name":"x","key":"y"}}}`, nil, unused + "the environment variables of the Deployment set an access key"},
		{"a web identity", webIdentityVariables, nil, unused + "the environment variables of the Deployment set a web identity"},
		{"another Secret", "", setSpec("volumes", []any{kubedouble.Object{"name": "credentials", "secret": kubedouble.Object{"secretName": "other"}}}), "warning: it is unknown whether the controllers use the Secret: their credentials file is key credentials of Secret other"},
		{"no mount", `{"name":"HOME","value":"/root"}`, nil, unused + "the Deployment does not mount the credentials of the Secret at the path of their credentials file, /root/.aws/credentials"},
		{"no mount, and an unknown home directory", "", setSpec("volumes", []any{}), "warning: it is unknown whether the controllers use the Secret: the Deployment sets neither"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newManagementCluster(t, secretProfile)
			m.putDeployment(test.variables, "")
			if test.change != nil {
				test.change(m)
			}
			m.setBlob(profileOf(otherUser))
			_, stderr := m.do(0, "update-credentials")
			joined := strings.Join(strings.Fields(strings.ReplaceAll(stderr, "capaboot: warning:", "warning:")), " ")
			if test.want == "" {
				if strings.Contains(joined, "use the Secret") {
					t.Errorf("there is a warning:\n%s", stderr)
				}
				return
			}
			wantText(t, joined, test.want, "hint: to see which credentials the controllers use: capaboot controller status")
		})
	}
}

// TestUpdateCredentialsOfZeroedSecret: new keys in a Secret without keys take
// precedence over EKS Pod Identity. They undo a move to EKS Pod Identity.
func TestUpdateCredentialsOfZeroedSecret(t *testing.T) {
	m := newManagementCluster(t, "\n")
	m.putDeployment("", "")
	m.setBlob(secretProfile)
	_, stderr := m.do(0, "update-credentials")
	wantText(t, strings.Join(strings.Fields(stderr), " "), "take precedence over EKS Pod Identity and an instance profile", "restart the controllers, which keep using their current credentials for the clusters that they already manage")
	if strings.Contains(stderr, "old credentials") {
		t.Errorf("there were no old credentials:\n%s", stderr)
	}
}

// TestUpdateCredentialsWithOtherProfiles: without a confirmation, the command
// does not remove a profile from the Secret, and does not write credentials
// without the profile that the Deployment selects.
func TestUpdateCredentialsWithOtherProfiles(t *testing.T) {
	tenant := secretProfile + "[tenant]\nrole_arn = " + roleARN + "\nsource_profile = default\n"
	for _, test := range []struct{ name, before, after, variables, want string }{
		{"removed", tenant, profileOf(otherUser), "", "the change removes the profile tenant from the Secret"},
		{"two removed", tenant + "[other]\nrole_arn = " + roleARN + "\nsource_profile = default\n", profileOf(otherUser), "", "the change removes these profiles from the Secret, because the new credentials do not have them: tenant, other"},
		{"kept", tenant, strings.Replace(tenant, "eu-west-1", "eu-west-2", 1), "", ""},
		{"used by the old default profile", "[default]\nrole_arn = " + roleARN + "\nsource_profile = keys\n" + strings.Replace(secretProfile, "default", "keys", 1), profileOf(otherUser), "", ""},
		{"selected", secretProfile, profileOf(otherUser), `{"name":"AWS_PROFILE","value":"tenant"}`, "AWS_PROFILE is tenant in the Deployment, but the new credentials do not have this profile"},
		{"selected as the default", secretProfile, profileOf(otherUser), `{"name":"AWS_DEFAULT_PROFILE","value":"tenant"}`, "AWS_DEFAULT_PROFILE is tenant in the Deployment"},
		{"selected and kept", tenant, strings.Replace(tenant, "eu-west-1", "eu-west-2", 1), `{"name":"AWS_PROFILE","value":"tenant"}`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newManagementCluster(t, test.before)
			m.putDeployment(test.variables, "")
			m.setBlob(test.after)
			if test.want != "" {
				_, stderr := m.do(1, "update-credentials")
				wantText(t, strings.Join(strings.Fields(strings.ReplaceAll(stderr, "capaboot: warning:", "")), " "), test.want, "not confirmed: nothing was changed")
				m.wantSecret(test.before)
			}
			m.do(0, append([]string{"update-credentials"}, map[bool][]string{true: {"--yes"}}[test.want != ""]...)...)
			m.wantSecret(test.after)
		})
	}
}
