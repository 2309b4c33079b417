// Tests of required regions, unknown regions, and the regions of EC2 instances.

package credentials

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// When a region is needed and no source names one, Find fails before it prompts
// for an MFA code or requests credentials from a service.
func TestNeedsRegion(t *testing.T) {
	t.Parallel()
	const mfa = "[profile dev]\nrole_arn = " + roleARN + "\nsource_profile = user\nmfa_serial = arn:aws:iam::123456789012:mfa/ann\n"
	for _, test := range []struct {
		name, config string
		variables    []string
		request      Request
		want         string // "" for an error
	}{
		{"nothing names one", mfa, []string{"AWS_REGION="}, Request{Profile: "dev", NeedsRegion: true}, ""},
		{"only a role is requested", "", []string{"AWS_REGION="}, Request{RoleARN: roleARN, NeedsRegion: true}, ""},
		{"none is needed", "", []string{"AWS_REGION="}, Request{}, FallbackRegion},
		{"the default", "", []string{"AWS_REGION="}, Request{NeedsRegion: true, DefaultRegion: "eu-central-1"}, "eu-central-1"},
		{"a variable before the default", "", nil, Request{NeedsRegion: true, DefaultRegion: "eu-central-1"}, "eu-west-1"},
		{"AWS_DEFAULT_REGION", "", []string{"AWS_REGION=", "AWS_DEFAULT_REGION=eu-west-3"}, Request{NeedsRegion: true}, "eu-west-3"},
		{"the flag", "", []string{"AWS_REGION="}, Request{NeedsRegion: true, Region: "us-west-2"}, "us-west-2"},
		{"the profile", "[default]\nregion = ap-south-1\n", []string{"AWS_REGION="}, Request{NeedsRegion: true}, "ap-south-1"},
	} {
		env, d := serviceHome(t, "[default]\n"+pair+"[user]\n"+pair, test.config, test.variables...)
		test.request.AskMFACode = func(context.Context, string) (string, error) {
			t.Errorf("%s: the user is asked for a code", test.name)
			return "", errors.New("no")
		}
		found, err := Find(t.Context(), env, test.request)
		if test.want == "" {
			if !errors.Is(err, ErrNoRegion) || len(d.Calls()) != 0 {
				t.Errorf("%s: %v, %v, %d calls", test.name, found.Region, err, len(d.Calls()))
			}
			continue
		}
		if err != nil || found.Region.Name != test.want || found.Region.Fallback != (test.want == FallbackRegion) {
			t.Errorf("%s: %+v, %v", test.name, found.Region, err)
		}
	}
}

// The region of an instance is known only after the request for its
// credentials. Find then uses it or, if the instance has none, returns
// ErrNoRegion.
func TestRegionOfAnInstance(t *testing.T) {
	t.Parallel()
	for _, region := range []string{"eu-north-1", ""} {
		env, d := serviceHome(t, "", "", "AWS_REGION=", "AWS_EC2_METADATA_DISABLED=", "AWS_EC2_METADATA_SERVICE_ENDPOINT=$URL")
		d.Region = region
		found, err := Find(t.Context(), env, Request{NeedsRegion: true})
		if region == "" && !errors.Is(err, ErrNoRegion) || region != "" && (err != nil || found.Region.Name != region) {
			t.Errorf("%q: %+v, %v", region, found.Region, err)
		}
	}
}

// An unknown region from any source is used, with a warning. The warning
// suggests a known region with a similar name, if there is one.
func TestUnknownRegion(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, config string
		variables    []string
		request      Request
		want         string
	}{
		{"the flag", "", nil, Request{Region: "us-esat-1"}, `Request.Region is "us-esat-1", which is not a known region, did you mean "us-east-1"?`},
		{"a variable", "", []string{"AWS_DEFAULT_REGION=eu-west-9"}, Request{}, `AWS_DEFAULT_REGION is "eu-west-9", which is not a known region, did you mean "eu-west-1"?`},
		{"the profile", "[default]\nregion = zebra-crossing-1\n", nil, Request{}, `the region of profile "default" in ~/.aws/config is "zebra-crossing-1", which is not a known region`},
		{"a known one", "[default]\nregion = me-west-1\n", nil, Request{}, ""},
	} {
		env := home(t, "[default]\n"+pair, test.config, test.variables...)
		found, err := Find(t.Context(), env, test.request)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got := strings.ReplaceAll(strings.Join(found.Warnings, "\n"), env.Home, "~"); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
