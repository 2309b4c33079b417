// Tests of controller update-credentials: the sources of the new credentials,
// their checks, questions, conflicts, lost responses, restarts and interruptions.

package cli

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"capaboot/credentials"
	"capaboot/internal/awsdouble"
	"capaboot/internal/conform"
	"capaboot/internal/kubedouble"
)

// otherUser has the keys of a user in another account, whose ARN is otherARN.
var otherUser = awsdouble.Keys{ID: "AKIAFALSEKEYEXAMPLE9", Secret: "xKalrFALSESECRET/K7MDENG+bPxRfiCYEXAMPL9"}

const otherARN = "arn:aws:iam::999988887777:user/bob"

func profileOf(keys awsdouble.Keys) string {
	return "[default]\naws_access_key_id = " + keys.ID + "\naws_secret_access_key = " + keys.Secret + "\nregion = eu-west-1\n"
}

// setBlob sets AWS_B64ENCODED_CREDENTIALS to a profile.
func (m *managementCluster) setBlob(profile string) {
	m.environment["AWS_B64ENCODED_CREDENTIALS"] = base64.StdEncoding.EncodeToString([]byte(profile))
}

// secretText returns the value of the key "credentials" in the Secret.
func (m *managementCluster) secretText() string {
	data, _ := m.Object(secretPath)["data"].(kubedouble.Object)
	encoded, _ := data["credentials"].(string)
	text, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		m.t.Fatal(err)
	}
	return string(text)
}

// wantSecret fails the test unless the Secret has the value. The message has
// only the lengths, because the values are secrets.
func (m *managementCluster) wantSecret(want string) {
	m.t.Helper()
	if m.secretText() != want {
		m.t.Errorf("the Secret has %d bytes, want %d", len(m.secretText()), len(want))
	}
}

func (m *managementCluster) patches() (bodies []string) {
	for _, request := range m.Requests() {
		if request.Verb == "patch" && request.Plural == "secrets" {
			bodies = append(bodies, request.Body)
		}
	}
	return bodies
}

func TestUpdateCredentialsFromTheVariable(t *testing.T) {
	m := newManagementCluster(t, profileOf(otherUser))
	m.setBlob(secretProfile)
	version := m.Object(secretPath)["metadata"].(kubedouble.Object)["resourceVersion"]
	stdout, stderr := m.do(0, "update-credentials")
	if stdout != "Secret capa-manager-bootstrap-credentials in namespace capa-system: updated\n" {
		t.Errorf("stdout %q", stdout)
	}
	wantText(t, stderr, "capaboot: before: access key ****PLE9, account unknown\n", "capaboot: after:  access key ****PLE0, account unknown\n",
		"it is unknown whether the new credentials are for the same account; to ask AWS, use --verify\n", "capaboot controller rollout-controller")
	m.wantSecret(secretProfile)
	var sent struct {
		Metadata map[string]any
		Data     map[string][]byte
	}
	if patches := m.patches(); len(patches) != 1 || json.Unmarshal([]byte(patches[0]), &sent) != nil || sent.Metadata["resourceVersion"] != version || len(sent.Metadata) != 1 || len(sent.Data) != 1 {
		t.Errorf("%d patches, with %v", len(patches), sent.Metadata)
	}
	m.ForgetRequests()
	stdout, _ = m.do(0, "update-credentials", "-o", "json")
	conform.CheckRun(t, []string{"controller", "update-credentials", "-o", "json"}, stdout)
	wantText(t, stdout, `"result": "unchanged"`)
	if len(m.patches()) != 0 {
		t.Error("the Secret is written although it has these credentials")
	}
}

// The new credentials can come from every source of encode-as-profile, with the
// same flags.
func TestUpdateCredentialsFromOtherSources(t *testing.T) {
	m := newManagementCluster(t, secretProfile)
	m.AddUser(otherUser, otherARN)
	m.machine.write(t, ".aws/credentials", "[other]\naws_access_key_id = "+otherUser.ID+"\naws_secret_access_key = "+otherUser.Secret+"\n")
	m.do(0, "update-credentials", "--profile", "other", "--region", "us-west-2")
	m.wantSecret(strings.Replace(profileOf(otherUser), "region = eu-west-1", "region = us-west-2", 1))

	m.environment["AWS_ACCESS_KEY_ID"], m.environment["AWS_SECRET_ACCESS_KEY"] = userID, userSecret
	m.do(0, "update-credentials")
	m.wantSecret(secretProfile)

	_, stderr := m.do(1, "update-credentials", "--session", "--min-ttl", "12h")
	wantText(t, stderr, "which is less than --min-ttl 12h0m0s")
	m.wantSecret(secretProfile)
	m.setBlob(profileOf(otherUser))
	_, stderr = m.do(0, "update-credentials", "--role-arn", roleARN)
	wantText(t, stderr, "AWS_B64ENCODED_CREDENTIALS is ignored: flags select other credentials\n")
	wantText(t, stderr, ", expires ")
	if strings.Contains(stderr, "no expiry") {
		t.Errorf("the expiry of the credentials of the role is known, but stderr is %s", stderr)
	}
	if !strings.Contains(m.secretText(), "aws_session_token = "+m.Given[1].Token) {
		t.Error("the Secret does not have the credentials of the role")
	}
	m.do(2, "update-credentials", "--external-id", "x")

	// The profile in the variable does not record the expiry of temporary
	// credentials.
	m.setBlob(m.secretText())
	_, stderr = m.do(0, "update-credentials")
	wantText(t, stderr, "warning: the new keys are temporary: they expire at an unknown time, and")
}

func TestUpdateCredentialsChecksThem(t *testing.T) {
	for _, test := range []struct{ name, blob, want, forced string }{
		{"half a key pair", base64.StdEncoding.EncodeToString([]byte("[default]\naws_access_key_id = " + userID + "\n")), "has an access key ID, but no secret access key", "[default]\naws_access_key_id = " + userID + "\n"},
		{"zeroed", "Cg==", "the profile has only white space", "\n"},
		{"not base64", "[default]", "AWS_B64ENCODED_CREDENTIALS must be one line of base64", ""},
		{"two lines", "W2RlZmF1\nbHRdCg==\n", "the value contains line breaks", "[default]\n"},
		{"empty", "", "AWS_B64ENCODED_CREDENTIALS is empty", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newManagementCluster(t, secretProfile)
			m.environment["AWS_B64ENCODED_CREDENTIALS"] = test.blob
			code := map[bool]int{true: 2, false: 1}[test.blob == ""]
			stdout, stderr := m.do(code, "update-credentials", "--yes")
			wantText(t, stderr, test.want, "capaboot: hint: ")
			if len(m.Requests()) != 0 || stdout != "" {
				t.Errorf("requests %q, stdout %q", m.RequestLines(), stdout)
			}
			if test.forced == "" {
				m.do(code, "update-credentials", "--force")
				m.wantSecret(secretProfile)
				return
			}
			_, stderr = m.do(0, "update-credentials", "--force")
			wantText(t, stderr, "capaboot: warning: the new credentials: ", test.want)
			m.wantSecret(test.forced)
		})
	}
}

func TestUpdateCredentialsForAnotherAccountNeedsConfirmation(t *testing.T) {
	m := newManagementCluster(t, secretProfile)
	m.AddUser(otherUser, otherARN)
	m.setBlob(profileOf(otherUser))
	stdout, stderr := m.do(1, "update-credentials", "--verify")
	wantText(t, strings.Join(strings.Fields(stderr), " "), "before: access key ****PLE0, account 123456789012, arn:aws:iam::123456789012:user/ann", "after: access key ****PLE9, account 999988887777, "+otherARN,
		"warning: the controllers would use another account: 999988887777 instead of 123456789012", "error: not confirmed: nothing was changed", "hint: to continue without a question, pass --yes")
	if stdout != "" || len(m.patches()) != 0 {
		t.Errorf("stdout %q, %d patches", stdout, len(m.patches()))
	}
	stdout, _ = m.do(0, "update-credentials", "--verify", "--yes", "-o", "json")
	conform.CheckRun(t, []string{"controller", "update-credentials", "-o", "json"}, stdout)
	m.wantSecret(profileOf(otherUser))
}

func TestUpdateCredentialsVerifies(t *testing.T) {
	unknown := awsdouble.Keys{ID: "AKIAFALSEKEYEXAMPLE7", Secret: "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"}
	m := newManagementCluster(t, profileOf(unknown))
	m.setBlob(secretProfile)
	_, stderr := m.do(0, "update-credentials", "--verify")
	wantText(t, strings.Join(strings.Fields(stderr), " "), "warning: the credentials in the Secret: verifying the credentials from the Secret: AWS STS", "it is unknown whether the new credentials are for the same account")
	m.setBlob(profileOf(unknown))
	_, stderr = m.do(1, "update-credentials", "--verify")
	wantText(t, stderr, "capaboot: the new credentials are from AWS_B64ENCODED_CREDENTIALS", "error: the new credentials: verifying the credentials from AWS_B64ENCODED_CREDENTIALS: AWS STS", "nothing was changed")
	m.wantSecret(secretProfile)
	m.do(0, "update-credentials", "--verify", "--force")
	m.wantSecret(profileOf(unknown))
	m.ARN = "arn:aws:iam::123456789012:root"
	m.setBlob(secretProfile)
	_, stderr = m.do(1, "update-credentials", "--verify")
	wantText(t, stderr, "the account's root user")
	m.do(0, "update-credentials", "--verify", "--allow-root")
	m.wantSecret(secretProfile)
}

// An update does not overwrite credentials that another client changed at the
// same time. A change of the labels does not stop it.
func TestUpdateCredentialsConflicts(t *testing.T) {
	const theirs = "[default]\n# theirs\n"
	for _, test := range []struct {
		name   string
		change func(kubedouble.Object)
		code   int
		want   string
	}{
		{"the labels change", func(o kubedouble.Object) { o["metadata"].(kubedouble.Object)["labels"] = kubedouble.Object{"a": "b"} }, 0, profileOf(otherUser)},
		{"the credentials change", func(o kubedouble.Object) {
			o["data"] = kubedouble.Object{"credentials": base64.StdEncoding.EncodeToString([]byte(theirs))}
		}, 1, theirs},
		{"the Secret is recreated", func(o kubedouble.Object) { o["metadata"].(kubedouble.Object)["uid"] = "another" }, 1, secretProfile},
		{"the Secret becomes immutable", func(o kubedouble.Object) { o["immutable"] = true }, 1, secretProfile},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newManagementCluster(t, secretProfile)
			m.setBlob(profileOf(otherUser))
			changed := false
			m.Before(func(s *kubedouble.Server, r kubedouble.Request) {
				if r.Verb == "patch" && !changed {
					changed = true
					s.Change(secretPath, test.change)
				}
			})
			stdout, stderr := m.do(test.code, "update-credentials")
			m.wantSecret(test.want)
			if test.code != 0 && (stdout != "" || !strings.Contains(stderr, "at the same time") && !strings.Contains(stderr, "immutable")) {
				t.Errorf("stdout %q, stderr %s", stdout, stderr)
			}
		})
	}
}

// After a lost response the command finds out whether the Secret was changed.
func TestUpdateCredentialsAfterALostResponse(t *testing.T) {
	for _, test := range []struct {
		name    string
		faults  []kubedouble.Fault
		code    int
		changed bool
		want    string
	}{
		{"changed, and the connection breaks", []kubedouble.Fault{{Verb: "patch", Kind: kubedouble.Reset, After: true}}, 0, true, ""},
		{"changed, and a proxy responds", []kubedouble.Fault{{Verb: "patch", Kind: kubedouble.BadGateway, After: true}}, 0, true, ""},
		{"changed, and an outage", []kubedouble.Fault{{Verb: "patch", Kind: kubedouble.Outage, After: true}}, 0, true, ""},
		{"not changed, and the connection breaks", []kubedouble.Fault{{Verb: "patch", Kind: kubedouble.Reset}}, 1, false, "no response from "},
		{"not changed, and an outage", []kubedouble.Fault{{Verb: "patch", Kind: kubedouble.Outage}}, 1, false, "500 InternalError"},
		{"unknown", []kubedouble.Fault{{Kind: kubedouble.Reset, Skip: 1, After: true}}, 1, true, "it is unknown whether the Secret was changed: no response from "},
		{"too many requests", []kubedouble.Fault{{Verb: "patch", Kind: kubedouble.Busy, Times: 2}}, 0, true, ""},
		{"denied", []kubedouble.Fault{{Verb: "patch", Kind: kubedouble.Forbidden}}, 1, false, "verbs: [get, patch]}"},
		{"denied by a webhook that repeats the request", []kubedouble.Fault{{Verb: "patch", Kind: kubedouble.Echo}}, 1, false, "admission webhook"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newManagementCluster(t, secretProfile)
			m.machine.write(t, ".aws/credentials", "[other]\naws_access_key_id = "+otherUser.ID+"\naws_secret_access_key = "+otherUser.Secret+"\n")
			m.Fail(test.faults...)
			stdout, stderr := m.do(test.code, "update-credentials", "--profile", "other")
			m.wantSecret(map[bool]string{true: profileOf(otherUser), false: secretProfile}[test.changed])
			if blob := base64.StdEncoding.EncodeToString([]byte(profileOf(otherUser))); strings.Contains(stderr, blob) || strings.Contains(stderr, blob[20:60]) {
				t.Errorf("the blob is shown: %s", stderr)
			}
			wantText(t, strings.Join(strings.Fields(stderr), " "), test.want)
			if test.code != 0 && stdout != "" {
				t.Errorf("stdout %q", stdout)
			}
		})
	}
}

// Changing a Secret that another tool manages needs confirmation.
func TestUpdateCredentialsOfAManagedSecret(t *testing.T) {
	for _, test := range []struct{ metadata, want string }{
		{`"ownerReferences":[{"kind":"ExternalSecret","name":"capa"}],"labels":{"reconcile.external-secrets.io/managed":"true"}`, "ExternalSecret capa manages the Secret (its owner) and will overwrite the change; make the change in ExternalSecret capa"},
		{`"annotations":{"reconcile.external-secrets.io/data-hash":"x"}`, "External Secrets Operator manages the Secret (annotation reconcile.external-secrets.io/data-hash)"},
		{`"annotations":{"argocd.argoproj.io/tracking-id":"capa:/Secret:capa-system/x"}`, "Argo CD, application capa manages the Secret"},
		{`"labels":{"kustomize.toolkit.fluxcd.io/name":"capi"}`, "Flux, Kustomization capi manages the Secret"},
		{`"labels":{"app.kubernetes.io/managed-by":"Helm"},"annotations":{"meta.helm.sh/release-name":"capa"}`, "Helm, release capa manages the Secret"},
		{`"managedFields":[{"manager":"argocd-controller","operation":"Apply","fieldsV1":{"f:data":{"f:credentials":{}}}}]`, "Argo CD manages the Secret (it wrote the credentials, as field manager argocd-controller)"},
		{`"ownerReferences":[{"apiVersion":"operator.cluster.x-k8s.io/v1alpha2","kind":"InfrastructureProvider","name":"aws"}],"managedFields":[{"manager":"capi-operator","operation":"Apply","fieldsV1":{"f:data":{"f:credentials":{}}}}]`,
			"Cluster API Operator, InfrastructureProvider aws manages the Secret (its owner) and will overwrite the change; change AWS_B64ENCODED_CREDENTIALS in the Secret that spec.configSecret of the InfrastructureProvider names capaboot: hint: to see which Secret the InfrastructureProvider names: kubectl get infrastructureproviders.operator.cluster.x-k8s.io -n capa-system -o jsonpath='{.items[*].spec.configSecret}'"},
		{`"managedFields":[{"manager":"capi-operator","operation":"Apply","fieldsV1":{"f:data":{"f:credentials":{}}}}]`, "Cluster API Operator manages the Secret (it wrote the credentials, as field manager capi-operator)"},
		{`"ownerReferences":[{"apiVersion":"example.com/v1","kind":"InfrastructureProvider","name":"aws"}]`, "InfrastructureProvider aws manages the Secret (its owner) and will overwrite the change; make the change in InfrastructureProvider aws"},
		{`"managedFields":[{"manager":"clusterctl","operation":"Update","fieldsV1":{"f:data":{"f:credentials":{}}}},{"manager":"helm","fieldsV1":{"f:metadata":{}}}]`, ""},
	} {
		m := newManagementCluster(t, "")
		m.Put(strings.Replace(strings.Replace(secretManifest(secretProfile), `"labels":{"cluster.x-k8s.io/provider":"infrastructure-aws"},`, "", 1), `"metadata":{`, `"metadata":{`+test.metadata+",", 1))
		m.setBlob(profileOf(otherUser))
		code := 1
		if test.want == "" {
			code = 0
		}
		_, stderr := m.do(code, "update-credentials")
		joined := strings.Join(strings.Fields(stderr), " ")
		wantText(t, joined, test.want)
		if code == 1 {
			wantText(t, joined, "not confirmed: nothing was changed")
			m.wantSecret(secretProfile)
			m.do(0, "update-credentials", "--yes")
		}
		m.wantSecret(profileOf(otherUser))
	}
}

// The Deployment can show who writes the Secret: the Cluster API Operator
// writes both. Another tool that manages only the Deployment may write the
// Secret too.
func TestUpdateCredentialsOfAManagedDeployment(t *testing.T) {
	install := func(change func(meta kubedouble.Object)) *managementCluster {
		m := newManagementCluster(t, secretProfile)
		m.Install(kubedouble.Installed{Profile: secretProfile})
		m.setBlob(profileOf(otherUser))
		m.Change(kubedouble.DeploymentPath, func(o kubedouble.Object) { change(o["metadata"].(kubedouble.Object)) })
		return m
	}
	m := install(func(meta kubedouble.Object) {
		meta["ownerReferences"] = []any{kubedouble.Object{"apiVersion": "operator.cluster.x-k8s.io/v1alpha2", "kind": "InfrastructureProvider", "name": "aws", "uid": "1"}}
	})
	_, stderr := m.do(1, "update-credentials")
	wantText(t, stderr, "Cluster API Operator, InfrastructureProvider aws manages the Secret (it manages the Deployment) and will overwrite the change",
		"in the Secret that spec.configSecret of the InfrastructureProvider names", "not confirmed: nothing was changed")
	m.wantSecret(secretProfile)
	stdout, _ := m.do(0, "update-credentials", "--yes", "-o", "json")
	conform.CheckRun(t, []string{"controller", "update-credentials", "-o", "json"}, stdout)
	wantText(t, stdout, `"by": "it manages the Deployment"`)
	m.wantSecret(profileOf(otherUser))

	m = install(func(meta kubedouble.Object) {
		meta["annotations"] = kubedouble.Object{"meta.helm.sh/release-name": "capa"}
	})
	stdout, stderr = m.do(0, "update-credentials", "-o", "json")
	wantText(t, stderr, "warning: Helm, release capa manages the Deployment (annotation meta.helm.sh/release-name): if this tool also writes the Secret, the tool will overwrite the change")
	wantText(t, stdout, `"managers": []`)
	m.wantSecret(profileOf(otherUser))

	m = install(func(kubedouble.Object) {})
	m.Fail(kubedouble.Fault{Plural: "deployments", Kind: kubedouble.Forbidden})
	_, stderr = m.do(0, "update-credentials")
	wantText(t, stderr, "it is unknown whether the controllers use the Secret, and whether Cluster API Operator would overwrite the change, because the Deployment could not be read: not allowed to get Deployment", "hint: if RBAC denies this access, grant this rule in a Role")
}

func TestImmutableSecret(t *testing.T) {
	m := newManagementCluster(t, "")
	m.Put(strings.Replace(secretManifest(secretProfile), `"type"`, `"immutable":true,"type"`, 1))
	m.setBlob(profileOf(otherUser))
	for _, command := range []string{"update-credentials", "zero-credentials"} {
		_, stderr := m.do(1, command, "--yes")
		wantText(t, strings.Join(strings.Fields(stderr), " "), "error: Secret capa-manager-bootstrap-credentials in namespace capa-system is immutable: Kubernetes does not allow changes of its data", "hint: delete the Secret (kubectl delete secret -n capa-system capa-manager-bootstrap-credentials)")
	}
	stdout, _ := m.do(0, "print-credentials")
	wantText(t, stdout, "  immutable:      yes\n")
}

// Under the name clusterawsadm the commands send the requests of clusterawsadm
// in its order, ask nothing, and show no secret.
func TestCompatibleWriting(t *testing.T) {
	get, patch := "GET "+secretPath, "PATCH "+secretPath+" application/merge-patch+json"
	want := strings.Join([]string{get, patch, get}, "\n")
	m := newManagementCluster(t, "")
	m.called = "clusterawsadm"
	m.Put(strings.Replace(secretManifest(secretProfile), `"metadata":{`, `"metadata":{"annotations":{"argocd.argoproj.io/tracking-id":"capa:x"},`, 1))
	for _, test := range []struct{ command, blob, stdout, wantBody, warning string }{
		{"update-credentials", profileOf(otherUser), "updated\n", profileOf(otherUser), "Argo CD, application capa manages the Secret"},
		{"update-credentials", profileOf(otherUser), "unchanged\n", profileOf(otherUser), "Argo CD"},
		{"update-credentials", "not a profile", "updated\n", "not a profile", "the new credentials: "},
		{"update-credentials", "", "Credentials are zeroed\n", "\n", "AWS_B64ENCODED_CREDENTIALS is empty"},
		{"zero-credentials", "", "Credentials are zeroed\n", "\n", "it is unknown what the controllers will use instead"},
	} {
		m.ForgetRequests()
		m.setBlob(test.blob)
		stdout, stderr := m.do(0, test.command)
		if !strings.HasSuffix(stdout, test.stdout) || strings.Join(m.RequestLines(), "\n") != want {
			t.Errorf("%s: stdout %q, requests:\n%s", test.command, stdout, strings.Join(m.RequestLines(), "\n"))
		}
		wantText(t, strings.Join(strings.Fields(stderr), " "), "clusterawsadm: warning: ", test.warning)
		m.wantSecret(test.wantBody)
	}
	delete(m.environment, "AWS_B64ENCODED_CREDENTIALS")
	m.environment["AWS_ACCESS_KEY_ID"], m.environment["AWS_SECRET_ACCESS_KEY"] = userID, userSecret
	_, stderr := m.do(2, "update-credentials")
	wantText(t, strings.Join(strings.Fields(stderr), " "), "clusterawsadm: error: AWS_B64ENCODED_CREDENTIALS is not set clusterawsadm: hint: set the variable (clusterawsadm bootstrap credentials encode-as-profile prints its value)")
}

func TestUpdateCredentialsRollsOut(t *testing.T) {
	m := newManagementCluster(t, "")
	m.Install(kubedouble.Installed{Profile: secretProfile})
	m.setBlob(profileOf(otherUser))
	stdout, stderr := m.do(0, "update-credentials", "--rollout", "-o", "json")
	conform.CheckRun(t, []string{"controller", "update-credentials", "-o", "json"}, stdout)
	wantText(t, stdout, `"result": "updated"`, `"rollout": "complete"`)
	if strings.Contains(stderr, "rollout-controller") {
		t.Errorf("there is a hint to restart although the controllers restarted:\n%s", stderr)
	}
	// With --rollout, credentials that are already in the Secret are rolled out
	// again, for example after a restart that failed.
	stdout, _ = m.do(0, "update-credentials", "--rollout", "-o", "json")
	wantText(t, stdout, `"result": "unchanged"`, `"rollout": "complete"`)

	m.Fail(kubedouble.Fault{Verb: "patch", Plural: "deployments", Kind: kubedouble.Forbidden})
	m.setBlob(secretProfile)
	stdout, stderr = m.do(1, "update-credentials", "--rollout")
	wantText(t, strings.Join(strings.Fields(stderr), " "), "capaboot: Secret capa-manager-bootstrap-credentials in namespace capa-system: updated", "error: not allowed to patch Deployment", "verbs: [get, patch]}")
	m.wantSecret(secretProfile)
	if stdout != "" {
		t.Errorf("stdout %q", stdout)
	}

	// The Secret is changed even if the restart fails, so JSON has the result.
	m.setBlob(profileOf(otherUser))
	stdout, stderr = m.do(1, "update-credentials", "--rollout", "-o", "json")
	conform.CheckRun(t, []string{"controller", "update-credentials", "-o", "json"}, stdout)
	wantText(t, stdout, `"result": "updated"`, `"rollout": "not started"`, `"problem": "not allowed to patch Deployment`)
	wantText(t, stderr, "error: not allowed to patch Deployment", "warning: the controllers were not restarted, and do not use the change yet")
	// A request may be executed although its response is lost.
	m.RemoveFaults()
	m.setBlob(secretProfile)
	m.Fail(kubedouble.Fault{Verb: "patch", Plural: "deployments", Kind: kubedouble.Portal, After: true})
	stdout, _ = m.do(0, "update-credentials", "--rollout", "-o", "json")
	wantText(t, stdout, `"result": "updated"`, `"rollout": "complete"`)
	m.setBlob(profileOf(otherUser))
	m.do(0, "update-credentials")
	m.RemoveFaults()
	m.Fail(kubedouble.Fault{Verb: "patch", Plural: "deployments", Kind: kubedouble.Hang})
	stdout, stderr = m.do(1, "update-credentials", "--rollout", "--timeout", "200ms", "-o", "json")
	conform.CheckRun(t, []string{"controller", "update-credentials", "-o", "json"}, stdout)
	wantText(t, stdout, `"result": "unchanged"`, `"rollout": "unknown"`, `"problem": "timed out after 200ms`)
	wantText(t, stderr, "error: timed out after 200ms")
}

// After an interrupt during the request, the output says that the Secret may
// have been changed.
func TestUpdateCredentialsInterrupted(t *testing.T) {
	m := newManagementCluster(t, secretProfile)
	m.setBlob(profileOf(otherUser))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	m.Fail(kubedouble.Fault{Verb: "patch", Kind: kubedouble.Hang})
	m.Before(func(_ *kubedouble.Server, r kubedouble.Request) {
		if r.Verb == "patch" {
			cancel()
		}
	})
	var out, stderr bytes.Buffer
	code := Run(ctx, Process{Args: []string{"capaboot", "controller", "update-credentials"}, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &stderr,
		Environment: credentials.Environment{Home: m.home, Lookup: func(name string) (string, bool) { value, ok := m.environment[name]; return value, ok }}})
	if code != exitInterrupted || out.Len() > 0 {
		t.Errorf("exit code %d, stdout %q", code, out.String())
	}
	wantText(t, strings.Join(strings.Fields(stderr.String()), " "), "error: interrupted", "hint: it is unknown whether the Secret was changed; to see the content of the Secret: capaboot controller print-credentials")
}
