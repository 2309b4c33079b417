// Tests of the settings of the stack commands: region, partition, tags, session
// token and release.

package cli

import (
	"strings"
	"testing"
)

func TestTheRegionOfTheConfigurationComesLast(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	config := c.config(t, "  region: eu-central-1\n")
	_, stderr := c.do(t, 0, "plan", config)
	const warning = "although spec.region of the configuration is eu-central-1"
	wantText(t, stderr, "region eu-west-1", "warning: the region is eu-west-1, from AWS_REGION, "+warning)
	_, stderr = c.do(t, 0, "plan", config, "--region", "us-west-2")
	wantText(t, stderr, "region us-west-2", "warning: the region is us-west-2, from --region, "+warning)
	_, stderr = c.do(t, 0, "plan", config, "--region", "eu-central-1")
	if strings.Contains(stderr, "although") {
		t.Errorf("a warning about the same region:\n%s", stderr)
	}
	delete(c.environment, "AWS_REGION")
	_, stderr = c.do(t, 0, "plan", config)
	wantText(t, stderr, "region eu-central-1")
	if strings.Contains(stderr, "although") {
		t.Errorf("a warning about the region of the configuration:\n%s", stderr)
	}
	requests := len(c.Requests())
	for _, command := range [][]string{{"bootstrap", "iam", "plan"}, {"bootstrap", "iam", "deploy"}, {"bootstrap", "iam", "delete"},
		{"policy", "review", "deployed"}, {"policy", "diff", "release:2.8", "deployed"}, {"policy", "explain", "--deployed", "ec2:RunInstances"}, {"policy", "simulate", "--deployed", "--role", "nodes", "--action", "ec2:RunInstances"}} {
		stdout, stderr := c.run(t, 2, command...)
		if stdout != "" || stderr != "capaboot: error: no region set\ncapaboot: hint: set the region with --region, with AWS_REGION, as the region of the profile, or as spec.region in the configuration\n" {
			t.Errorf("%v: stdout %q, stderr %q", command, stdout, stderr)
		}
	}
	if n := len(c.Requests()); n != requests {
		t.Errorf("%d requests without a region", n-requests)
	}
}

func TestAnotherPartition(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	_, stderr := c.do(t, 2, "deploy", c.config(t, "  partition: aws-cn\n"))
	wantText(t, stderr, "the account is in partition aws, but the template is for aws-cn")
	wantText(t, stderr, "hint: set spec.partition to aws in the configuration, or use credentials of partition aws-cn\n")
	// The hint must not lead to another error: spec.partition cannot contradict
	// spec.region.
	_, stderr = c.do(t, 2, "deploy", c.config(t, "  region: us-gov-west-1\n"))
	wantText(t, stderr, "the account is in partition aws, but the template is for aws-us-gov\n",
		"hint: AWS_REGION (eu-west-1) overrides spec.region (us-gov-west-1) for the stack, but not for the partition: either remove AWS_REGION and use credentials of partition aws-us-gov, or change spec.region in the configuration\n")
	_, stderr = c.do(t, 2, "plan", "--region", "us-gov-west-1", c.config(t, "  region: us-gov-west-1\n"))
	wantText(t, stderr, "hint: change spec.region in the configuration, or use credentials of partition aws-us-gov\n")
	stdout, _ := c.do(t, 1, "check", c.config(t, "  region: us-gov-west-1\n"))
	wantText(t, strings.Join(strings.Fields(stdout), " "), "fix: change spec.region in the configuration, or use credentials of partition aws-us-gov")
	if len(c.Mutations()) != 0 {
		t.Errorf("requests that change something: %v", c.Mutations())
	}
}

// A variable with an invalid region is wrong usage, as an invalid --region is.
func TestInvalidRegions(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.do(t, 2, "plan", "--region", "EU_1")
	c.environment["AWS_REGION"] = "EU_1"
	for _, command := range [][]string{{"bootstrap", "iam", "plan"}, {"bootstrap", "iam", "print-operator-policy"}, {"bootstrap", "credentials", "encode-as-profile"}, {"policy", "diff", "deployed"}} {
		stdout, stderr := c.run(t, 2, command...)
		if wantText(t, stderr, `error: invalid value "EU_1" for AWS_REGION: `); stdout != "" {
			t.Errorf("%v: stdout %q", command, stdout)
		}
	}
}

func TestTagsOfTheStack(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	config := c.config(t, "  stackTags: {env: prod, team: a}\n")
	stdout, _ := c.do(t, 0, "plan", config, "--tag", "team=b", "--tag", "cost=12=3")
	wantText(t, stdout, "  cost: none -> 12=3\n", "  env: none -> prod\n", "  team: none -> b\n")
	for _, bad := range []string{"novalue", "aws:x=y", "a=\x01"} {
		c.do(t, 2, "plan", "--tag", bad)
	}
	c.do(t, 2, "plan", "--tag", "a=b", "--tag", "a=c")
}

// A temporary key without its session token causes a specific error, before any
// request.
func TestStackCommandWithoutSessionToken(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.environment["AWS_ACCESS_KEY_ID"] = "ASIAFALSEKEYEXAMPLE0"
	_, stderr := c.do(t, 1, "plan")
	wantText(t, stderr, "error: the access key ID from the environment begins with ASIA, so the credentials are temporary, but their session token is missing", "hint: also set the session token (AWS_SESSION_TOKEN")
	if n := len(c.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
	c.environment["AWS_SESSION_TOKEN"] = "FALSETOKEN"
	c.do(t, 0, "plan")
}

// The first line names the release, and whether the release and the configuration are
// only the defaults.
func TestStackCommandsNameTheRelease(t *testing.T) {
	t.Parallel()
	c := deployedCloud(t)
	header := func(args ...string) string {
		_, stderr := c.do(t, 0, args...)
		line, _, _ := strings.Cut(stderr, "\n")
		_, release, _ := strings.Cut(line, ", stack "+stackName)
		return release
	}
	const defaults = ", default configuration (no --config)"
	if got := header("plan", c.config(t, "  nameSuffix: .x\n")); got != ", CAPA v2.13.0 (default)" {
		t.Errorf("with --config: %q", got)
	}
	for _, command := range []string{"plan", "verify", "check", "deploy"} {
		for _, test := range []struct {
			args []string
			want string
		}{{[]string{command}, ", CAPA v2.13.0 (default)" + defaults}, {[]string{command, "--capa-version", "2.11"}, ", CAPA v2.11.1" + defaults}} {
			if command == "check" {
				test.args = append(test.args, "--skip", "permissions")
			}
			if got := header(test.args...); got != test.want {
				t.Errorf("%q: %q, want %q", test.args, got, test.want)
			}
		}
	}
	_, stderr := c.policy(t, 0, "diff", "deployed", "release:v2.13.0")
	if strings.Contains(stderr, "default configuration") {
		t.Errorf("policy diff of two sides: %s", stderr)
	}
	c.environment[releaseVariable] = "v2.12"
	if got := header("plan"); !strings.HasPrefix(got, ", CAPA v2.12.") || strings.Contains(got, "(default)") {
		t.Errorf("from the environment: %q", got)
	}
	if got := header("delete", "--yes"); got != "" {
		t.Errorf("a deletion: %q", got)
	}
}

// The delete command does not use the release of CAPA. It warns that a flag for
// the release has no effect.
func TestDeletionWithARelease(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const warning = "capaboot: warning: --capa-version has no effect with these arguments\n"
	_, stderr := c.do(t, 0, "delete", "--yes", "--capa-version", "2.9")
	wantText(t, stderr, warning)
	_, stderr = c.do(t, 2, "delete", "--yes", "--capa-version", "2.99")
	wantText(t, stderr, "invalid value for --capa-version")
	for _, args := range [][]string{{"delete", "--yes", "--raised-quotas"}, {"plan", "--capa-version", "2.9"}} {
		if _, stderr := c.do(t, 0, args...); strings.Contains(stderr, "no effect") {
			t.Errorf("%v:\n%s", args, stderr)
		}
	}
	c.environment[releaseVariable] = "v2.12"
	if _, stderr := c.do(t, 0, "delete", "--yes"); strings.Contains(stderr, "no effect") {
		t.Errorf("with the release in the environment:\n%s", stderr)
	}
}
