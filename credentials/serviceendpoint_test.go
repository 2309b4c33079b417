package credentials

// These tests check that our clients use the same endpoints as the AWS SDK for
// Go, for the same files and variables.

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/signin"
	signintypes "github.com/aws/aws-sdk-go-v2/service/signin/types"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// serviceCalls has one request for each service that we call, by the service's
// name in variables.
var serviceCalls = map[string]func(context.Context, aws.Config) error{
	"STS": func(ctx context.Context, c aws.Config) error {
		_, err := sts.NewFromConfig(c).GetCallerIdentity(ctx, nil)
		return err
	},
	"IAM": func(ctx context.Context, c aws.Config) error {
		_, err := iam.NewFromConfig(c).GetUser(ctx, nil)
		return err
	},
	"CLOUDFORMATION": func(ctx context.Context, c aws.Config) error {
		_, err := cloudformation.NewFromConfig(c).DescribeStacks(ctx, nil)
		return err
	},
	"SSO": func(ctx context.Context, c aws.Config) error {
		x := aws.String("x")
		_, err := sso.NewFromConfig(c).GetRoleCredentials(ctx, &sso.GetRoleCredentialsInput{AccessToken: x, AccountId: x, RoleName: x})
		return err
	},
	"SSO_OIDC": func(ctx context.Context, c aws.Config) error {
		x := aws.String("x")
		_, err := ssooidc.NewFromConfig(c).CreateToken(ctx, &ssooidc.CreateTokenInput{ClientId: x, ClientSecret: x, GrantType: x})
		return err
	},
	"SIGNIN": func(ctx context.Context, c aws.Config) error {
		x := aws.String("x")
		_, err := signin.NewFromConfig(c).CreateOAuth2Token(ctx, &signin.CreateOAuth2TokenInput{
			TokenInput: &signintypes.CreateOAuth2TokenRequestBody{ClientId: x, GrantType: x, RefreshToken: x}})
		return err
	},
}

// recordingTransport records the address of a request and does not send it.
type recordingTransport struct{ address string }

func (a *recordingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	a.address = r.URL.Scheme + "://" + r.URL.Host + strings.TrimSuffix(r.URL.Path, "/")
	return nil, errors.New("not sent")
}

// noAddress means that no request was sent, because the settings were rejected.
const noAddress = "rejected"

// sdkEndpoints returns the endpoints that the SDK's clients use in the
// environment of this process.
func sdkEndpoints(t *testing.T, options ...func(*config.LoadOptions) error) map[string]string {
	t.Helper()
	endpoints := map[string]string{}
	for service, call := range serviceCalls {
		transport := &recordingTransport{address: noAddress}
		c, err := config.LoadDefaultConfig(t.Context(), append(options,
			config.WithHTTPClient(&http.Client{Transport: transport}), config.WithRetryMaxAttempts(1),
			config.WithCredentialsProvider(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: fakeKeyID, SecretAccessKey: fakeSecret}, nil
			})))...)
		if err == nil {
			_ = call(t.Context(), c)
		}
		endpoints[service] = transport.address
	}
	return endpoints
}

// ourEndpoints returns the endpoints that our clients use.
func ourEndpoints(t *testing.T, env Environment, request Request) map[string]string {
	t.Helper()
	endpoints := map[string]string{}
	for service, call := range serviceCalls {
		transport := &recordingTransport{address: noAddress}
		env.Transport = transport
		s := &search{env: env, request: request, limits: defaultLimits}
		region, err := s.region(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		settings := s.clientSettings(t.Context(), region.Name, &Credentials{AccessKeyID: fakeKeyID, SecretAccessKey: fakeSecret})
		settings.Attempts = 1
		if c, err := settings.Config(t.Context(), service); err == nil {
			_ = call(t.Context(), c)
		}
		endpoints[service] = transport.address
	}
	return endpoints
}

const localURL = "http://127.0.0.1:"

// localServices is a profile with a services section.
const localServices = "[default]\nregion = eu-west-1\nservices = loc\n[services loc]\nsts =\n  endpoint_url = " + localURL + "18091\n"

// endpointCases are files and variables for which our endpoints are compared
// with the SDK's.
var endpointCases = []struct {
	name, config, credentials string
	variables                 []string
	// sts is the expected endpoint of STS. The endpoints of the other services
	// are only compared with the SDK's.
	sts string
}{
	{"nothing", "[default]\nregion = eu-west-1\n", "", nil, "https://sts.eu-west-1.amazonaws.com"},
	{"a services section", localServices, "", nil, localURL + "18091"},
	{"a services section for every service", localServices + "iam =\n  endpoint_url = http://127.0.0.1:1\ncloudformation =\n  endpoint_url = http://127.0.0.1:2/path\n" +
		"sso =\n  endpoint_url = http://127.0.0.1:3\nsso_oidc =\n  endpoint_url = http://127.0.0.1:4\nsignin =\n  endpoint_url = http://127.0.0.1:5\n", "", nil, localURL + "18091"},
	{"a services section with other settings", localServices + "\n  # a comment\n  other = 1\niam =\n  ENDPOINT_URL = 'http://127.0.0.1:1'\ns3 =\n  a = b\n", "", nil, localURL + "18091"},
	{"a services section and endpoint_url", strings.Replace(localServices, "services =", "endpoint_url = http://127.0.0.1:9\nservices =", 1), "", nil, localURL + "18091"},
	{"a services section and AWS_ENDPOINT_URL", localServices, "", []string{"AWS_ENDPOINT_URL=" + localURL + "9"}, localURL + "9"},
	{"a services section and the variable of the service", localServices, "", []string{"AWS_ENDPOINT_URL_STS=" + localURL + "8"}, localURL + "8"},
	{"a services section and the variable of another service", localServices, "", []string{"AWS_ENDPOINT_URL_IAM=" + localURL + "8"}, localURL + "18091"},
	{"a services section in the credentials file", "[default]\nregion = eu-west-1\nservices = loc\n", "[services loc]\nsts =\n  endpoint_url = http://127.0.0.1:7\n", nil, localURL + "7"},
	{"an unused services section", strings.Replace(localServices, "services = loc\n", "", 1), "", nil, "https://sts.eu-west-1.amazonaws.com"},
	{"a services section, ignored", strings.Replace(localServices, "services =", "ignore_configured_endpoint_urls = true\nservices =", 1), "", nil, "https://sts.eu-west-1.amazonaws.com"},
	{"a services section, ignored because of a variable", localServices, "", []string{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=True"}, "https://sts.eu-west-1.amazonaws.com"},
	{"not ignored, because of the variable", strings.Replace(localServices, "services =", "ignore_configured_endpoint_urls = true\nservices =", 1), "",
		[]string{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=false"}, localURL + "18091"},
	{"variables, ignored by the profile", "[default]\nregion = eu-west-1\nignore_configured_endpoint_urls = TRUE\n", "",
		[]string{"AWS_ENDPOINT_URL=" + localURL + "9", "AWS_ENDPOINT_URL_IAM=" + localURL + "8"}, "https://sts.eu-west-1.amazonaws.com"},
	{"endpoint_url", "[default]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:9/base # local\n", "", nil, localURL + "9/base"},
	{"endpoint_url in quotes", "[default]\nregion = eu-west-1\nendpoint_url = \"http://127.0.0.1:9\"\n", "", nil, localURL + "9"},
	{"endpoint_url in both files", "[default]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:9\n", "[default]\nendpoint_url = http://127.0.0.1:8\n", nil, localURL + "9"},
	{"endpoint_url in the credentials file", "", "[default]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:8\n", nil, localURL + "8"},
	{"settings in the credentials file, with the profile in both", "[default]\nregion = eu-west-1\n", "[default]\nendpoint_url = http://127.0.0.1:8\nservices = x\nignore_configured_endpoint_urls = true\n", nil,
		"https://sts.eu-west-1.amazonaws.com"},
	{"ignored in the credentials file, where the SDK does not read it", "[default]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:9\n", "[default]\nignore_configured_endpoint_urls = true\n", nil, localURL + "9"},
	{"FIPS in both files", "[default]\nregion = us-east-1\nuse_fips_endpoint = false\n", "[default]\nuse_fips_endpoint = true\n", nil, "https://sts-fips.us-east-1.amazonaws.com"},
	{"endpoint_url and AWS_ENDPOINT_URL", "[default]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:9\n", "", []string{"AWS_ENDPOINT_URL=" + localURL + "8"}, localURL + "8"},
	{"both variables", "[default]\nregion = eu-west-1\n", "", []string{"AWS_ENDPOINT_URL=" + localURL + "8", "AWS_ENDPOINT_URL_STS=" + localURL + "7", "AWS_ENDPOINT_URL_SSO_OIDC=" + localURL + "6"}, localURL + "7"},
	{"variables, ignored", "[default]\nregion = eu-west-1\n", "", []string{"AWS_ENDPOINT_URL=" + localURL + "8", "AWS_ENDPOINT_URL_STS=" + localURL + "7", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true"}, "https://sts.eu-west-1.amazonaws.com"},
	{"an invalid switch", "[default]\nregion = eu-west-1\n", "", []string{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=1"}, noAddress},

	{"FIPS", "[default]\nregion = us-east-1\nuse_fips_endpoint = true\n", "", nil, "https://sts-fips.us-east-1.amazonaws.com"},
	{"FIPS with a comment", "[default]\nregion = us-east-1\nuse_fips_endpoint = true # we must\n", "", nil, "https://sts-fips.us-east-1.amazonaws.com"},
	{"FIPS from a variable", "[default]\nregion = us-east-1\n", "", []string{"AWS_USE_FIPS_ENDPOINT=TRUE"}, "https://sts-fips.us-east-1.amazonaws.com"},
	{"no FIPS, because of the variable", "[default]\nregion = us-east-1\nuse_fips_endpoint = true\n", "", []string{"AWS_USE_FIPS_ENDPOINT=false"}, "https://sts.us-east-1.amazonaws.com"},
	{"an invalid FIPS switch", "[default]\nregion = us-east-1\nuse_fips_endpoint = yes\n", "", nil, "https://sts.us-east-1.amazonaws.com"},
	{"an invalid FIPS variable", "[default]\nregion = us-east-1\n", "", []string{"AWS_USE_FIPS_ENDPOINT=yes"}, noAddress},
	{"FIPS in GovCloud", "[default]\nregion = us-gov-west-1\nuse_fips_endpoint = true\n", "", nil, "https://sts.us-gov-west-1.amazonaws.com"},
	{"FIPS and an endpoint", "[default]\nregion = us-east-1\nuse_fips_endpoint = true\nendpoint_url = http://127.0.0.1:9\n", "", nil, noAddress},
	{"FIPS and an endpoint that is ignored", "[default]\nregion = us-east-1\nuse_fips_endpoint = true\nendpoint_url = http://127.0.0.1:9\nignore_configured_endpoint_urls = true\n", "", nil,
		"https://sts-fips.us-east-1.amazonaws.com"},
	{"dual stack", "[default]\nregion = eu-west-1\nuse_dualstack_endpoint = true\n", "", nil, "https://sts.eu-west-1.api.aws"},
	{"dual stack from a variable", "[default]\nregion = eu-west-1\n", "", []string{"AWS_USE_DUALSTACK_ENDPOINT=true"}, "https://sts.eu-west-1.api.aws"},
	{"no dual stack, because of the variable", "[default]\nregion = eu-west-1\nuse_dualstack_endpoint = true\n", "", []string{"AWS_USE_DUALSTACK_ENDPOINT=False"}, "https://sts.eu-west-1.amazonaws.com"},
	{"dual stack and an endpoint", "[default]\nregion = us-east-1\nuse_dualstack_endpoint = true\nservices = loc\n[services loc]\nsts =\n  endpoint_url = http://127.0.0.1:9\n", "", nil, noAddress},
	{"FIPS and dual stack", "[default]\nregion = us-east-1\nuse_dualstack_endpoint = true\nuse_fips_endpoint = true\n", "", nil, "https://sts-fips.us-east-1.api.aws"},
	{"China", "[default]\nregion = cn-north-1\nuse_dualstack_endpoint = true\n", "", nil, "https://sts.cn-north-1.api.amazonwebservices.com.cn"},
}

func TestEndpointsMatchTheSDK(t *testing.T) {
	for _, test := range endpointCases {
		t.Run(test.name, func(t *testing.T) {
			env := home(t, test.credentials, test.config, test.variables...)
			setProcessEnvironment(t, env, test.variables)
			ours, theirs := ourEndpoints(t, env, Request{}), sdkEndpoints(t)
			if ours["STS"] != test.sts {
				t.Errorf("STS is called at %s, want %s", ours["STS"], test.sts)
			}
			for service := range serviceCalls {
				if ours[service] != theirs[service] {
					t.Errorf("%s: we call %s, the SDK calls %s", service, ours[service], theirs[service])
				}
			}
		})
	}
}

// A named profile has its own endpoints.
func TestEndpointsOfANamedProfile(t *testing.T) {
	text := localServices + "[profile other]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:5\n"
	env := home(t, "", text)
	setProcessEnvironment(t, env, nil)
	ours, theirs := ourEndpoints(t, env, Request{Profile: "other"}), sdkEndpoints(t, config.WithSharedConfigProfile("other"))
	if ours["STS"] != localURL+"5" || ours["STS"] != theirs["STS"] {
		t.Errorf("we call %s, the SDK calls %s", ours["STS"], theirs["STS"])
	}
}

// setProcessEnvironment sets the home directory and the shared files of this
// process to those of env, sets the given variables, disables the instance
// metadata service, and unsets all other AWS variables.
func setProcessEnvironment(t *testing.T, env Environment, variables []string) {
	t.Helper()
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			os.Unsetenv(name)
		}
	}
	t.Setenv("HOME", env.Home)
	t.Setenv("USERPROFILE", env.Home)
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(env.Home, ".aws", "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(env.Home, ".aws", "credentials"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
}

// An endpoint setting without the intended effect causes a warning. If requests
// would go to AWS instead of the intended endpoint, Verify also fails.
func TestInvalidEndpointSettings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"use_fips_endpoint = yes\n": `~/.aws/config:4: use_fips_endpoint of profile "default" is neither true nor false, so it counts as false`,
		"services = lok\n[services loc]\nsts =\n  endpoint_url = http://127.0.0.1:1\n": `~/.aws/config:4: the setting "services" of profile "default" names a section that does not exist; add the section [services lok] to ~/.aws/config`,
	} {
		env := home(t, "", "[default]\n"+pair+text)
		transport := &recordingTransport{address: noAddress}
		env.Transport = transport
		found, err := Find(t.Context(), env, Request{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(found.Warnings, func(w string) bool { return strings.ReplaceAll(w, env.Home, "~") == want }) {
			t.Errorf("%s: warnings %q", text, found.Warnings)
		}
		_, err = found.Verify(t.Context())
		if missing := strings.Contains(want, "does not exist"); missing != (transport.address == noAddress) || missing != strings.Contains(errorText(err, env), want) {
			t.Errorf("%s: %s is called, %v", text, transport.address, err)
		}
	}
}
