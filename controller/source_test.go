// Tests of the source of a pod's credentials, and of label selectors.

package controller

import (
	"encoding/json"
	"testing"
)

// The variables, mount and volume of CAPA's manifest, and the variables that EKS
// adds to a pod, in JSON.
const (
	capaEnv     = `{"name":"AWS_SHARED_CREDENTIALS_FILE","value":"/home/.aws/credentials"},{"name":"AWS_CONFIG_FILE","value":"/home/.aws/config"}`
	irsaEnv     = `{"name":"AWS_ROLE_ARN","value":"arn:aws:iam::123456789012:role/capa"},{"name":"AWS_WEB_IDENTITY_TOKEN_FILE","value":"/var/run/secrets/eks.amazonaws.com/serviceaccount/token"}`
	identityEnv = `{"name":"AWS_CONTAINER_CREDENTIALS_FULL_URI","value":"http://169.254.170.23/v1/credentials"},{"name":"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE","value":"/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token"}`
	secretMount = `{"name":"credentials","mountPath":"/home/.aws"}`
	volume      = `{"name":"credentials","secret":{"secretName":"capa-manager-bootstrap-credentials"}}`
)

// spec returns the spec of a pod with variables and a mount in JSON.
func spec(t *testing.T, env, mount string) PodSpec {
	t.Helper()
	var s PodSpec
	text := `{"containers":[{"name":"proxy"},{"name":"manager","env":[` + env + `],"volumeMounts":[` + mount + `]}],"volumes":[` + volume + `]}`
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSourceOf(t *testing.T) {
	const keys = `{"name":"AWS_ACCESS_KEY_ID","value":"AKIAFALSEKEYEXAMPLE0"},{"name":"AWS_SECRET_ACCESS_KEY","valueFrom":{"secretKeyRef":{"name":"x","key":"y"}}}`
	for _, test := range []struct {
		name, env, mount string
		hasCredentials   bool
		want             SourceKind
	}{
		{"CAPA as installed", capaEnv, secretMount, true, SourceSecret},
		{"zeroed", capaEnv, secretMount, false, SourceInstance},
		{"no mount", capaEnv, "", true, SourceInstance},
		{"mounted elsewhere", capaEnv, `{"name":"credentials","mountPath":"/etc/aws"}`, true, SourceInstance},
		{"without the variable", "", secretMount, true, SourceSecret},
		{"in the home directory", `{"name":"HOME","value":"/root"}`, `{"name":"credentials","mountPath":"/root/.aws"}`, true, SourceSecret},
		{"in another home directory", `{"name":"HOME","value":"/root"}`, secretMount, true, SourceInstance},
		{"another path", `{"name":"AWS_SHARED_CREDENTIALS_FILE","value":"/etc/aws/credentials"}`, `{"name":"credentials","mountPath":"/etc/aws/"}`, true, SourceSecret},
		{"a web identity takes precedence over the Secret", capaEnv + "," + irsaEnv, secretMount, true, SourceWebIdentity},
		{"the Secret takes precedence over Pod Identity", capaEnv + "," + identityEnv, secretMount, true, SourceSecret},
		{"Pod Identity", capaEnv + "," + identityEnv, secretMount, false, SourcePodIdentity},
		{"Pod Identity over IPv6", `{"name":"AWS_CONTAINER_CREDENTIALS_FULL_URI","value":"http://[fd00:ec2::23]/v1/credentials"}`, secretMount, false, SourcePodIdentity},
		{"another endpoint", `{"name":"AWS_CONTAINER_CREDENTIALS_FULL_URI","value":"http://localhost/credentials"}`, secretMount, false, SourceContainer},
		{"ECS", `{"name":"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI","value":"/v2"},` + identityEnv, secretMount, false, SourceContainer},
		{"keys in variables take precedence", capaEnv + "," + irsaEnv + "," + keys, secretMount, true, SourceVariables},
		{"keys in old and new variable names", capaEnv + `,{"name":"AWS_ACCESS_KEY_ID","value":"AKIAFALSEKEYEXAMPLE0"},{"name":"AWS_SECRET_KEY","value":"FALSE"}`, secretMount, true, SourceVariables},
		{"a key without its secret", capaEnv + `,{"name":"AWS_ACCESS_KEY_ID","value":"AKIAFALSEKEYEXAMPLE0"}`, secretMount, true, SourceSecret},
		{"instance metadata disabled", `{"name":"AWS_EC2_METADATA_DISABLED","value":"true"}`, secretMount, false, SourceNone},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := SourceOf(spec(t, test.env, test.mount), test.hasCredentials); got.Kind != test.want {
				t.Errorf("got %s, want %s", got.Kind, test.want)
			}
		})
	}
	if got := SourceOf(spec(t, irsaEnv, ""), false); got.RoleARN != "arn:aws:iam::123456789012:role/capa" {
		t.Errorf("got %+v", got)
	}
	if got := SourceOf(PodSpec{}, true); got.Kind != SourceInstance {
		t.Errorf("without containers: %+v", got)
	}
}

func TestSelectorQuery(t *testing.T) {
	var s LabelSelector
	text := `{"matchLabels":{"b":"2","a":"1"},"matchExpressions":[{"key":"c","operator":"In","values":["x","y"]},{"key":"d","operator":"NotIn","values":["z"]},{"key":"e","operator":"Exists"},{"key":"f","operator":"DoesNotExist"}]}`
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	if got, want := s.String(), "a=1,b=2,c in (x,y),d notin (z),e,!f"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
