package credentials

// Tests that the SDK for Go and botocore decode the encoded credentials of
// every source to the same values, and that the SDK reads the caches that a
// renewal writes.

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/google/go-cmp/cmp"
)

// encodeSources encodes the credentials of each source, and returns their
// values and the paths of the files.
func encodeSources(t *testing.T) (want []values, paths []string) {
	t.Helper()
	folder := t.TempDir()
	add := func(name string, env Environment, request Request) {
		found, err := Find(t.Context(), env, request)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		p, err := NewProfile(found.Credentials, found.Region.Name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		path := filepath.Join(folder, name)
		writeFile(t, path, p.Text())
		c := found.Credentials
		want, paths = append(want, values{c.AccessKeyID, c.SecretAccessKey, c.SessionToken, found.Region.Name}), append(paths, path)
	}
	for name, source := range serviceSources {
		env, _ := serviceHome(t, source.credentials, source.config, source.variables...)
		add(name, env, source.request)
	}
	for name := range renewableSources {
		env, _ := expiredHome(t, name)
		add("expired "+name, env, Request{Profile: "dev"})
		add("renewed "+name, env, Request{Profile: "dev"})
	}
	return want, paths
}

func TestTheSDKForGoDecodesEverySource(t *testing.T) {
	t.Parallel()
	want, paths := encodeSources(t)
	for i, path := range paths {
		got, err := readBySDK(path)
		if diff := cmp.Diff(want[i], got); err != nil || diff != "" {
			t.Errorf("%s: %v (-given +decoded)\n%s", filepath.Base(path), err, diff)
		}
	}
}

func TestBotocoreDecodesEverySource(t *testing.T) {
	t.Parallel()
	want, paths := encodeSources(t)
	for i, line := range runBotocore(t, "    print(json.dumps(loader.raw_config_parse(path)['default']))\n", paths) {
		var got map[string]string
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want[i], values{got["aws_access_key_id"], got["aws_secret_access_key"], got["aws_session_token"], got["region"]}); diff != "" {
			t.Errorf("%s: (-given +decoded)\n%s", filepath.Base(paths[i]), diff)
		}
	}
}

// The SDK reads the cache that a renewal writes, and does not renew the token
// again.
func TestTheSDKForGoReadsTheRenewedCache(t *testing.T) {
	for name, source := range renewableSources {
		env, d := expiredHome(t, name)
		found, err := Find(t.Context(), env, Request{Profile: "dev"})
		if err != nil {
			t.Fatal(err)
		}
		// With only AWS_ENDPOINT_URL, the SDK's clients for credentials call AWS.
		setProcessEnvironment(t, env, []string{"AWS_REGION=eu-west-1", "AWS_ENDPOINT_URL_SSO=" + d.URL, "AWS_ENDPOINT_URL_SSO_OIDC=" + d.URL, "AWS_ENDPOINT_URL_SIGNIN=" + d.URL})
		c, err := config.LoadDefaultConfig(t.Context(), config.WithSharedConfigProfile("dev"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Credentials.Retrieve(t.Context())
		if err != nil || got.AccessKeyID != found.Credentials.AccessKeyID || got.SecretAccessKey != found.Credentials.SecretAccessKey || got.SessionToken != found.Credentials.SessionToken {
			t.Errorf("%s: the SDK reads %s, %v", name, got.AccessKeyID, err)
		}
		for _, call := range d.Calls()[1:] {
			if call.Name == source.call {
				t.Errorf("%s: the SDK renews the token again", name)
			}
		}
		if _, err := os.Stat(source.path(env)); err != nil {
			t.Error(err)
		}
	}
}
