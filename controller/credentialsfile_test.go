// Tests of what a pod has at the path of the SDK's credentials file.

package controller

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestCredentialsFile(t *testing.T) {
	const (
		mounts    = `"volumeMounts":[{"name":"v","mountPath":"/home/.aws"}]`
		ours      = `"secretName":"capa-manager-bootstrap-credentials"`
		projected = `{"name":"v","projected":{"sources":[`
		source    = `{"secret":{"name":"capa-manager-bootstrap-credentials"}}`
		token     = `{"serviceAccountToken":{"audience":"x","path":"token"}}`
	)
	for _, test := range []struct {
		name      string
		container string // the fields of the container
		volume    string
		hasSecret bool
		other     string // a part of the description; "" for none
	}{
		{"every key", mounts, `{"name":"v","secret":{` + ours + `}}`, true, ""},
		{"the key as an item", mounts, `{"name":"v","secret":{` + ours + `,"items":[{"key":"credentials","path":"credentials"}]}}`, true, ""},
		{"the key under another path", mounts, `{"name":"v","secret":{` + ours + `,"items":[{"key":"credentials","path":"aws"}]}}`, false, ""},
		{"another key of the Secret", mounts, `{"name":"v","secret":{` + ours + `,"items":[{"key":"aws","path":"credentials"}]}}`, false, "key aws of Secret capa-manager-bootstrap-credentials"},
		{"another path, and the variable names it", `"env":[{"name":"AWS_SHARED_CREDENTIALS_FILE","value":"/etc/aws/keys/profile"}],"volumeMounts":[{"name":"v","mountPath":"/etc/aws"}]`,
			`{"name":"v","secret":{` + ours + `,"items":[{"key":"credentials","path":"keys/profile"}]}}`, true, ""},
		{"a key with the name of the file", `"env":[{"name":"AWS_SHARED_CREDENTIALS_FILE","value":"/etc/aws/profile"}],"volumeMounts":[{"name":"v","mountPath":"/etc/aws"}]`,
			`{"name":"v","secret":{` + ours + `}}`, false, "key profile of Secret capa-manager-bootstrap-credentials"},
		{"one file", `"volumeMounts":[{"name":"v","mountPath":"/home/.aws/credentials","subPath":"credentials"}]`, `{"name":"v","secret":{` + ours + `}}`, true, ""},
		{"one file with another path", `"volumeMounts":[{"name":"v","mountPath":"/home/.aws/credentials","subPath":"aws"}]`,
			`{"name":"v","secret":{` + ours + `,"items":[{"key":"credentials","path":"aws"}]}}`, true, ""},
		{"one file that does not exist", `"volumeMounts":[{"name":"v","mountPath":"/home/.aws/credentials","subPath":"aws"}]`,
			`{"name":"v","secret":{` + ours + `,"items":[{"key":"credentials","path":"credentials"}]}}`, false, ""},
		{"another file", `"volumeMounts":[{"name":"v","mountPath":"/home/.aws/config","subPath":"credentials"}]`, `{"name":"v","secret":{` + ours + `}}`, false, ""},
		{"a directory of the volume", `"volumeMounts":[{"name":"v","mountPath":"/home/.aws","subPath":"aws"}]`,
			`{"name":"v","secret":{` + ours + `,"items":[{"key":"credentials","path":"aws/credentials"}]}}`, true, ""},
		{"a directory of the volume that has no such file", `"volumeMounts":[{"name":"v","mountPath":"/home/.aws","subPath":"aws"}]`, `{"name":"v","secret":{` + ours + `}}`, false, ""},
		{"a parent directory", `"volumeMounts":[{"name":"v","mountPath":"/home"}]`, `{"name":"v","secret":{` + ours + `,"items":[{"key":"credentials","path":".aws/credentials"}]}}`, true, ""},
		{"the volume as the file", `"volumeMounts":[{"name":"v","mountPath":"/home/.aws/credentials"}]`, `{"name":"v","secret":{` + ours + `}}`, false, "a directory, because volume v is mounted at this path"},
		{"the longest path", `"volumeMounts":[{"name":"v","mountPath":"/home/.aws"},{"name":"w","mountPath":"/home"}]`, `{"name":"v","secret":{` + ours + `}},{"name":"w","emptyDir":{}}`, true, ""},
		{"a similar directory", `"volumeMounts":[{"name":"v","mountPath":"/home/.aw"}]`, `{"name":"v","secret":{` + ours + `}}`, false, ""},
		{"a path with a variable", `"env":[{"name":"DIR","value":"a"},{"name":"SUB","value":"$(DIR)ws"}],"volumeMounts":[{"name":"v","mountPath":"/home/.aws","subPathExpr":"$(SUB)"}]`,
			`{"name":"v","secret":{` + ours + `,"items":[{"key":"credentials","path":"aws/credentials"}]}}`, true, ""},
		{"a path with an unknown variable", `"env":[{"name":"SUB","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}],"volumeMounts":[{"name":"v","mountPath":"/home/.aws","subPathExpr":"$(SUB)"}]`,
			`{"name":"v","secret":{` + ours + `}}`, false, "depends on an unknown variable"},
		{"an unknown path", `"env":[{"name":"AWS_SHARED_CREDENTIALS_FILE","valueFrom":{"configMapKeyRef":{"name":"x","key":"y"}}}],` + mounts, `{"name":"v","secret":{` + ours + `}}`, false, "because of the variable AWS_SHARED_CREDENTIALS_FILE"},
		{"a variable that refers to another", `"env":[{"name":"HOME","value":"/root"},{"name":"AWS_SHARED_CREDENTIALS_FILE","value":"$(HOME)/keys"}],"volumeMounts":[{"name":"v","mountPath":"/root/keys","subPath":"credentials"}]`,
			`{"name":"v","secret":{` + ours + `}}`, true, ""},
		{"projected", mounts, projected + token + "," + source + "]}}", true, ""},
		{"projected under another path", mounts, projected + `{"secret":{"name":"capa-manager-bootstrap-credentials","items":[{"key":"credentials","path":"aws"}]}}]}}`, false, ""},
		{"projected, and replaced", mounts, projected + source + `,{"secret":{"name":"other","items":[{"key":"x","path":"credentials"}]}}]}}`, false, "key x of Secret other"},
		{"projected, and perhaps replaced", mounts, projected + source + `,{"configMap":{"name":"other"}}]}}`, false, "the credentials of the Secret, or key credentials of ConfigMap other"},
		{"projected last", mounts, projected + `{"secret":{"name":"other"}},` + source + `]}}`, true, ""},
		{"another Secret", mounts, `{"name":"v","secret":{"secretName":"other"}}`, false, "key credentials of Secret other"},
		{"another Secret without such a file", mounts, `{"name":"v","secret":{"secretName":"other","items":[{"key":"ca.crt","path":"ca.crt"}]}}`, false, ""},
		{"a ConfigMap", mounts, `{"name":"v","configMap":{"name":"other"}}`, false, "key credentials of ConfigMap other"},
		{"a directory of the node", mounts, `{"name":"v","hostPath":{"path":"/root/.aws"}}`, false, "a file of volume v"},
		{"an empty directory", mounts, `{"name":"v","emptyDir":{}}`, false, ""},
		{"an empty directory that a sidecar fills", mounts + `},{"name":"sidecar","volumeMounts":[{"name":"v","mountPath":"/out"}]`, `{"name":"v","emptyDir":{}}`, false, "which other containers of the pod can write"},
		{"no such volume", mounts, `{"name":"w","emptyDir":{}}`, false, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var s PodSpec
			if err := json.Unmarshal([]byte(`{"containers":[{"name":"manager",`+test.container+`}],"volumes":[`+test.volume+`]}`), &s); err != nil {
				t.Fatal(err)
			}
			got := s.CredentialsFile()
			if got.HasSecret != test.hasSecret || (got.Other == "") != (test.other == "") || !strings.Contains(got.Other, test.other) {
				t.Errorf("got %+v", got)
			}
			want := SourceInstance
			switch {
			case test.hasSecret:
				want = SourceSecret
			case test.other != "":
				want = SourceFile
			}
			if source := SourceOf(s, true); source.Kind != want {
				t.Errorf("source %s, want %s", source.Kind, want)
			}
		})
	}
}

func TestNeedsSecret(t *testing.T) {
	for volume, want := range map[string]bool{
		`{"secret":{"secretName":"capa-manager-bootstrap-credentials"}}`:                                       true,
		`{"secret":{"secretName":"capa-manager-bootstrap-credentials","optional":true}}`:                       false,
		`{"secret":{"secretName":"other"}}`:                                                                    false,
		`{"projected":{"sources":[{"secret":{"name":"capa-manager-bootstrap-credentials"}}]}}`:                 true,
		`{"projected":{"sources":[{"secret":{"name":"capa-manager-bootstrap-credentials","optional":true}}]}}`: false,
		`{"projected":{"sources":[{"secret":{"name":"other"}},{"configMap":{"name":"other"}}]}}`:               false,
		`{"configMap":{"name":"capa-manager-bootstrap-credentials"}}`:                                          false,
	} {
		var s PodSpec
		if err := json.Unmarshal([]byte(`{"volumes":[`+volume+`]}`), &s); err != nil {
			t.Fatal(err)
		}
		if got := s.NeedsSecret(); got != want {
			t.Errorf("%s: %t", volume, got)
		}
	}
}
