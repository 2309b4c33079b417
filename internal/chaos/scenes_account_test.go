// Scenes about the region, the credentials, the flags and the configuration: when
// one of them is missing or invalid, the command stops before it reads or changes
// anything. Further scenes are about the terminal, stdout, and secrets in responses.

package chaos_test

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"capaboot/internal/cfndouble"
)

// checkNothingRequested checks that the run sent no requests except those for
// its own identity and credentials.
func checkNothingRequested(w *world, r *run) {
	for _, q := range r.requests {
		if q.Operation != "GetCallerIdentity" && q.Operation != "AssumeRoleWithWebIdentity" {
			w.fail(r, "it requests %s", q.Operation)
		}
	}
}

// setVariables sets variables in the environment of the commands; the value ""
// removes a variable.
func setVariables(pairs ...string) func(*world) {
	return func(w *world) {
		w.variables = map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			w.variables[pairs[i]] = pairs[i+1]
		}
	}
}

// useConfiguration makes the commands use a configuration.
func useConfiguration(spec string) func(*world) {
	return func(w *world) {
		w.flags = []string{"--config", w.writeFile("apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1\nkind: AWSIAMConfiguration\nspec:\n" + spec)}
	}
}

func (w *world) writeFile(text string) string {
	path := filepath.Join(w.t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// useMFAProfile defines the profile "mfa", with a role that requires an MFA
// code.
func useMFAProfile(w *world) {
	setVariables("AWS_CONFIG_FILE", w.writeFile("[profile mfa]\nrole_arn = "+deployerRole+"\nmfa_serial = arn:aws:iam::123456789012:mfa/ann\ncredential_source = Environment\n"))(w)
}

// plainSecret is a session token that does not look like one.
const plainSecret = "some-plain-words"

// manyStatements returns the spec of a configuration with n statements of about
// 130 bytes for each of four roles.
func manyStatements(n int) string {
	statement := "      - Effect: Allow\n        Action: ['s3:GetObject']\n        Resource: ['arn:aws:s3:::" + strings.Repeat("bucket", 9) + "/*']\n"
	var b strings.Builder
	for _, part := range []string{"nodes", "controlPlane", "clusterAPIControllers"} {
		b.WriteString("  " + part + ":\n    extraStatements:\n" + strings.Repeat(statement, n))
	}
	b.WriteString("  eks:\n    managedMachinePool:\n      disable: false\n      extraStatements:\n" + strings.ReplaceAll(strings.Repeat(statement, n), "      ", "        "))
	return b.String()
}

func accountScenes() []scene {
	all := []scene{
		{
			name: "a profile needs an MFA code, and there is no terminal", status: "UPDATE_COMPLETE", command: "plan --profile mfa", account: useMFAProfile, code: 1,
			says: []string{"--mfa-code"}, never: []string{"shows: "}, then: checkNothingRequested,
		},
		{
			name: "a terminal that cannot discard pending input", status: "UPDATE_COMPLETE", command: "delete", typed: "yes", answers: []string{"no"}, code: 1,
			account: func(w *world) { w.noDiscard = true }, says: []string{"pass --yes"}, then: checkUnchanged,
		},
		{
			name: "the timeout comes during GetCallerIdentity", command: "deploy --timeout 5s", code: 1, says: []string{"aws.test"}, then: checkNothingRequested,
			faults: []cfndouble.Fault{{Operation: "GetCallerIdentity", Kind: cfndouble.Slow, Delay: time.Hour}},
		},
		{
			name: "an invalid endpoint", command: "deploy --yes", account: setVariables("AWS_ENDPOINT_URL_CLOUDFORMATION", "aws.test"), code: 1,
			says: []string{"invalid value for AWS_ENDPOINT_URL_CLOUDFORMATION"}, then: checkNothingRequested,
		},
		{
			name: "the plan cannot be printed", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", code: 1, says: []string{"no space left"},
			account: func(w *world) { w.brokenOutput = true }, then: checkUnchangedAndNothingLeft,
		},
	}
	all = append(all, scene{
		name: "a response repeats a secret that does not look like one", status: "UPDATE_COMPLETE", command: "plan", goal: "tags of roles", code: 1,
		account: func(w *world) { w.token = plainSecret }, faults: refusals("GetTemplate", 0, "AccessDenied", "no access with "+plainSecret+"."),
		says: []string{"no access with"}, never: []string{plainSecret},
	}, scene{
		name: "a response repeats a web identity that does not look like a secret", command: "plan", code: 1, account: useWebIdentity,
		faults: refusals("AssumeRoleWithWebIdentity", 0, "AccessDenied", "no access with FALSE.WEB.IDENTITY"), never: []string{"FALSE.WEB.IDENTITY"}, then: checkNothingRequested,
	})
	for _, flags := range []string{"--tag x", "--tag a=1 --tag a=2", "--tag aws:x=1", "--timeout 0s"} {
		all = append(all, scene{name: "invalid flags, " + flags, status: "UPDATE_COMPLETE", command: "deploy --yes " + flags, code: 2, says: []string{"tag"}, then: checkNothingRequested})
	}
	all[len(all)-1].says = []string{"--timeout"}
	for _, command := range []string{"plan", "deploy --yes", "delete --yes"} {
		all = append(all, scene{
			name: "a configuration that cannot be read, " + command, status: "UPDATE_COMPLETE", command: command, code: 2, says: []string{"nodez"}, then: checkNothingRequested,
			account: useConfiguration("  nodez: {}\n"),
		}, scene{
			name: "a template that is too large, " + command, status: "UPDATE_COMPLETE", command: command, code: 2, says: []string{"allowed: 51200"}, then: checkNothingRequested,
			account: useConfiguration(manyStatements(200)),
		}, scene{
			name: "no region is set, " + command, status: "UPDATE_COMPLETE", command: command, account: setVariables("AWS_REGION", ""), code: 2,
			says: []string{"set the region with --region, with AWS_REGION"}, then: checkNothingRequested,
		}, scene{
			name: "there are no credentials, " + command, status: "UPDATE_COMPLETE", command: command, code: 1,
			account: func(w *world) {
				setVariables("AWS_ACCESS_KEY_ID", "", "AWS_SECRET_ACCESS_KEY", "")(w)
				w.token = ""
			},
			says: []string{"credentials"}, then: checkNothingRequested,
		}, scene{
			name: "the credentials are rejected, " + command, status: "UPDATE_COMPLETE", command: command, code: 1,
			faults: []cfndouble.Fault{always("GetCallerIdentity", cfndouble.Expired, 0)}, says: []string{"expired"}, then: checkNothingRequested,
		}, scene{
			name: "an invalid MFA code, " + command, status: "UPDATE_COMPLETE", command: command + " --mfa-code 12", code: 2, says: []string{"six digits"}, then: checkNothingRequested,
		})
	}
	return all
}
