// A management cluster on Amazon EKS and its AWS account, for scripts and
// documentation.

package main

import (
	"net/http/httptest"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"capaboot/internal/cfndouble"
	"capaboot/internal/eksdouble"
	"capaboot/internal/kubedouble"
)

// startManagement starts a management cluster on EKS. The Secret of its
// controllers has the profile. It returns a kubeconfig, and the variables for
// the account, in which CloudFormation can create the roles.
func startManagement(t *testing.T, profile string) (kubeconfig string, variables map[string]string) {
	t.Helper()
	cluster, cloud, stack := kubedouble.New(t), eksdouble.New(t), cfndouble.New()
	cloud.SetUpManagementCluster(cluster, profile, eksdouble.TrustEC2)
	stack.Account, stack.Region, stack.Duration, stack.ChangeSetTime = eksdouble.Account, eksdouble.Region, 0, 0
	server := httptest.NewServer(stack)
	t.Cleanup(server.Close)
	variables = cloud.Environment()
	variables["AWS_ENDPOINT_URL"], variables["AWS_ENDPOINT_URL_EKS"] = server.URL, cloud.URL
	return cluster.KubeconfigText("token: " + kubedouble.Token), variables
}

// managementCommand returns the script command "management", which starts a
// management cluster and sets KUBECONFIG and the variables of its account.
func managementCommand(t *testing.T) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != 0 {
			ts.Fatalf("usage: management")
		}
		kubeconfig, variables := startManagement(t, "\n")
		file := ts.MkAbs("kubeconfig")
		ts.Check(os.WriteFile(file, []byte(kubeconfig), 0o600))
		ts.Setenv("KUBECONFIG", file)
		for name, value := range variables {
			ts.Setenv(name, value)
		}
	}
}
