// Tests of inspecting a profile that assumes roles, compared with the SDK for
// Go.

package credentials

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"

	"capaboot/internal/awsdouble"
)

const baseProfile = "[base]\n" + pair

// roleBlobs are profiles with roles or other sources, and the codes of the
// problems that Inspect reports.
var roleBlobs = []struct{ name, text, want string }{
	{"a role with its source profile", "[default]\nrole_arn = " + roleARN + "\nsource_profile = base\nregion = eu-west-1\n" + baseProfile, ""},
	{"a role with its own keys", "[default]\nrole_arn = " + roleARN + "\nregion = eu-west-1\n" + pair, ""},
	{"a role that names itself for its keys", "[default]\nrole_arn = " + roleARN + "\nsource_profile = default\nregion = eu-west-1\n" + pair, ""},
	{"a chain of roles", "[default]\nrole_arn = " + roleARN + "\nsource_profile = a\nregion = eu-west-1\n[a]\nrole_arn = " + roleARN + "\nsource_profile = base\n" + baseProfile, ""},
	{"a missing source profile", "[default]\nrole_arn = " + roleARN + "\nsource_profile = base\nregion = eu-west-1\n", "!no-source-profile"},
	{"a source profile without keys", "[default]\nrole_arn = " + roleARN + "\nsource_profile = base\nregion = eu-west-1\n[base]\nregion = eu-west-1\n", "!no-keys"},
	{"a source profile with half a pair", "[default]\nrole_arn = " + roleARN + "\nsource_profile = base\nregion = eu-west-1\n[base]\naws_access_key_id = " + fakeKeyID + "\n", "!half-a-pair"},
	{"an SSO session that the blob does not contain, next to keys", goodText + "sso_session = acme\n", "!sso"},
	{"an SSO session in the blob, next to keys", goodText + "sso_session = acme\n[sso-session acme]\nsso_region = eu-west-1\n", ""},
	{"a setting that only the AWS CLI accepts", goodText + "retry_mode = legacy\n", "!setting"},
	{"a setting without a value", goodText + "max_attempts =\n", "!setting"},
	{"settings that the SDK accepts", goodText + "retry_mode = 'standard' ; x\nmax_attempts = 5\ndefaults_mode = AUTO\nec2_metadata_service_endpoint_mode =\nrequest_min_compression_size_bytes = 0x10\n", ""},
	{"a setting of a source profile", "[default]\nrole_arn = " + roleARN + "\nsource_profile = base\nregion = eu-west-1\n" + baseProfile + "disable_request_compression = TRUE\n", "!setting"},
	{"a setting of a profile that is not used", goodText + "[base]\n" + pair + "retry_mode = legacy\n", ""},
	{"a file with certificates", goodText + "ca_bundle = /etc/ssl/acme.pem\n", "ca-bundle"},
	{"an empty half next to a role", "[default]\nrole_arn = " + roleARN + "\naws_secret_access_key =\nregion = eu-west-1\n", "!half-a-pair"},
	{"an empty half in a source profile", "[default]\nrole_arn = " + roleARN + "\nsource_profile = base\nregion = eu-west-1\n[base]\naws_access_key_id =\nrole_arn = " + roleARN + "\ncredential_source = EcsContainer\n", "!half-a-pair"},
	{"two empty halves next to a role", "[default]\nrole_arn = " + roleARN + "\naws_access_key_id =\naws_secret_access_key =\nregion = eu-west-1\n", "credential-source"},
	{"a source profile whose secret has a quote", "[default]\nrole_arn = " + roleARN + "\nsource_profile = base\nregion = eu-west-1\n" + strings.Replace(baseProfile, fakeSecret, "'"+fakeSecret, 1), "!value"},
	{"a loop", "[default]\nrole_arn = " + roleARN + "\nsource_profile = a\nregion = eu-west-1\n[a]\nrole_arn = " + roleARN + "\nsource_profile = default\n", "!source-profile-loop"},
	{"two sources", "[default]\nrole_arn = " + roleARN + "\nsource_profile = base\ncredential_source = Environment\nregion = eu-west-1\n" + baseProfile, "!two-sources"},
	{"a source profile without a role", "[default]\nsource_profile = base\nregion = eu-west-1\n" + baseProfile, "!no-role"},
	{"MFA", "[default]\nrole_arn = " + roleARN + "\nsource_profile = base\nmfa_serial = arn:aws:iam::123456789012:mfa/ann\nregion = eu-west-1\n" + baseProfile, "!mfa"},
	{"not an ARN", "[default]\nrole_arn = FALSESECRET\nsource_profile = base\nregion = eu-west-1\n" + baseProfile, "!role"},
	{"the environment", "[default]\nrole_arn = " + roleARN + "\ncredential_source = Environment\nregion = eu-west-1\n", "!credential-source"},
	{"the instance", "[default]\nrole_arn = " + roleARN + "\ncredential_source = Ec2InstanceMetadata\nregion = eu-west-1\n", "credential-source"},
	{"the container", "[default]\nrole_arn = " + roleARN + "\ncredential_source = EcsContainer\nregion = eu-west-1\n", "credential-source"},
	{"an unknown source", "[default]\nrole_arn = " + roleARN + "\ncredential_source = FALSESECRET\nregion = eu-west-1\n", "!credential-source"},
	{"a role alone", "[default]\nrole_arn = " + roleARN + "\nregion = eu-west-1\n", "credential-source"},
	{"a web identity", "[default]\nrole_arn = " + roleARN + "\nweb_identity_token_file = /var/run/token\nregion = eu-west-1\n", "web-identity"},
	{"a role in the source profile, which also has keys", "[default]\nrole_arn = " + roleARN + "\nsource_profile = base\nregion = eu-west-1\n" + baseProfile + "role_arn = " + roleARN + "\nmfa_serial = arn:aws:iam::123456789012:mfa/ann\n", "!mfa"},
	{"keys next to a source profile", "[default]\nrole_arn = " + roleARN + "\nsource_profile = base\nregion = eu-west-1\n" + pair + baseProfile, "unused-keys"},
	{"expired keys of the source profile", "[default]\nrole_arn = " + roleARN + "\nsource_profile = base\nregion = eu-west-1\n" + strings.Replace(temporaryText, "[default]", "[base]", 1) + "expiration = 2020-01-01T00:00:00Z\n", "!expired"},
	{"keys and a program", "[default]\nregion = eu-west-1\ncredential_process = /bin/x\n" + pair, ""},
	{"another profile with a role", "[default]\nregion = eu-west-1\n" + pair + "[dev]\nregion = eu-west-1\nrole_arn = " + roleARN + "\nsource_profile = nope\n", ""},
	{"other kinds of sections", "[default]\nregion = eu-west-1\nservices = x\n" + pair + "[services x]\nsts =\n  endpoint_url = https://sts.example.com\n[sso-session y]\nsso_region = eu-west-1\n", "endpoint"},
	{"an endpoint for every service", goodText + "endpoint_url = https://example.com\n", "endpoint"},
	{"an endpoint that is ignored", goodText + "endpoint_url = https://example.com\nignore_configured_endpoint_urls = true\n", ""},
	{"endpoints of AWS for some services", goodText + "services = x\n[services x]\nsts =\n  endpoint_url = https://sts.eu-west-1.amazonaws.com\n", ""},
	{"endpoints in a section that the blob does not contain", goodText + "services = x\n", "endpoint"},
	{"an endpoint of a profile that is not used", goodText + "[base]\n" + pair + "endpoint_url = https://example.com\n", ""},
	{"a program", "[default]\ncredential_process = /bin/x\nregion = eu-west-1\n", "!program"},
	{"SSO", "[default]\nsso_account_id = 123456789012\nregion = eu-west-1\n", "!sso"},
	{"aws login", "[default]\nlogin_session = " + loginSessionARN + "\nregion = eu-west-1\n", "!login"},
	{"a source profile with SSO", "[default]\nrole_arn = " + roleARN + "\nsource_profile = base\nregion = eu-west-1\n[base]\nsso_session = acme\n", "!sso"},
}

func TestInspectFollowsRoles(t *testing.T) {
	t.Parallel()
	for _, test := range roleBlobs {
		got := Inspect([]byte(b64(test.text)))
		for _, f := range got.Problems {
			if strings.Contains(f.Message+f.Remedy, "FALSESECRET") {
				t.Errorf("%s: a secret is shown: %s", test.name, f.Message)
			}
		}
		if codes := problemCodes(got); codes != test.want {
			t.Errorf("%s: %s, want %s", test.name, codes, test.want)
		}
		if got.Usable != !strings.Contains(test.want, "!") {
			t.Errorf("%s: usable %v", test.name, got.Usable)
		}
	}
	got := Inspect([]byte(b64(roleBlobs[0].text))).Profiles[0]
	if got.RoleARN != roleARN || got.RoleAccount != "123456789012" || got.SourceProfile != "base" {
		t.Errorf("the role is %s in %s with %q", got.RoleARN, got.RoleAccount, got.SourceProfile)
	}
}

// An endpoint is reported even if its host belongs to AWS.
func TestInspectNamesTheHostOfAnEndpoint(t *testing.T) {
	t.Parallel()
	const want = `profile "default" sets endpoint_url (host "sts.eu-west-1.amazonaws.com"): the controllers send the requests for all services there`
	got := Inspect([]byte(b64(goodText + "endpoint_url = https://user:FALSESECRET@sts.eu-west-1.amazonaws.com/x\n")))
	if len(got.Problems) != 1 || got.Problems[0].Message != want {
		t.Errorf("got %+v, want %s", got.Problems, want)
	}
}

// For profiles with random settings, Inspect rejects what the SDK for Go
// rejects. Of the profiles that the SDK accepts, Inspect rejects only those
// whose credentials cannot exist in the controllers' pod. For the other
// profiles, Inspect finds the same keys and roles as the SDK.
func TestInspectFollowsRolesAsTheSDKDoes(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	names := []string{"default", "a", "b"}
	path := filepath.Join(t.TempDir(), "credentials")
	rejected, accepted := 0, 0
	for range 800 {
		text := ""
		for i, name := range names {
			text += "[" + name + "]\nregion = eu-west-1\n"
			for _, setting := range []struct {
				line   string
				tenths int // the probability of the line, in tenths
			}{
				{fmt.Sprintf("role_arn = %s%d\n", roleARN, i), 7},
				{"source_profile = " + append(names, "nope")[random.IntN(4)] + "\n", 6},
				{"credential_source = Ec2InstanceMetadata\n", 1},
				{"credential_process = /bin/x\n", 1},
				{"web_identity_token_file = /token\n", 1},
				{"sso_account_id = 123456789012\n", 1},
				{"login_session = " + loginSessionARN + "\n", 1},
				{fmt.Sprintf("aws_access_key_id = AKIAFALSEKEYEXAMPLE%d\naws_secret_access_key = %s\n", i, fakeSecret), 4},
			} {
				if random.IntN(10) < setting.tenths {
					text += setting.line
				}
			}
		}
		writeFile(t, path, text)
		c, err := config.LoadSharedConfigProfile(t.Context(), "default", func(o *config.LoadSharedConfigOptions) {
			o.CredentialsFiles, o.ConfigFiles = []string{path}, []string{}
		})
		got := Inspect([]byte(b64(text)))
		if err != nil {
			rejected++
			if got.Usable {
				t.Fatalf("usable, but the SDK fails: %v\n%s", err, text)
			}
			continue
		}
		// Sources that the SDK accepts, but that do not exist in the
		// controllers' pod.
		if codes := problemCodes(got); strings.ContainsAny(codes, "!") {
			for _, code := range []string{"!program", "!sso", "!login", "!no-keys"} {
				codes = strings.ReplaceAll(codes, code, "")
			}
			if strings.Contains(codes, "!") {
				t.Fatalf("%s, but the SDK accepts it\n%s", codes, text)
			}
			continue
		}
		accepted++
		var roles []string
		last := &c
		for ; ; last = last.Source {
			if last.RoleARN != "" && (last.WebIdentityTokenFile == "" || last.Credentials.HasKeys()) {
				roles = append([]string{last.RoleARN}, roles...)
			}
			if last.Source == nil {
				break
			}
		}
		if last.Credentials.AccessKeyID != got.keys.AccessKeyID {
			t.Fatalf("keys %s, the SDK uses %s\n%s", got.keys.AccessKeyID, last.Credentials.AccessKeyID, text)
		}
		var ourRoles []string
		for _, r := range got.roles {
			ourRoles = append(ourRoles, r.arn)
		}
		if got.keys.AccessKeyID != "" && !slices.Equal(ourRoles, roles) {
			t.Fatalf("roles %v, the SDK assumes %v\n%s", ourRoles, roles, text)
		}
	}
	if rejected < 150 || accepted < 80 {
		t.Errorf("%d rejected, %d accepted: the settings are not random enough", rejected, accepted)
	}
}

func problemCodes(i Inspection) string {
	var codes []string
	for _, f := range i.Problems {
		if f.Fatal {
			codes = append(codes, "!"+f.Code)
		} else {
			codes = append(codes, f.Code)
		}
	}
	return strings.Join(codes, ",")
}

func TestInspectVerifyAssumesTheRoles(t *testing.T) {
	t.Parallel()
	env, d := serviceHome(t, "", "")
	d.ARN = "arn:aws:sts::123456789012:assumed-role/capa/x"
	d.Given = append(d.Given, awsdouble.Keys{ID: "ASIAFALSEKEYEXAMPLE2", Secret: fakeSecret + "2", Token: fakeToken})
	chain := "[default]\nrole_arn = " + roleARN + "\nsource_profile = a\nregion = eu-west-1\n[a]\nrole_arn = " + roleARN + "2\nexternal_id = outside\nsource_profile = base\n"
	i := Inspect([]byte(b64(chain + baseProfile)))
	if err := i.Verify(t.Context(), env); err != nil || !i.Usable || i.Identity == nil || i.Identity.ARN != d.ARN {
		t.Fatalf("%v, %v, %v", err, i.Identity, i.Problems)
	}
	var serviceCalls []string
	for _, c := range d.Calls() {
		serviceCalls = append(serviceCalls, c.Name+" "+c.Form.Get("RoleArn")+" "+c.Form.Get("ExternalId"))
	}
	if want := "AssumeRole " + roleARN + "2 outside,AssumeRole " + roleARN + " ,GetCallerIdentity  "; strings.Join(serviceCalls, ",") != want {
		t.Errorf("calls %q, want %s", serviceCalls, want)
	}
	i = Inspect([]byte(b64(chain + strings.Replace(baseProfile, fakeSecret, fakeSecret[1:]+"x", 1))))
	if err := i.Verify(t.Context(), env); err != nil || i.Usable || problemCodes(i) != "!refused" {
		t.Errorf("%v, %s", err, problemCodes(i))
	}
	// The credentials come from the machine of the controllers, so AWS cannot
	// be asked here.
	i = Inspect([]byte(b64("[default]\nrole_arn = " + roleARN + "\ncredential_source = Ec2InstanceMetadata\nregion = eu-west-1\n")))
	if err := i.Verify(t.Context(), env); err != nil || !i.Usable || i.Identity != nil || problemCodes(i) != "credential-source,not-verified" {
		t.Errorf("%v, %s", err, problemCodes(i))
	}
}
