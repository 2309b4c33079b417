// Runs in bash every example that help shows. The exit code must be the
// documented one, and no output may contain a secret.

package main

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"capaboot/internal/cfndouble"
	"capaboot/internal/eksdouble"
	"capaboot/internal/examples"
	"capaboot/internal/kubedouble"
	"capaboot/internal/race"
)

func TestExamples(t *testing.T) {
	race.Skip(t, "each command is another process")
	t.Parallel()
	bash := requireShell(t, "bash") // the examples have source <(...)
	double := cfndouble.New()
	double.Duration, double.ChangeSetTime = 0, 0
	server := httptest.NewServer(double)
	t.Cleanup(server.Close)

	home, programs := t.TempDir(), t.TempDir()
	write := func(path, text string, mode os.FileMode) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	const keys = "aws_access_key_id = AKIAFALSEKEYEXAMPLE0\naws_secret_access_key = FALSESECRETOFTHETESTFALSESECRETOFTHETEST\n"
	write(filepath.Join(home, ".aws", "credentials"), "[default]\n"+keys+"[prod]\n"+keys, 0o600)
	write(filepath.Join(home, ".config", "fish", "completions", "x"), "", 0o600)
	write(filepath.Join(home, "controllers.log"), `E0716 "Reconciler error" err="operation error EC2: DescribeVpcs, https response error StatusCode: 403, api error UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:sts::123456789012:assumed-role/controllers.cluster-api-provider-aws.sigs.k8s.io/x is not authorized to perform: ec2:DescribeVpcs because no identity-based policy allows the ec2:DescribeVpcs action"`+"\n", 0o600)
	// A replacement for kubectl that needs no management cluster.
	write(filepath.Join(programs, "kubectl"), "#!/bin/sh\ncapaboot bootstrap credentials encode-as-profile -o secret 2>/dev/null\n", 0o700)
	cluster := kubedouble.New(t)
	cluster.Install(kubedouble.Installed{Profile: "[default]\n" + keys, Inject: func() map[string]string {
		return map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials"}
	}})
	write(filepath.Join(home, ".kube", "config"), strings.ReplaceAll(cluster.KubeconfigText("token: "+kubedouble.Token), "double", "mgmt"), 0o600)
	environment := []string{
		"HOME=" + home, "PATH=" + programs + ":" + os.Getenv("PATH"), "AWS_ENDPOINT_URL=" + server.URL, "AWS_REGION=" + double.Region,
		"AWS_EC2_METADATA_DISABLED=true", "HTTPS_PROXY=http://127.0.0.1:9", "GOCOVERDIR=" + os.Getenv("GOCOVERDIR"),
	}
	managed := map[string][]string{ // the variables for commands that need EKS, by command
		"controller use-irsa":         startManagedCluster(t, write, home, eksdouble.TrustIRSA),
		"controller use-pod-identity": startManagedCluster(t, write, home, eksdouble.TrustPodIdentity),
	}
	managed["policy trust"], managed["policy trust irsa"] = managed["controller use-irsa"], managed["controller use-irsa"]
	for _, example := range examples.All() {
		command := exec.CommandContext(t.Context(), bash, "-c", "set -eo pipefail\n"+example.Line)
		command.Dir, command.Env = home, slices.Concat(environment, managed[example.Command])
		out, err := command.CombinedOutput()
		code := 0
		if exit, ok := err.(*exec.ExitError); ok {
			code = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		if code != example.ExitCode {
			t.Errorf("%s\nexit code %d, want %d:\n%s", example.Line, code, example.ExitCode, out)
		}
		if strings.Contains(string(out), "FALSESECRET") {
			t.Errorf("%s shows a secret", example.Line)
		}
	}
}

// startManagedCluster starts a management cluster on EKS with its account, and
// returns the variables for both. trust is the trust policy of the controllers'
// role.
func startManagedCluster(t *testing.T, write func(path, text string, mode os.FileMode), home, trust string) (variables []string) {
	t.Helper()
	cloud, cluster := eksdouble.New(t), kubedouble.New(t)
	cloud.SetUpManagementCluster(cluster, "[default]\naws_access_key_id = AKIAFALSEKEYEXAMPLE0\naws_secret_access_key = FALSESECRETOFTHETESTFALSESECRETOFTHETEST\n", trust)
	file := filepath.Join(home, ".kube", strings.ReplaceAll(strings.TrimPrefix(cloud.URL, "http://"), ":", "-"))
	write(file, cluster.KubeconfigText("token: "+kubedouble.Token), 0o600)
	for name, value := range cloud.Environment() {
		variables = append(variables, name+"="+value)
	}
	return append(variables, "KUBECONFIG="+file)
}
