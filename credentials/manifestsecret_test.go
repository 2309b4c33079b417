// Tests of the choice of a Secret in a manifest.

package credentials

import (
	"strings"
	"testing"
)

// identitySecret returns the Secret of a static identity. Without good, its key
// is temporary and lacks its session token.
func identitySecret(metadata string, good bool) string {
	id := fakeKeyID
	if !good {
		id = "ASIAFALSEKEYEXAMPLE0"
	}
	return "---\napiVersion: v1\nkind: Secret\nmetadata: {" + metadata + "}\nstringData: {AccessKeyID: " + id + ", SecretAccessKey: " + fakeSecret + "}\n"
}

func identityOf(secretRef string) string {
	return "---\napiVersion: infrastructure.cluster.x-k8s.io/v1beta2\nkind: AWSClusterStaticIdentity\nmetadata: {name: i}\nspec: {secretRef: " + secretRef + "}\n"
}

func bootstrapManifest(namespace, text string) string {
	return "---\napiVersion: v1\nkind: Secret\nmetadata: {name: " + bootstrapSecret + ", namespace: " + namespace + "}\ndata: {credentials: " + b64(text) + "}\n"
}

// fakeLowercase is a name that Kubernetes accepts, and that looks like a secret.
const fakeLowercase = "3f9a1c7e5b2d8460f1e9c3a7b5d2846f0e1c9a37"

func capaDeployment(namespace string) string {
	return "---\nkind: Deployment\nmetadata: {name: capa-controller-manager, namespace: " + namespace + "}\n"
}

// secretProblems are manifests with the codes of the problems that Inspect
// reports, and a part of the report.
var secretProblems = []struct{ name, manifest, codes, text string }{
	{"the Secret of the identity, after another", identitySecret("name: good", true) + identityOf("bad") + identitySecret("name: bad", false), "!no-session-token,several-secrets", `are not inspected: "good"`},
	{"the Secret of the identity, before the identity", identitySecret("name: good", true) + identitySecret("name: bad", false) + identityOf("bad"), "!no-session-token,several-secrets", `are not inspected: "good"`},
	{"a good Secret of the identity", identitySecret("name: bad", false) + identityOf("good") + identitySecret("name: good", true), "several-secrets", `are not inspected: "bad"`},
	{"one Secret, and its identity", identitySecret("name: good", true) + identityOf("good"), "", ""},
	{"the Secrets of two identities", identityOf("a") + identityOf("b") + identitySecret("name: x", true) + identitySecret("name: b", false) + identitySecret("name: a", true), "!no-session-token,several-secrets", `2 more Secrets in the manifest have credentials, which are not inspected: "x", "a"`},
	{"the Secret of the controllers, and that of an identity", identityOf("bad") + identitySecret("name: bad", false) + bootstrapManifest("capa-system", goodText), "several-secrets", `are not inspected: "bad"`},
	{"the Secret of the controllers under another key", identitySecret("name: good", true) + "---\nkind: Secret\nmetadata: {name: " + bootstrapSecret + "}\ndata: {creds: " + b64(goodText) + "}\n", "!no-credentials,several-secrets", ""},
	{"a list", `{"kind": "List", "items": [{"kind": "AWSClusterStaticIdentity", "spec": {"secretRef": "b"}}, {"kind": "Secret", "metadata": {"name": "a"}, "stringData": {"AccessKeyID": "` + fakeKeyID + `", "SecretAccessKey": "` + fakeSecret + `"}}, {"kind": "Secret", "metadata": {"name": "b"}, "stringData": {"AccessKeyID": "` + fakeKeyID + `"}}]}`, "!half-a-pair,several-secrets", `inspected: "a"`},
	{"a list of identities", `{"kind": "AWSClusterStaticIdentityList", "items": [{"spec": {"secretRef": "bad"}}]}` + "\n" + identitySecret("name: good", true) + identitySecret("name: bad", false), "!no-session-token,several-secrets", ""},
	{"an identity whose Secret has a profile", identityOf("x") + "---\n" + secretManifest("data", b64(goodText)), "!no-credentials", "the Secret that the AWSClusterStaticIdentity names has no data under AccessKeyID and SecretAccessKey"},
	{"an identity whose Secret is empty", identitySecret("name: good", true) + identityOf("x") + "---\nkind: Secret\nmetadata: {name: x}\n", "!no-credentials,several-secrets", `inspected: "good"`},
	{"the same name in two namespaces", identityOf("x") + identitySecret("name: x, namespace: n", true) + identitySecret("name: x, namespace: capa-system", false), "!no-session-token,several-secrets", ""},
	{"the Secret of the controllers in two namespaces", bootstrapManifest("n", goodText) + bootstrapManifest("capa-system", strings.Replace(goodText, "AKIA", "ASIA", 1)), "!no-session-token,several-secrets", ""},
	{"an identity without its Secret", identityOf("other") + identitySecret("name: x", true), "missing-secret", `an AWSClusterStaticIdentity names the Secret "other", which is not in the manifest; the Secret "x" is inspected`},
	{"two identities without their Secrets", identityOf("a") + identityOf("b") + identityOf("a") + identitySecret("name: x", true), "missing-secret", `name the Secrets "a", "b", which are not in the manifest`},
	{"one of two identities without its Secret", identityOf("a") + identityOf("b") + identitySecret("name: x", true) + identitySecret("name: b", false), "!no-session-token,several-secrets,missing-secret", `names the Secret "a", which is not in the manifest; the Secret "b" is inspected`},
	{"an identity alone", identityOf("other"), "!no-secret,missing-secret", "kubectl get secret -n capa-system other -o yaml"},
	{"an identity alone, and the Deployment of the controllers", identityOf("other") + capaDeployment("n"), "!no-secret,missing-secret", "kubectl get secret -n n other -o yaml"},
	{"an identity alone, and a Deployment in a namespace with a variable", identityOf("other") + capaDeployment("'${NS}'"), "!no-secret,missing-secret", "kubectl get secret -n capa-system other -o yaml"},
	{"an identity alone, and another Deployment", identityOf("other") + strings.Replace(capaDeployment("n"), "capa-", "capi-", 1), "!no-secret,missing-secret", "kubectl get secret -n capa-system other -o yaml"},
	{"an identity that names no Secret", identityOf("{name: x}") + identitySecret("name: x", true), "missing-secret", "does not name a Secret"},
	{"a secret as the name of the Secret of an identity", identityOf(fakeSecret) + identitySecret("name: x", true), "missing-secret", "names a Secret that is not in the manifest; the Secret"},
	{"an object of another kind that names a Secret", strings.Replace(identityOf("bad"), "AWSClusterStaticIdentity", "OtherIdentity", 1) + identitySecret("name: good", true) + identitySecret("name: bad", false), "several-secrets", `inspected: "bad"`},
	{"another Secret with a name that may be a secret", identityOf("x") + identitySecret("name: x", true) + identitySecret("name: "+fakeSecret, true), "several-secrets", "which are not inspected\n"},

	{"a static identity's Secret in another namespace", identitySecret("name: x, namespace: n", true), "namespace", `the Secret is in the namespace "n", but CAPA reads Secrets in the namespace of its controllers: by default capa-system`},
	{"the Secret of the controllers in another namespace", bootstrapManifest("default", goodText), "namespace", `in the namespace "default"`},
	{"the Secret of an identity in another namespace", identityOf("x") + identitySecret("name: x, namespace: n", true), "namespace", `in the namespace "n"`},
	{"the Secret of the controllers in their namespace", bootstrapManifest("capa-system", goodText), "", ""},
	{"the Secret of the controllers in the namespace of their Deployment", bootstrapManifest("n", goodText) + capaDeployment("n"), "", ""},
	{"the Secret of the controllers, and their Deployment in another namespace", bootstrapManifest("capa-system", goodText) + capaDeployment("n"), "namespace", `its controllers: in this manifest "n"`},
	{"a Secret after many other objects", strings.Repeat("---\nkind: ConfigMap\nmetadata: {name: c}\n", 300) + identitySecret("name: x", false), "!no-session-token", ""},
	{"no namespace", identitySecret("name: x", true), "", ""},
	{"the Secret of Cluster API Operator in any namespace", "kind: Secret\nmetadata: {name: x, namespace: n}\nstringData: {AWS_B64ENCODED_CREDENTIALS: " + b64(goodText) + "}\n", "", ""},

	{"two Deployments of the controllers", bootstrapManifest("n", goodText) + capaDeployment("n") + capaDeployment("m"), "", ""},
	{"the Secret of an identity with the key of Cluster API Operator", identityOf("x") + "---\nkind: Secret\nmetadata: {name: x, namespace: n}\nstringData: {AccessKeyID: " + fakeKeyID + ", SecretAccessKey: " + fakeSecret + ", AWS_B64ENCODED_CREDENTIALS: " + b64(goodText) + "}\n", "namespace", ""},
	{"the Secret of the controllers with the key of Cluster API Operator", "kind: Secret\nmetadata: {name: x, namespace: n}\ndata: {credentials: " + b64(goodText) + "}\nstringData: {AWS_B64ENCODED_CREDENTIALS: " + b64(goodText) + "}\n", "namespace", ""},
	{"a Secret without credentials in another namespace", "kind: Secret\nmetadata: {name: x, namespace: n}\nstringData: {other: x}\n", "!no-credentials", ""},

	{"a list without a kind", `{"items": [{"kind": "Secret", "metadata": {"name": "a"}, "stringData": {"AccessKeyID": "` + fakeKeyID + `"}}]}`, "!half-a-pair", ""},
	{"an empty document before the Secret", "---\n---\n" + identitySecret("name: x", false), "!no-session-token", ""},
	{"the Secrets of two identities, the first in another namespace", identityOf("a") + identityOf("b") + identitySecret("name: a, namespace: n", true) + identitySecret("name: b", false), "several-secrets,namespace", `inspected: "b"`},
	{"the same name without a namespace and in that of the controllers", identityOf("x") + identitySecret("name: x", true) + identitySecret("name: x, namespace: capa-system", false), "several-secrets", ""},
	{"an identity that names no Secret, and a Secret without a name", identityOf("{name: x}") + "---\nkind: Secret\nmetadata: {}\ndata: {credentials: " + b64(goodText) + "}\n", "missing-secret", ""},
	{"an identity that names the Secret of the controllers", identityOf(bootstrapSecret) + bootstrapManifest("capa-system", goodText), "", ""},
	{"another Secret with a name that Kubernetes refuses", identityOf("x") + identitySecret("name: x", true) + identitySecret("name: a b", true), "several-secrets", "which are not inspected\n"},
	{"another Secret with a lowercase name that may be a secret", identityOf("x") + identitySecret("name: x", true) + identitySecret("name: "+fakeLowercase, true), "several-secrets", "which are not inspected\n"},
	{"an identity alone in a manifest", identityOf("other"), "!no-secret,missing-secret", "which is not in the manifest\n"},
	{"a missing Secret, and another with a name that may be a secret", identityOf("other") + identitySecret("name: "+fakeLowercase, true), "missing-secret", "; another Secret is inspected"},
	{"a missing Secret, and a namespace that may be a secret", identityOf("other") + capaDeployment(fakeLowercase), "!no-secret,missing-secret", "kubectl get secret -n NAMESPACE other"},

	{"an empty name", identitySecret("name: ''", true), "", ""},
	{"null as the name", identitySecret("name: ~", true), "", ""},
	{"a list as the name", identitySecret("name: [a]", true), "!name", ""},
	{"a name with capitals", identitySecret("name: Creds", true), "!name", "Kubernetes refuses the name of the Secret: want lowercase letters, digits, hyphens and dots"},
	{"a secret as the name", identitySecret("name: "+fakeSecret+", namespace: n", true), "!name,namespace", ""},
	{"a number as the name", identitySecret("name: 12", true), "!name", ""},
	{"a number in quotes as the name", identitySecret("name: '12'", true), "", ""},
	{"a name with a dot", identitySecret("name: a.b-c", true), "", ""},
	{"no name", identitySecret("name: ", true), "", ""},
	{"a variable in the names", identitySecret("name: '${CLUSTER}-creds', namespace: '{{ .Namespace }}'", true), "name,name", "the namespace of the Secret has a variable that was not replaced"},
	{"a namespace with a dot", identitySecret("name: x, namespace: a.b", true), "!name", "Kubernetes refuses the namespace of the Secret: want at most 63"},
}

func TestSecretOfManifest(t *testing.T) {
	for _, test := range secretProblems {
		t.Run(test.name, func(t *testing.T) {
			got := Inspect([]byte(test.manifest))
			if codes := problemCodes(got); codes != test.codes {
				t.Errorf("problems %q, want %q", codes, test.codes)
			}
			if report := got.Report(); !strings.Contains(report, test.text) {
				t.Errorf("the report lacks %q:\n%s", test.text, report)
			}
			wantNoSecrets(t, got)
		})
	}
}

// A Secret can contain up to 1 MiB, but Inspect accepts only 1 MiB of base64.
func TestInspectSecretThatIsTooLarge(t *testing.T) {
	for size, codes := range map[int]string{MaxBlob * 3 / 4: "!malformed", MaxBlob*3/4 + 3: "!too-large"} {
		if got := InspectSecret([]byte(strings.Repeat("a", size))); problemCodes(got) != codes {
			t.Errorf("%d bytes: problems %q, want %q", size, problemCodes(got), codes)
		}
	}
}
