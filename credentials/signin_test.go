package credentials

// Tests of the renewal of expired tokens: by AWS Sign-In for a profile of aws
// login, by IAM Identity Center for a profile with an sso-session.

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"capaboot/internal/awsdouble"
)

const (
	loginSessionARN = "arn:aws:iam::123456789012:user/ann"
	loginProfile    = "[profile dev]\nlogin_session = " + loginSessionARN + "\n"
)

// dpopKey returns a key as aws login creates it, and its PEM text.
var dpopKey = sync.OnceValues(func() (*ecdsa.PrivateKey, string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		panic(err)
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
})

// loginPath returns the path of the file that aws login writes for the session.
func loginPath(env Environment) string {
	sum := sha256.Sum256([]byte(loginSessionARN))
	return filepath.Join(env.Home, ".aws", "login", "cache", hex.EncodeToString(sum[:])+".json")
}

// ssoPath returns the path of the file that aws sso login writes for the
// sso-session acme.
func ssoPath(env Environment) string {
	sum := sha1.Sum([]byte("acme"))
	return filepath.Join(env.Home, ".aws", "sso", "cache", hex.EncodeToString(sum[:])+".json")
}

// loginFields returns the content of the file of aws login, as the AWS CLI writes
// it.
func loginFields(expires time.Time) map[string]any {
	_, key := dpopKey()
	return map[string]any{
		"accessToken": map[string]any{"accessKeyId": "ASIAFALSEKEYEXAMPLE5", "secretAccessKey": fakeSecret + "old", "sessionToken": fakeToken + "old",
			"accountId": "123456789012", "expiresAt": expires.UTC().Format(time.RFC3339)},
		"tokenType": "aws_sigv4", "clientId": "arn:aws:signin:::devtools/same-device", "refreshToken": "FALSESECRETrefresh", "idToken": "FALSESECRETid", "dpopKey": key,
	}
}

// ssoFields returns the content of the file of aws sso login.
func ssoFields(expires time.Time) map[string]any {
	return map[string]any{"startUrl": "https://acme.awsapps.com/start", "region": "eu-west-1", "accessToken": "FALSESECRETexpired",
		"expiresAt": expires.UTC().Format(time.RFC3339), "clientId": "FALSECLIENT", "clientSecret": "FALSESECRETclient",
		"registrationExpiresAt": "2999-01-01T00:00:00Z", "refreshToken": "FALSESECRETrefresh"}
}

func writeJSON(t testing.TB, path string, fields map[string]any) {
	t.Helper()
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, string(text))
}

func readJSON(t testing.TB, path string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(path)
	var fields map[string]any
	if err != nil || json.Unmarshal(text, &fields) != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return fields
}

// renewableSources has the two sources whose tokens can be renewed.
var renewableSources = map[string]struct {
	config  string
	command string // gets a new token
	path    func(Environment) string
	fields  func(time.Time) map[string]any
	call    string // the API call that renews the token
}{
	"aws login": {loginProfile, "aws login --profile dev", loginPath, loginFields, "CreateOAuth2Token"},
	"SSO":       {ssoProfile, "aws sso login --profile dev", ssoPath, ssoFields, "CreateToken"},
}

// expiredHome is like serviceHome, with a token that expired an hour ago.
func expiredHome(t testing.TB, name string) (Environment, *awsdouble.Double) {
	t.Helper()
	env, d := serviceHome(t, "", renewableSources[name].config)
	d.RefreshToken = "FALSESECRETrefresh"
	writeJSON(t, renewableSources[name].path(env), renewableSources[name].fields(time.Now().Add(-time.Hour)))
	return env, d
}

func TestExpiredTokenIsRenewed(t *testing.T) {
	t.Parallel()
	for name, source := range renewableSources {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, d := expiredHome(t, name)
			path := source.path(env)
			if err := os.Chmod(path, 0o644); err != nil {
				t.Fatal(err)
			}
			before := readJSON(t, path)
			found, err := Find(t.Context(), env, Request{Profile: "dev"})
			if err != nil || found.Credentials.AccessKeyID != d.Given[0].ID || found.Credentials.SecretAccessKey != d.Given[0].Secret || found.Credentials.SessionToken != d.Given[0].Token {
				t.Fatalf("found %v, %v", found, err)
			}
			if remaining := time.Until(found.Credentials.Expires); remaining < 50*time.Minute || remaining > 70*time.Minute {
				t.Errorf("the credentials expire in %v", remaining)
			}
			info, err := os.Stat(path)
			if err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
				t.Errorf("the mode of the file is %v, %v", info.Mode(), err)
			}
			after := readJSON(t, path)
			if after["refreshToken"] != "FALSESECRETrefresh2" || len(after) != len(before) {
				t.Errorf("the file has %d fields, want %d, or it has the old refresh token", len(after), len(before))
			}
			for _, key := range []string{"clientId", "clientSecret", "dpopKey", "idToken", "tokenType", "region", "registrationExpiresAt"} {
				if after[key] != before[key] {
					t.Errorf("%s was changed", key)
				}
			}
			entries, err := os.ReadDir(filepath.Dir(path))
			if err != nil || len(entries) != 1 {
				t.Errorf("other files in the folder: %v, %v", entries, err)
			}
			// The next call finds the new token and does not renew it.
			count := len(d.Calls())
			again, err := Find(t.Context(), env, Request{Profile: "dev"})
			if err != nil || len(again.Warnings) > 0 {
				t.Errorf("again: %q, %v", again.Warnings, err)
			}
			for _, call := range d.Calls()[count:] {
				if call.Name == source.call {
					t.Error("the token was renewed twice")
				}
			}
		})
	}
}

func TestValidTokenIsNotRenewed(t *testing.T) {
	t.Parallel()
	env, d := expiredHome(t, "aws login")
	writeJSON(t, loginPath(env), loginFields(time.Now().Add(time.Minute)))
	if err := os.Chmod(loginPath(env), 0o644); err != nil {
		t.Fatal(err)
	}
	found, err := Find(t.Context(), env, Request{Profile: "dev"})
	if err != nil || found.Credentials.AccessKeyID != "ASIAFALSEKEYEXAMPLE5" || found.Credentials.Source != `aws login of profile "dev"` || len(d.Calls()) > 0 {
		t.Errorf("found %v, %v, %d calls", found, err, len(d.Calls()))
	}
	if runtime.GOOS != "windows" && (len(found.Warnings) != 1 || !strings.Contains(found.Warnings[0], "chmod 600")) {
		t.Errorf("warnings %q", found.Warnings)
	}
}

// The proof of possession of aws login's key is a JSON Web Token, signed for
// the URL (RFC 9449).
func TestLoginRenewalIsSigned(t *testing.T) {
	t.Parallel()
	env, d := expiredHome(t, "aws login")
	if _, err := Find(t.Context(), env, Request{Profile: "dev"}); err != nil {
		t.Fatal(err)
	}
	call := d.Calls()[0]
	parts := strings.Split(call.Header.Get("DPoP"), ".")
	if call.Name != "CreateOAuth2Token" || len(parts) != 3 {
		t.Fatalf("%s with %d parts of a proof", call.Name, len(parts))
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(signature) != 64 {
		t.Fatalf("%d bytes of a signature, %v", len(signature), err)
	}
	key, _ := dpopKey()
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(&key.PublicKey, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		t.Error("the signature was not made with the key")
	}
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	if !strings.Contains(string(payload), d.URL+"/v1/token") {
		t.Error("the proof is for another URL")
	}
}

// When a service rejects a renewal, the hint is the command that signs in
// again. A hint about a transient failure does not name that command.
func TestRejectedRenewals(t *testing.T) {
	t.Parallel()
	oauth := func(status int, kind, code string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("X-Amzn-Errortype", kind)
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"error":%q,"message":"FALSESECRET FALSESECRETrefresh"}`, code)
		}
	}
	for _, test := range []struct {
		source, name string
		respond      func(http.ResponseWriter, *http.Request)
		want         string
		transient    bool
	}{
		{"aws login", "expired", oauth(400, "AccessDeniedException", "TOKEN_EXPIRED"), "AWS Sign-In in eu-west-1: the session has expired", false},
		{"aws login", "changed password", oauth(400, "AccessDeniedException", "USER_CREDENTIALS_CHANGED"), "the password has changed since the sign-in", false},
		{"aws login", "permissions", oauth(403, "AccessDeniedException", "INSUFFICIENT_PERMISSIONS"), "no permission to renew the session", false},
		{"aws login", "another reason", oauth(403, "AccessDeniedException", "FALSESECRET"), "AWS Sign-In in eu-west-1: access denied", false},
		{"aws login", "validation", oauth(400, "ValidationException", "INVALID_REQUEST"), "returned ValidationException", false},
		{"aws login", "an internal error", oauth(500, "InternalServerException", "server_error"), "an internal error", true},
		{"aws login", "too many", oauth(429, "TooManyRequestsError", "rate_exceeded"), "too many requests", true},
		{"SSO", "expired", oauth(400, "InvalidGrantException", "invalid_grant"), "the token can no longer be renewed", false},
		{"SSO", "expired token", oauth(400, "ExpiredTokenException", "expired_token"), "have expired", false},
		{"SSO", "registration", oauth(401, "InvalidClientException", "invalid_client"), "the registration of the AWS CLI has expired or is invalid", false},
		{"SSO", "an internal error", oauth(500, "InternalServerException", "server_error"), "an internal error", true},
	} {
		t.Run(test.source+"/"+test.name, func(t *testing.T) {
			t.Parallel()
			env, d := expiredHome(t, test.source)
			source := renewableSources[test.source]
			d.Fault = func(w http.ResponseWriter, r *http.Request, name string) bool {
				if name == source.call {
					test.respond(w, r)
				}
				return name == source.call
			}
			before, _ := os.ReadFile(source.path(env))
			s := &search{env: env, request: Request{Profile: "dev"}, limits: defaultLimits}
			s.limits.pause, s.limits.reread = time.Millisecond, 0
			_, err := s.run(t.Context())
			text := errorText(err, env)
			if !strings.Contains(text, test.want) || strings.Contains(text, "hint: ") && strings.Contains(text, source.command) == test.transient {
				t.Errorf("error %s", text)
			}
			if e, ok := err.(*Error); !ok || e.Transient != test.transient {
				t.Errorf("error %#v", err)
			}
			wantNoSecret(t, err)
			if after, _ := os.ReadFile(source.path(env)); string(after) != string(before) {
				t.Error("the file was changed")
			}
		})
	}
}

// For a file without a usable token, the hint is the command that gets a new
// one, unless the program tried to renew the token and got HTTP status 400.
// The SDK never panics.
func TestInvalidTokenFiles(t *testing.T) {
	t.Parallel()
	for name, source := range renewableSources {
		texts := map[string]string{"nothing": "", "null": "null", "a list": "[]", "a string": `"FALSESECRET"`, "HTML": "<html>FALSESECRET", "an empty object": "{}"}
		for field := range source.fields(time.Now()) {
			for name, value := range map[string]any{"null": nil, "a number": 1, "an object": map[string]any{}, "empty": "", "a text": "FALSESECRET\n"} {
				fields := source.fields(time.Now().Add(-time.Hour))
				fields[field] = value
				text, err := json.Marshal(fields)
				if err != nil {
					t.Fatal(err)
				}
				texts[field+" is "+name] = string(text)
			}
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, d := expiredHome(t, name)
			d.Fault = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
				w.WriteHeader(http.StatusBadRequest)
				return true
			}
			s := search{env: env, request: Request{Profile: "dev"}, limits: defaultLimits}
			s.limits.reread = 0
			for name, text := range texts {
				writeFile(t, source.path(env), text)
				search := s
				_, err := search.run(t.Context())
				if e, ok := err.(*Error); !ok || !strings.Contains(e.Hint, source.command) && !strings.Contains(e.Error(), "HTTP status 400") {
					t.Errorf("%s: %s", name, errorText(err, env))
				}
				wantNoSecret(t, err)
			}
			if err := os.Remove(source.path(env)); err != nil {
				t.Fatal(err)
			}
			_, err := s.run(t.Context())
			if text := errorText(err, env); !strings.Contains(text, "does not exist") || !strings.Contains(text, source.command) && !strings.Contains(text, "sign in: aws login --profile dev") {
				t.Errorf("without a file: %s", text)
			}
		})
	}
}

// Two processes renew the same token. The second is rejected, and uses the
// token that the first has written.
func TestTwoProcessesRenewAToken(t *testing.T) {
	t.Parallel()
	for name, source := range renewableSources {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, d := expiredHome(t, name)
			d.RefreshOnce = true
			other := source.fields(time.Now().Add(time.Hour))
			if name == "SSO" {
				other["accessToken"] = d.SSOToken
			}
			d.Fault = func(w http.ResponseWriter, r *http.Request, called string) bool {
				if called == source.call {
					d.RefreshToken = "another"
					writeJSON(t, source.path(env), other)
				}
				return false
			}
			found, err := Find(t.Context(), env, Request{Profile: "dev"})
			if err != nil || found.Credentials.AccessKeyID == "" {
				t.Fatalf("found %v, %v", found, err)
			}
			if after := readJSON(t, source.path(env)); after["refreshToken"] != other["refreshToken"] {
				t.Error("the token of the other process was overwritten")
			}
		})
	}
}

// The folder of the cache can be configured, and the file in it can be a link.
// The setting cannot contain a variable or the home directory of another user.
func TestLoginCacheFolder(t *testing.T) {
	t.Parallel()
	env, d := serviceHome(t, "", loginProfile, "AWS_LOGIN_CACHE_DIRECTORY=~/elsewhere")
	d.RefreshToken = "FALSESECRETrefresh"
	path := filepath.Join(env.Home, "elsewhere", filepath.Base(loginPath(env)))
	target := filepath.Join(env.Home, "kept", "file")
	writeJSON(t, target, loginFields(time.Now().Add(-time.Hour)))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, path); err != nil {
		t.Skipf("no symbolic links: %v", err)
	}
	if _, err := Find(t.Context(), env, Request{Profile: "dev"}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode().IsRegular() || readJSON(t, target)["refreshToken"] != "FALSESECRETrefresh2" {
		t.Errorf("the link was replaced, or its target was not written: %v", err)
	}
	for _, folder := range []string{"$HOME/x", "~other/x", "~/$NAME"} {
		env := home(t, "", loginProfile)
		lookup := env.Lookup
		env.Lookup = func(name string) (string, bool) {
			if name == "AWS_LOGIN_CACHE_DIRECTORY" {
				return folder, true
			}
			return lookup(name)
		}
		if _, err := Find(t.Context(), env, Request{Profile: "dev"}); err == nil || !strings.Contains(err.Error(), "AWS_LOGIN_CACHE_DIRECTORY contains $ or ~") {
			t.Errorf("%s: %v", folder, err)
		}
	}
}

// A cache of aws login must have every field that the SDK needs.
func TestLoginCacheNeedsEveryField(t *testing.T) {
	t.Parallel()
	isComplete := func(fields map[string]any) bool {
		file := tokenFile{fields: map[string]json.RawMessage{}}
		for name, value := range fields {
			text, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			file.fields[name] = text
		}
		_, ok := loginSource{}.read(file)
		return ok
	}
	future := time.Now().Add(time.Hour)
	if !isComplete(loginFields(future)) {
		t.Fatal("the complete cache is rejected")
	}
	for _, name := range []string{"clientId", "refreshToken", "dpopKey", "accessToken"} {
		fields := loginFields(future)
		delete(fields, name)
		if isComplete(fields) {
			t.Errorf("without %s", name)
		}
	}
	for _, name := range []string{"accessKeyId", "secretAccessKey", "sessionToken", "accountId", "expiresAt"} {
		fields := loginFields(future)
		delete(fields["accessToken"].(map[string]any), name)
		if isComplete(fields) {
			t.Errorf("without %s", name)
		}
	}
}

// The expired token of a profile without an sso-session is not renewed, even if
// its file has a refresh token. AWS SDKs and Tools Reference Guide, "IAM
// Identity Center authentication": the legacy configuration is not refreshed.
func TestTokenWithoutASessionIsNotRenewed(t *testing.T) {
	t.Parallel()
	const url = "https://acme.awsapps.com/start"
	env, d := serviceHome(t, "", "[default]\nsso_start_url = "+url+"\nsso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = Admin\n")
	sum := sha1.Sum([]byte(url))
	writeJSON(t, filepath.Join(env.Home, ".aws", "sso", "cache", hex.EncodeToString(sum[:])+".json"), ssoFields(time.Now().Add(-time.Hour)))
	requests := 0
	d.Fault = func(http.ResponseWriter, *http.Request, string) bool { requests++; return false }
	_, err := Find(t.Context(), env, Request{})
	if err == nil || !strings.Contains(err.Error(), "the token expired at") || requests > 0 {
		t.Errorf("%v, %d requests", err, requests)
	}
}
