// Tests that no policy command shows the secrets of a template.

package cli

import (
	"strings"
	"testing"
)

func TestPolicyCommandsShowNoSecretsOfTemplates(t *testing.T) {
	const bad, good = "../policies/review/testdata/clear-text-secret/bad.yaml", "../policies/review/testdata/clear-text-secret/good.yaml"
	for _, args := range [][]string{
		{"review", bad}, {"review", bad, "-o", "json"}, {"review", bad, "-o", "sarif"}, {"review", bad, "-o", "markdown"},
		{"diff", good, bad}, {"diff", bad, good, "-o", "json"}, {"diff", bad, bad, "-o", "markdown"},
		{"explain", "--policy", bad, "iam:CreateUser"}, {"simulate", "--policy", bad, "--user", "ann", "--action", "iam:CreateUser"},
	} {
		stdout, stderr, code := run(t, nil, nil, append([]string{"policy"}, args...)...)
		if code != exitDone || stdout == "" {
			t.Errorf("%q: exit code %d: %s", args, code, stderr)
		}
		if strings.Contains(stdout+stderr, "FALSESECRET") {
			t.Errorf("%q shows a secret", args)
		}
		if strings.Contains(stdout, "policy output") || strings.Contains(stdout, "policy AWS::SecretsManager::Secret") {
			t.Errorf("%q calls an output or a secret a policy:\n%s", args, stdout)
		}
	}
}
