// Tests of controller zero-credentials: what the controllers use without the
// Secret, and when the command asks for confirmation.

package cli

import (
	"strings"
	"testing"

	"capaboot/internal/conform"
	"capaboot/internal/kubedouble"
)

// putDeployment creates the Deployment, its ReplicaSet, a pod and the service
// account. The variables of the pod and the annotations of the service account
// are JSON.
func (m *managementCluster) putDeployment(variables, annotations string) {
	spec := `{"serviceAccountName":"capa-controller-manager","containers":[{"name":"manager","image":"capa:v2","env":[` + variables + `],
		"volumeMounts":[{"name":"credentials","mountPath":"/home/.aws"}]}],"volumes":[{"name":"credentials","secret":{"secretName":"capa-manager-bootstrap-credentials"}}]}`
	const labels = `"labels":{"cluster.x-k8s.io/provider":"infrastructure-aws","control-plane":"capa-controller-manager"}`
	m.Put(`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"capa-controller-manager","namespace":"capa-system","uid":"d1",`+labels+`},
		"spec":{"replicas":1,"selector":{"matchLabels":{"control-plane":"capa-controller-manager"}},"template":{"metadata":{`+labels+`},"spec":`+spec+`}},
		"status":{"observedGeneration":1,"replicas":1,"updatedReplicas":1,"readyReplicas":1,"availableReplicas":1}}`,
		`{"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"capa-controller-manager-1","namespace":"capa-system","uid":"r1",`+labels+`,
		"ownerReferences":[{"kind":"Deployment","name":"capa-controller-manager","uid":"d1","controller":true}]},
		"spec":{"replicas":1,"template":{"metadata":{`+labels+`},"spec":`+spec+`}},"status":{"replicas":1,"readyReplicas":1,"availableReplicas":1}}`,
		`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"capa-controller-manager-1-a","namespace":"capa-system",`+labels+`,
		"ownerReferences":[{"kind":"ReplicaSet","name":"capa-controller-manager-1","uid":"r1","controller":true}]},
		"spec":`+spec+`,"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}`,
		`{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"capa-controller-manager","namespace":"capa-system","annotations":{`+annotations+`}}}`)
}

// Variables of a pod, and an annotation of its service account, in JSON.
const (
	podIdentityVariables = `{"name":"AWS_CONTAINER_CREDENTIALS_FULL_URI","value":"http://169.254.170.23/v1/credentials"}`
	webIdentityVariables = `{"name":"AWS_ROLE_ARN","value":"` + roleARN + `"},{"name":"AWS_WEB_IDENTITY_TOKEN_FILE","value":"/var/run/token"}`
	roleAnnotation       = `"eks.amazonaws.com/role-arn":"` + roleARN + `"`
)

func TestZeroCredentials(t *testing.T) {
	const unknown = "it is unknown what the controllers will use instead"
	for _, test := range []struct {
		name, variables, annotations string
		prompts                      bool
		wantStderr, wantFallback     string
	}{
		{"Pod Identity", podIdentityVariables, "", false, "the controllers will use: EKS Pod Identity", "EKS Pod Identity"},
		{"IRSA, with a role whose ARN is in a ConfigMap", `{"name":"AWS_ROLE_ARN","valueFrom":{"configMapKeyRef":{"name":"x","key":"y"}}},{"name":"AWS_WEB_IDENTITY_TOKEN_FILE","value":"/var/run/token"}`, "", true,
			"the controllers would use: IAM roles for service accounts; the role is unknown because the spec of the pod does not contain the value of AWS_ROLE_ARN", "the role is unknown"},
		{"Pod Identity, with a config file", podIdentityVariables + `,{"name":"AWS_CONFIG_FILE","value":"/config"}`, "", true, "the controllers would use: EKS Pod Identity, unless the file in AWS_CONFIG_FILE selects", "unless the file"},
		{"IRSA", webIdentityVariables, roleAnnotation, false, "the controllers will use: IAM roles for service accounts, role " + roleARN, "IAM roles for service accounts"},
		{"variables", `{"name":"AWS_ACCESS_KEY_ID","value":"x"},{"name":"AWS_SECRET_ACCESS_KEY","valueFrom":{"secretKeyRef":{"name":"x","key":"y"}}}`, "", true, "the controllers would use: access keys in the variables of the pods", "variables"},
		{"the instance profile", "", "", true, "the controllers would use: the instance profile of the nodes, if the nodes have an instance profile", "instance profile"},
		{"an annotation that no pod has", "", roleAnnotation, true, "after that, perhaps IAM roles for service accounts, role " + roleARN, "perhaps IAM roles"},
		{"nothing", `{"name":"AWS_EC2_METADATA_DISABLED","value":"true"}`, "", true, "without the credentials in the Secret, the controllers cannot work: they would use nothing, because", "nothing"},
		{"Pod Identity, with a profile that the Secret has until now", podIdentityVariables + `,{"name":"AWS_PROFILE","value":"default"}`, "", true,
			"the controllers would use: EKS Pod Identity; but AWS_PROFILE is default in the pods, and the AWS SDK fails if no configuration or credentials file has this profile", "but AWS_PROFILE is default"},
		{"IRSA, with a profile", webIdentityVariables + `,{"name":"AWS_PROFILE","value":"tenant"}`, roleAnnotation, true, "role " + roleARN + "; but AWS_PROFILE is tenant in the pods", "but AWS_PROFILE is tenant"},
		{"no Deployment", "none", "", true, unknown, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newManagementCluster(t, secretProfile)
			if test.variables != "none" {
				m.putDeployment(test.variables, test.annotations)
			}
			if test.prompts {
				stdout, stderr := m.do(1, "zero-credentials")
				wantText(t, strings.Join(strings.Fields(stderr), " "), test.wantStderr, "error: not confirmed: nothing was changed")
				m.wantSecret(secretProfile)
				if stdout != "" {
					t.Errorf("stdout %q", stdout)
				}
			}
			stdout, stderr := m.do(0, "zero-credentials", "--yes", "-o", "json")
			conform.CheckRun(t, []string{"controller", "zero-credentials", "-o", "json"}, stdout)
			wantText(t, strings.Join(strings.Fields(stderr), " "), test.wantStderr, "access key ****PLE0 works until it is deleted or deactivated in IAM")
			wantText(t, stdout, `"result": "zeroed"`, test.wantFallback)
			m.wantSecret("\n")

			code := map[bool]int{true: 1, false: 0}[test.prompts]
			stdout, _ = m.do(code, "print-credentials")
			wantText(t, stdout, "used instead:     ", test.wantFallback)
			stdout, _ = m.do(0, "zero-credentials")
			wantText(t, stdout, ": unchanged\n")
		})
	}
}

// When the Deployment or its pods cannot be read, the source of credentials is
// unknown.
func TestZeroCredentialsWithoutPermissionToRead(t *testing.T) {
	for _, plural := range []string{"deployments", "pods", "replicasets"} {
		m := newManagementCluster(t, secretProfile)
		m.putDeployment(podIdentityVariables, "")
		m.Fail(kubedouble.Fault{Plural: plural, Kind: kubedouble.Forbidden})
		_, stderr := m.do(1, "zero-credentials")
		wantText(t, strings.Join(strings.Fields(stderr), " "), "it is unknown what the controllers will use instead", "not confirmed: nothing was changed")
		m.wantSecret(secretProfile)
	}
}

// The Cluster API Operator writes the Secret and the Deployment. Each of the
// two objects alone shows that the operator manages the Secret.
func TestZeroCredentialsUnderTheOperator(t *testing.T) {
	for _, path := range []string{kubedouble.SecretPath, kubedouble.DeploymentPath} {
		m := newManagementCluster(t, "")
		m.Install(kubedouble.Installed{Profile: secretProfile, Inject: func() map[string]string {
			return map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials"}
		}})
		m.Change(path, func(o kubedouble.Object) {
			o["metadata"].(kubedouble.Object)["ownerReferences"] = []any{kubedouble.Object{"apiVersion": "operator.cluster.x-k8s.io/v1alpha3", "kind": "InfrastructureProvider", "name": "aws"}}
		})
		_, stderr := m.do(1, "zero-credentials")
		wantText(t, strings.Join(strings.Fields(stderr), " "), "Cluster API Operator, InfrastructureProvider aws manages the Secret (",
			"will overwrite the change; set AWS_B64ENCODED_CREDENTIALS to Cg== (a line break in base64) in the Secret that spec.configSecret of the InfrastructureProvider names",
			"hint: to see which Secret the InfrastructureProvider names: kubectl get infrastructureproviders", "not confirmed: nothing was changed")
		m.do(0, "zero-credentials", "--yes")
		stdout, _ := m.do(0, "print-credentials")
		wantText(t, stdout, "managed by:     Cluster API Operator, InfrastructureProvider aws (")
	}
}

// TestZeroCredentialsOfPodsOnFargate: the EKS Pod Identity agent does not run
// on AWS Fargate. Pods on Fargate may have the variables of EKS Pod Identity,
// but they get no credentials.
func TestZeroCredentialsOfPodsOnFargate(t *testing.T) {
	m := newManagementCluster(t, secretProfile)
	m.putDeployment(podIdentityVariables, "")
	m.Change("/api/v1/namespaces/capa-system/pods/capa-controller-manager-1-a", func(pod kubedouble.Object) {
		pod["spec"].(kubedouble.Object)["nodeName"] = "fargate-1"
	})
	m.Put(`{"apiVersion":"v1","kind":"Node","metadata":{"name":"fargate-1"},"spec":{"providerID":"aws:///eu-west-1a/x/fargate-1"}}`)
	_, stderr := m.do(1, "zero-credentials")
	wantText(t, strings.Join(strings.Fields(stderr), " "), "without the credentials in the Secret, the controllers cannot work: they would use EKS Pod Identity, but node fargate-1 is on AWS Fargate", "not confirmed")
	m.wantSecret(secretProfile)
}

// TestZeroCredentialsAfterTheRoleWasRemoved: running pods keep the role that
// the service account had when they were created. Restarted pods do not get
// this role.
func TestZeroCredentialsAfterTheRoleWasRemoved(t *testing.T) {
	for name, annotations := range map[string]string{"no role": "", "another role": `"eks.amazonaws.com/role-arn":"arn:aws:iam::123456789012:role/other"`} {
		t.Run(name, func(t *testing.T) {
			m := newManagementCluster(t, secretProfile)
			m.putDeployment(webIdentityVariables, annotations)
			m.Change(kubedouble.DeploymentPath, func(deployment kubedouble.Object) { // the webhook of EKS adds the variables to pods only
				containers := deployment["spec"].(kubedouble.Object)["template"].(kubedouble.Object)["spec"].(kubedouble.Object)["containers"].([]any)
				delete(containers[0].(kubedouble.Object), "env")
			})
			_, stderr := m.do(1, "zero-credentials")
			wantText(t, strings.Join(strings.Fields(stderr), " "), "role "+roleARN+", until the pods are restarted; after that, ", "not confirmed")
			m.wantSecret(secretProfile)
		})
	}
}
