// Tests of the inspection of encoded credentials.

package credentials

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"capaboot/credentials/accesskey"
)

const goodText = "[default]\n" + pair + "region = eu-west-1\n"

const temporaryText = "[default]\naws_access_key_id = ASIAFALSEKEYEXAMPLE0\naws_secret_access_key = " + fakeSecret + "\naws_session_token = " + fakeToken + "\nregion = eu-west-1\n"

func b64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// If the profile is cut off too, the remedy for missing padding is to encode the
// profile again.
func TestCutOffValueIsEncodedAgain(t *testing.T) {
	for text, want := range map[string]string{goodText + "\n": "append =", "[default]\nx": encodeAgain} {
		problems := Inspect([]byte(strings.TrimRight(b64(text), "="))).Problems
		n := slices.IndexFunc(problems, func(p Flaw) bool { return p.Code == noPadding })
		if n < 0 || !strings.HasPrefix(problems[n].Remedy, want) {
			t.Errorf("%q: got problems %+v, want a remedy %q for missing padding", text, problems, want)
		}
	}
}

func secretManifest(key, value string) string {
	return "apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\n" + key + ":\n  credentials: " + value + "\n"
}

// nestedMerges returns n+1 mappings. The first one merges a. Each mapping after it
// merges the mapping before it ten times.
func nestedMerges(n int) string {
	text := "m0: &m0 {<<: *a}\n"
	for i := range n {
		text += fmt.Sprintf("m%d: &m%d {<<: [*m%d%s]}\n", i+1, i+1, i, strings.Repeat(fmt.Sprintf(", *m%d", i), 9))
	}
	return text
}

// blobs are inputs with the codes of the problems that Inspect reports; "!"
// marks fatal problems.
var blobs = []struct {
	name, blob string
	codes      string
}{
	{"an encoded profile", b64(goodText), ""},
	{"with a line break at its end", b64(goodText) + "\n", ""},
	{"a temporary key", b64("[default]\naws_access_key_id = ASIAFALSEKEYEXAMPLE0\naws_secret_access_key = " + fakeSecret + "\naws_session_token = " + fakeToken + "\nregion = eu-west-1\n"), "unknown-expiry"},
	{"temporary keys that the controllers do not use", b64(goodText + "[prod]\n" + strings.TrimPrefix(temporaryText, "[default]\n")), ""},
	{"the text itself", goodText, "!not-encoded"},
	{"our own JSON", `{"encodedProfile": "` + b64(goodText) + `", "region": "x"}`, ""},
	{"our own JSON with temporary keys", `{"encodedProfile": "` + b64(temporaryText) + `", "expires": "2999-01-24T13:01:27Z"}`, ""},
	{"our own JSON with expired keys", `{"encodedProfile": "` + b64(temporaryText) + `", "expires": "2020-01-24T13:01:27Z"}`, "!expired"},
	{"our own JSON with a value that is not base64", `{"encodedProfile": "??"}`, "!not-base64"},
	{"our own JSON with a variable", `{"encodedProfile": "${VALUE}"}`, "!placeholder"},
	{"not base64", "***" + fakeSecret, "!not-base64"},
	{"base64 twice", b64(b64(goodText)), "!base64-twice"},
	{"line breaks", b64(goodText)[:40] + "\n" + b64(goodText)[40:], "!line-breaks"},
	{"a space at its start", " " + b64(goodText), "!white-space"},
	{"the alphabet for URLs", strings.NewReplacer("+", "-", "/", "_").Replace(b64("[default]\n" + pair + "region = eu-west-1\n; ~~~???>>>\n")), "!url-alphabet"},
	{"no padding", strings.TrimRight(b64(goodText+"\n"), "="), "!no-padding"},
	{"quotes of a shell", `"` + b64(goodText) + `"`, "!quotes"},
	{"the assignment", "export " + Variable + "=" + b64(goodText), "!assignment"},
	{"a byte order mark", b64("\ufeff" + goodText), "!byte-order-mark"},
	{"Windows line ends", b64(strings.ReplaceAll(goodText, "\n", "\r\n")), "windows-line-ends"},
	{"a profile other than default", b64("[prod]\n" + pair + "region = eu-west-1\n"), "!no-default"},
	{"a second profile", b64(goodText + "[prod]\nregion = eu-west-1\n"), "no-keys"},
	{"no key ID", b64("[default]\naws_secret_access_key = " + fakeSecret + "\nregion = eu-west-1\n"), "!half-a-pair"},
	{"no secret", b64("[default]\naws_access_key_id = " + fakeKeyID + "\nregion = eu-west-1\n"), "!half-a-pair"},
	{"neither", b64("[default]\nregion = eu-west-1\n"), "!no-keys"},
	{"no region", b64("[default]\n" + pair), "no-region"},
	{"a temporary key without its token", b64("[default]\naws_access_key_id = ASIAFALSEKEYEXAMPLE0\naws_secret_access_key = " + fakeSecret + "\nregion = eu-west-1\n"), "!no-session-token"},
	{"a long-lived key with a token", b64(goodText + "aws_session_token = " + fakeToken + "\n"), "!token-of-another-key"},
	{"the ID of a role", b64(strings.ReplaceAll(goodText, "AKIA", "AROA")), "!no-access-key"},
	{"zeroed", b64("\n"), "!zeroed"},
	{"zeroed, not encoded", "\n", "!zeroed"},
	{"unknown keys", b64(goodText + "aws_secret_acess_key = x\n"), "unknown-keys"},
	{"a malformed line", b64(goodText + fakeSecret + "\n"), "!malformed"},
	{"a key twice", b64(goodText + pair), "!malformed,!malformed"},
	{"a # in the name of the next section", b64(goodText + "[b#x]\n" + pair), "!malformed"},
	{"a comment after a value", b64("[default]\naws_access_key_id = " + fakeKeyID + "\naws_secret_access_key = " + fakeSecret + " # mine\nregion = eu-west-1\n"), "!value"},
	{"nothing", "", "!empty"},
	{"white space", " \n\n", "!empty"},
	{"binary data", "\x7fELF\x00", "!binary"},
	{"UTF-16", "\xff\xfe" + utf16Of(b64(goodText)), "!binary"},
	{"UTF-16 without a byte order mark", utf16Of(b64(goodText)), "!binary"},
	{"base64 of UTF-16", b64(utf16Of(goodText)), "!binary"},
	{"a Secret with another apiVersion", "apiVersion: v2\nkind: Secret\ndata:\n  credentials: " + b64(goodText) + "\n", "!no-secret"},
	{"clusterctl.yaml with another variable in two cases", "AWS_B64ENCODED_CREDENTIALS: " + b64(goodText) + "\nNODES: 1\nnodes: 2\n", ""},
	{"base64 of binary data", b64("\x7fELF\x00"), "!binary"},
	{"a short word, which is the base64 of binary data without padding", "foo", "!binary"},
	{"more than 1 MiB", strings.Repeat("A", MaxBlob+1), "!too-large"},
	{"the manifest of the Secret", secretManifest("data", b64(goodText)), ""},
	{"the manifest in JSON", `{"kind":"Secret","data":{"credentials":"` + b64(goodText) + `"}}`, ""},
	{"a list", "kind: List\nitems:\n- kind: ConfigMap\n- kind: Secret\n  data: {credentials: " + b64(goodText) + "}\n", ""},
	{"plain data", "kind: Secret\nstringData:\n  credentials: |\n    [default]\n    aws_access_key_id = " + fakeKeyID + "\n    aws_secret_access_key = " + fakeSecret + "\n    region = eu-west-1\n", ""},
	{"a zone instead of a region", b64(strings.Replace(goodText, "eu-west-1", "eu-west-1a", 1)), "!region"},
	{"a region that is unknown", b64(strings.Replace(goodText, "eu-west-1", "eu-west-9", 1)), "unknown-region"},
	{"a zone in another profile", b64(goodText + "[a]\naws_access_key_id = " + fakeKeyID + "\naws_secret_access_key = " + fakeSecret + "\nregion = us_east_1\n"), "region"},
	{"base64 twice in a manifest", secretManifest("data", b64(b64(goodText))), "!base64-twice"},
	{"the Secret of a static identity", "kind: Secret\ndata:\n  AccessKeyID: " + b64(fakeKeyID) + "\n  SecretAccessKey: " + b64(fakeSecret) + "\n", ""},
	{"a Secret of a static identity with a line break", "kind: Secret\ndata:\n  AccessKeyID: " + b64(fakeKeyID+"\n") + "\n  SecretAccessKey: " + b64(fakeSecret) + "\n", "!value"},
	{"a static identity whose secret has a line break", "kind: Secret\nstringData:\n  AccessKeyID: " + fakeKeyID + "\n  SecretAccessKey: \"x\\n[b]\\n\"\n", "!value"},
	{"a static identity whose secret has a space at its start", "kind: Secret\ndata:\n  AccessKeyID: " + b64(fakeKeyID) + "\n  SecretAccessKey: " + b64(" "+fakeSecret) + "\n", "!value"},
	{"a static identity that is not base64", "kind: Secret\ndata:\n  AccessKeyID: " + fakeKeyID + "!\n  SecretAccessKey: " + b64(fakeSecret) + "\n", "!not-base64"},
	{"half a static identity", "kind: Secret\ndata:\n  AccessKeyID: " + b64(fakeKeyID) + "\n", "!half-a-pair"},
	{"another Secret before it", "kind: Secret\ndata: {token: eA==}\n---\n" + secretManifest("data", b64(goodText)), ""},
	{"the Secret of the controllers after a broken one", secretManifest("data", "x!") + "---\n" + strings.Replace(secretManifest("data", b64(goodText)), "name: x", "name: "+bootstrapSecret, 1), "several-secrets"},
	{"the Secret of the controllers, broken, after a good one", secretManifest("data", b64(goodText)) + "---\n" + strings.Replace(secretManifest("data", "x!"), "name: x", "name: "+bootstrapSecret, 1), "!not-base64,several-secrets"},
	{"a list of Secrets", `{"kind":"SecretList","items":[{"data":{"credentials":"` + b64(goodText) + `"}}]}`, ""},
	{"base64 as plain data", secretManifest("stringData", b64(goodText)), "!base64-twice"},
	{"a variable that was not replaced", secretManifest("data", "${"+Variable+"}"), "!placeholder"},
	{"base64 three times", b64(b64(b64(goodText))), "!base64-twice"},
	{"base64 twice, with line breaks inside", b64(b64(goodText)[:40] + "\n" + b64(goodText)[40:] + "\n"), "!base64-twice"},
	{"zeroed twice", b64(b64("\n")), "!base64-twice,!zeroed"},
	{"the assignment of fish", "set -gx " + Variable + " '" + b64(goodText) + "';\n", "!assignment,!quotes"},
	{"the assignment of powershell", "$Env:" + Variable + " = '" + b64(goodText) + "'\r\n", "!assignment,!quotes,windows-line-ends"},
	{"quotes of a word processor", "\u201c" + b64(goodText) + "\u201d", "!quotes"},
	{"variables", "AWS_ACCESS_KEY_ID=" + fakeKeyID + "\nAWS_SECRET_ACCESS_KEY=" + fakeSecret + "\n", "!not-encoded"},
	{"variables with the blob", "# for CI\nAWS_REGION=eu-west-1\nexport AWS_B64ENCODED_CREDENTIALS=\"" + b64(goodText) + "\"\n", ""},
	{"variables of fish", "set -gx AWS_REGION eu-west-1;\nset -gx AWS_B64ENCODED_CREDENTIALS '" + b64(goodText) + "';\n", ""},
	{"the JSON of aws sts", `{"Credentials": {"AccessKeyId": "` + fakeKeyID + `", "SecretAccessKey": "` + fakeSecret + `"}}`, "!not-encoded"},
	{"the JSON of a program, encoded", b64(`{"Version": 1, "AccessKeyId": "` + fakeKeyID + `", "SecretAccessKey": "` + fakeSecret + `"}`), "!not-encoded"},
	{"other JSON, encoded", b64(`{"a": 1}`), "!malformed"},
	{"keys as variables of fish", "set -gx AWS_ACCESS_KEY_ID " + fakeKeyID + "\nset -gx AWS_SECRET_ACCESS_KEY " + fakeSecret + "\n", "!not-encoded"},
	{"variables with a broken blob", "AWS_REGION=eu-west-1\nAWS_B64ENCODED_CREDENTIALS=x!\n", "!not-base64"},
	{"lines that are not all variables", "AWS_REGION=eu-west-1\nAWS_B64ENCODED_CREDENTIALS " + b64(goodText) + "\n", "!assignment"},
	{"a variable of a shell", "$AWS_B64ENCODED_CREDENTIALS\n", "!placeholder"},
	{"a placeholder", "<base64 of the profile>", "!placeholder"},
	{"a masked value", "***\n", "!placeholder"},
	{"a profile with a placeholder", b64(strings.Replace(goodText, fakeSecret, "<secret>", 1)), "!shape"},
	{"a profile with a variable in two places", b64(strings.Replace(goodText, fakeSecret, "$SECRET", 1) + "[a]\n" + strings.Replace(pair, fakeKeyID, "${ID}", 1)), "!shape,value"},
	{"keys that SDKs read", b64(goodText + "retry_mode = standard\nrole_session_name = x\n"), ""},
	{"a secret instead of a name", b64(goodText + "[" + fakeSecret + "]\nregion = wJalrFALSESECR\n"), "region,no-keys"},
	{"a Secret without credentials", "kind: Secret\ndata: {other: eA==}\n", "!no-credentials"},
	{"the Secret of Cluster API Operator", "kind: Secret\nstringData:\n  AWS_B64ENCODED_CREDENTIALS: " + b64(goodText) + "\n", ""},
	{"the Secret of Cluster API Operator with data", "kind: Secret\ndata:\n  AWS_B64ENCODED_CREDENTIALS: " + b64(b64(goodText)) + "\n", ""},
	{"the Secret of Cluster API Operator in a list after another", "kind: List\nitems:\n- {kind: Secret, data: {a: eA==}}\n- {kind: Secret, stringData: {AWS_B64ENCODED_CREDENTIALS: " + b64(goodText) + "}}\n", ""},
	{"the Secret of Cluster API Operator in a second document, in JSON", "kind: ConfigMap\n---\n" + `{"kind":"Secret","data":{"AWS_B64ENCODED_CREDENTIALS":"` + b64(b64(goodText)) + `"}}`, ""},
	{"the Secret of Cluster API Operator, encoded once", "kind: Secret\ndata:\n  AWS_B64ENCODED_CREDENTIALS: " + b64(goodText) + "\n", "!not-encoded"},
	{"the Secret of Cluster API Operator, encoded three times", "kind: Secret\ndata:\n  AWS_B64ENCODED_CREDENTIALS: " + b64(b64(b64(goodText))) + "\n", "!base64-twice"},
	{"the Secret of Cluster API Operator with a profile", "kind: Secret\nstringData:\n  AWS_B64ENCODED_CREDENTIALS: |\n    [default]\n    region = eu-west-1\n", "!not-encoded,!no-keys"},
	{"the Secret of Cluster API Operator that is not base64", "kind: Secret\ndata:\n  AWS_B64ENCODED_CREDENTIALS: x!\n", "!not-base64"},
	{"a Secret with an alias", "x: &c " + b64(goodText) + "\nkind: Secret\ndata:\n  credentials: *c\n", ""},
	{"a Secret with a merge key", "x: &b\n  AWS_B64ENCODED_CREDENTIALS: " + b64(goodText) + "\nkind: Secret\nstringData:\n  <<: *b\n", ""},
	{"a Secret with a list of merged mappings", "x: &b {credentials: " + b64(goodText) + "}\nkind: Secret\ndata: {<<: [*b]}\n", ""},
	{"a merge key that leads to itself", "kind: Secret\ndata: &b\n  <<: *b\n", "!no-credentials"},
	{"merge keys that multiply", "kind: Secret\na: &a {x: y}\n" + nestedMerges(12) + "data: {<<: *m12}\n", "!no-credentials"},
	{"a manifest with tabs", "kind: Secret\ndata:\n\tcredentials: " + b64(goodText) + "\n", "!not-yaml"},
	{"clusterctl.yaml", "providers:\n- {name: a, url: b}\nAWS_B64ENCODED_CREDENTIALS: " + b64(goodText) + "\n", ""},
	{"clusterctl.yaml in small letters, in quotes", "aws_b64encoded_credentials: \"" + b64(goodText) + "\"\n", ""},
	{"clusterctl.yaml with the variable under variables", "variables:\n  AWS_B64ENCODED_CREDENTIALS: " + b64(goodText) + "\n", "!nested-variable"},
	{"the configuration of end-to-end tests", "managementClusterName: x\nvariables:\n  AWS_B64ENCODED_CREDENTIALS: " + b64(goodText) + "\n", "nested-variable"},
	{"clusterctl.yaml with both", "AWS_B64ENCODED_CREDENTIALS: " + b64(goodText) + "\nvariables:\n  AWS_B64ENCODED_CREDENTIALS: x!\n", ""},
	{"clusterctl.yaml with a profile", "AWS_B64ENCODED_CREDENTIALS: |\n  [default]\n  region = eu-west-1\n", "!not-encoded,!no-keys"},
	{"clusterctl.yaml with an empty value", "AWS_B64ENCODED_CREDENTIALS:\n", "!empty"},
	{"clusterctl.yaml with the variable twice", "AWS_B64ENCODED_CREDENTIALS: " + b64(goodText) + "\naws_b64encoded_credentials: x!\n", "!not-yaml"},
	{"a Secret with a key twice", "kind: Secret\ndata:\n  credentials: " + b64(goodText) + "\n  credentials: x!\n", "!not-yaml"},
	{"a Secret with data twice", `{"kind":"Secret","data":{"credentials":"` + b64(goodText) + `"},"data":{"credentials":"x!"}}`, "!not-yaml"},
	{"a Secret with line breaks in its data", "kind: Secret\ndata:\n  credentials: |\n    " + b64(goodText)[:40] + "\n    " + b64(goodText)[40:] + "\n", ""},
	{"a Secret with a space in its data", "kind: Secret\ndata:\n  credentials: >-\n    " + b64(goodText)[:40] + "\n    " + b64(goodText)[40:] + "\n", "!white-space"},
	{"a Secret with empty plain data over its data", "kind: Secret\nstringData: {credentials: \"\"}\ndata: {credentials: " + b64(goodText) + "}\n", "!no-credentials"},
	{"the Secret of Cluster API Operator with a space", "kind: Secret\ndata:\n  AWS_B64ENCODED_CREDENTIALS: \" " + b64(b64(goodText)) + "\"\n", "!not-base64"},
	{"variables with half a pair of quotes", "AWS_REGION=eu-west-1\nAWS_B64ENCODED_CREDENTIALS='" + b64(goodText) + "\n", "!quotes"},
	{"variables with quotes of a word processor", "AWS_REGION=eu-west-1\nAWS_B64ENCODED_CREDENTIALS=\u201c" + b64(goodText) + "\u201d\n", "!quotes"},
	{"variables with Windows line ends", "AWS_REGION=eu-west-1\r\nAWS_B64ENCODED_CREDENTIALS=" + b64(goodText) + "\r\n", "windows-line-ends"},
	{"variables with a byte order mark", "\ufeffAWS_B64ENCODED_CREDENTIALS=" + b64(goodText) + "\nAWS_REGION=eu-west-1\n", "!byte-order-mark"},
	{"variables with a byte order mark before another name", "\ufeffAWS_REGION=eu-west-1\nAWS_B64ENCODED_CREDENTIALS=" + b64(goodText) + "\n", ""},
	{"a secret with a percent sign at its end", b64(strings.Replace(goodText, fakeSecret, fakeSecret+"%", 1)), "!shape"},
	{"a secret of 39 characters", b64(strings.Replace(goodText, fakeSecret, fakeSecret[1:], 1)), "!shape"},
	{"a secret of 41 characters", b64(strings.Replace(goodText, fakeSecret, fakeSecret+"x", 1)), "!shape"},
	{"a secret with a foreign character", b64(strings.Replace(goodText, fakeSecret, "_"+fakeSecret[1:], 1)), "!shape"},
	{"a key ID of 15 characters", b64(strings.Replace(goodText, fakeKeyID, fakeKeyID[:15], 1)), "!shape"},
	{"the name of a setting before a secret", b64(strings.Replace(goodText, fakeSecret, "AWS_SECRET_ACCESS_KEY="+fakeSecret, 1)), "!shape"},
	{"a prompt before a secret", b64(strings.Replace(goodText, fakeSecret, "AWS Secret Access Key [None]: "+fakeSecret, 1)), "!value"},
	{"keys of moto", b64("[default]\naws_access_key_id = testing\naws_secret_access_key = testing\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:5000\n"), "shape,shape,endpoint"},
	{"keys of moto in a services section", b64("[default]\naws_access_key_id = testing\naws_secret_access_key = testing\nregion = eu-west-1\nservices = moto\n[services moto]\nsts =\n  endpoint_url = http://moto.test:5000\n"), "shape,shape,endpoint"},
	{"malformed keys for an endpoint of AWS", b64("[default]\naws_access_key_id = testing\naws_secret_access_key = testing\nregion = eu-west-1\nendpoint_url = https://vpce-1.sts.eu-west-1.vpce.amazonaws.com\n"), "!shape,!shape,endpoint"},
	{"malformed keys where endpoints are ignored", b64("[default]\naws_access_key_id = testing\naws_secret_access_key = testing\nregion = eu-west-1\nendpoint_url = http://moto.test\nignore_configured_endpoint_urls = true\n"), "!shape,!shape"},
	{"a malformed key in another profile", b64(goodText + "[a]\nregion = eu-west-1\n" + strings.Replace(pair, fakeSecret, fakeSecret[1:], 1)), "shape"},
	{"expired keys", b64(temporaryText + "x_security_token_expires = 2020-01-24T13:01:27+01:00\n"), "!expired"},
	{"keys that expire later", b64(temporaryText + "aws_expiration = 2999-01-24T13:01:27.000Z\n"), ""},
	{"expired keys with the expiry key of an unknown tool", b64(temporaryText + "token_expires_at = 2020-01-24T13:01:27Z\n"), "!expired"},
	{"a key ID in small letters", b64(strings.ReplaceAll(goodText, fakeKeyID, accesskey.LowerASCII(fakeKeyID))), "!shape"},
	{"an invalid time", b64(temporaryText + "expiration = soon\n"), "expiry"},
	{"a time next to long-lived keys", b64(goodText + "expiration = 2020-01-24 13:01:27\n"), ""},
	{"a manifest without a Secret", "kind: ConfigMap\ndata: {a: b}\n", "!no-secret"},
	{"an empty list", "apiVersion: v1\nitems: []\nkind: List\nmetadata: {resourceVersion: \"\"}\n", "!no-secret"},
	{"an empty list of Secrets in JSON", `{"apiVersion": "v1", "kind": "SecretList", "items": []}`, "!no-secret"},
	{"an empty list before a Secret", "kind: List\nitems: []\n---\nkind: Secret\ndata:\n  credentials: " + b64(goodText) + "\n", ""},
	{"aliases that multiply", "kind: Secret\na: &a [x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a]\ndata: *b\n", "!no-credentials"},
}

// utf16Of returns an ASCII text in UTF-16, with the lower byte first.
func utf16Of(text string) string {
	return strings.Join(strings.Split(text, ""), "\x00") + "\x00"
}

func TestInspectOfUTF16(t *testing.T) {
	for blob, want := range map[string]string{
		utf16Of(b64(goodText)):              "the input is UTF-16 text",
		b64(utf16Of(goodText)):              "the value is the base64 of UTF-16 text",
		"\xfe\xff\x00" + utf16Of("abc")[:5]: "the input is UTF-16 text",
		"\x7fELF\x00\x00":                   "the input is binary data",
	} {
		if got := Inspect([]byte(blob)).Problems; len(got) != 1 || !strings.HasPrefix(got[0].Message, want) {
			t.Errorf("got %+v, want %q", got, want)
		}
	}
}

func TestInspect(t *testing.T) {
	for _, test := range blobs {
		t.Run(test.name, func(t *testing.T) {
			got := Inspect([]byte(test.blob))
			var codes []string
			for _, f := range got.Problems {
				code := f.Code
				if f.Fatal {
					code = "!" + code
				}
				codes = append(codes, code)
				if f.Message == "" || f.Remedy == "" {
					t.Errorf("%s has no message or remedy", f.Code)
				}
			}
			if joined := strings.Join(codes, ","); joined != test.codes {
				t.Errorf("problems %q, want %q", joined, test.codes)
			}
			if got.Usable != !strings.Contains(test.codes, "!") {
				t.Errorf("usable: %v", got.Usable)
			}
			wantNoSecrets(t, got)
		})
	}
}

// secrets are the secret values in the blobs. "FALSESECRET" is a part of
// several of them. No output may contain a secret.
var secrets = []string{fakeSecret, fakeToken, "FALSESECRET", fakeKeyID}

// wantNoSecrets fails when any format of the inspection shows a secret.
func wantNoSecrets(t *testing.T, i Inspection) {
	t.Helper()
	marshalled, err := json.Marshal(i)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "i", i)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "i", i)
	for _, text := range []string{string(marshalled), log.String(), fmt.Sprintf("%v %+v %#v %s %q %d %x", i, i, i, i, i, i, &i)} {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Fatalf("a secret is shown: %s", text)
			}
		}
	}
}

func TestInspectDescribesProfiles(t *testing.T) {
	got := Inspect([]byte(b64(goodText + "[prod]\naws_access_key_id = ASIAFALSEKEYEXAMPLE9\naws_secret_access_key = x\naws_session_token = " + fakeToken + "\n")))
	want := []InspectedProfile{
		{Name: "default", AccessKeyID: MaskKeyID(fakeKeyID), Kind: "long-lived access key", Region: "eu-west-1"},
		{Name: "prod", AccessKeyID: "****PLE9", Kind: "temporary access key", SessionToken: true},
	}
	if !slices.Equal(got.Profiles, want) || got.Wrapping != "base64" {
		t.Errorf("got %+v", got.Profiles)
	}
	if !strings.Contains(got.Text(), fakeSecret) {
		t.Error("Text does not contain the profile")
	}
}

// Inspect must read every profile that NewProfile accepts and encodes.
func TestInspectReadsEncodedProfiles(t *testing.T) {
	for _, c := range []Credentials{
		{AccessKeyID: fakeKeyID, SecretAccessKey: fakeSecret},
		{AccessKeyID: "ASIAFALSEKEYEXAMPLE0", SecretAccessKey: "%(x)s$a'b\"c", SessionToken: "%(x)s$a'b\"c"},
		{AccessKeyID: "other", SecretAccessKey: "x"},
	} {
		p, err := NewProfile(c, "eu-west-1")
		if err != nil {
			t.Fatal(err)
		}
		got := Inspect([]byte(p.Base64()))
		got.Problems = slices.DeleteFunc(got.Problems, func(f Flaw) bool { return f.Code == CodeUnknownExpiry })
		mismatch := func(f Flaw) bool { return f.Code == "shape" }
		if len(slices.DeleteFunc(slices.Clone(got.Problems), mismatch)) != 0 || len(got.Problems) != len(c.Mismatches()) || got.ExpiryUnknown() != (c.SessionToken != "") || len(got.Profiles) != 1 || got.Profiles[0].Region != "eu-west-1" || got.Text() != p.Text() {
			t.Errorf("%s: %v %+v", c.AccessKeyID, got.Problems, got.Profiles)
		}
	}
}

func FuzzInspect(f *testing.F) {
	for _, b := range blobs {
		if len(b.blob) < 1000 {
			f.Add([]byte(b.blob))
		}
	}
	f.Fuzz(func(t *testing.T, blob []byte) {
		i := Inspect(blob)
		// Inspect shows the names of profiles, except those that look like a
		// secret. So a secret that is part of a name may be shown.
		isNamed := func(secret string) bool {
			return slices.ContainsFunc(i.Profiles, func(p InspectedProfile) bool { return strings.Contains(p.Name, secret) })
		}
		if !slices.ContainsFunc(secrets, isNamed) {
			wantNoSecrets(t, i)
		}
		if i.Usable && len(i.Profiles) == 0 {
			t.Errorf("usable, but without a profile: %q", blob)
		}
	})
}

// When the environment sets an endpoint for AWS STS that does not belong to
// AWS, keys of a shape that AWS does not issue are usable. Endpoints of other
// services make no difference.
func TestInspectWithAnEmulator(t *testing.T) {
	t.Parallel()
	blob := []byte(b64("[default]\naws_access_key_id = testing\naws_secret_access_key = testing\nregion = eu-west-1\n"))
	for endpoint, usable := range map[string]bool{
		"AWS_ENDPOINT_URL=http://127.0.0.1:5000": true, "AWS_ENDPOINT_URL_STS=https://moto.test": true, "AWS_ENDPOINT_URL_EC2=https://moto.test": false,
		"AWS_ENDPOINT_URL=https://sts.eu-west-1.amazonaws.com": false, "AWS_ENDPOINT_URL=https://notamazonaws.com": true, "AWS_REGION=eu-west-1": false,
	} {
		i := Inspect(blob)
		if i.AllowEmulator(home(t, "", "", endpoint)); i.Usable != usable {
			t.Errorf("%s: usable %v, %s", endpoint, i.Usable, problemCodes(i))
		}
	}
}

func TestVerdictOnKeysWithoutAnExpiry(t *testing.T) {
	const unless, until = "usable by CAPA:   yes, unless the keys have expired\n", "usable by CAPA:   yes, until the keys expire\n"
	for _, test := range []struct {
		name, text  string
		unverified  string
		verified    string
		isTemporary bool
	}{
		{"long-lived keys", goodText, "usable by CAPA:   yes\n", "usable by CAPA:   yes\n", false},
		{"temporary keys", temporaryText, unless, until, true},
		{"temporary keys with a time that cannot be read", temporaryText + "expiration = soon\n", unless, until, true},
		{"temporary keys with an expiry", temporaryText + "aws_expiration = 2999-01-24T13:01:27.000Z\n", "usable by CAPA:   yes\n", "usable by CAPA:   yes\n", false},
		{"expired keys", temporaryText + "aws_expiration = 2020-01-24T13:01:27.000Z\n", "usable by CAPA:   no\n", "usable by CAPA:   no\n", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := Inspect([]byte(b64(test.text)))
			if report := i.Report(); !strings.Contains(report, test.unverified) || i.ExpiryUnknown() != test.isTemporary {
				t.Errorf("before verifying:\n%s", report)
			}
			i.Identity = &Identity{Account: "123456789012", ARN: "arn:aws:iam::123456789012:user/ann"}
			i.expiryAfterVerify()
			if report := i.Report(); !strings.Contains(report, test.verified) || strings.Contains(report, "may have expired") {
				t.Errorf("after verifying:\n%s", report)
			}
		})
	}
}

// TestExpiryOfUsedKeys checks that the expiry of another profile does not count,
// although the IDs of the keys end in the same characters.
func TestExpiryOfUsedKeys(t *testing.T) {
	other := strings.Replace(temporaryText, "[default]", "[other]", 1) + "aws_expiration = 2999-01-24T13:01:27Z\n"
	i := Inspect([]byte(b64(temporaryText + other)))
	if temporary, expires := i.Temporary(); !temporary || !expires.IsZero() {
		t.Errorf("temporary: %v, expires: %v", temporary, expires)
	}
}
