// A management cluster on Amazon EKS, and its account, for scripts and pages.

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

// management returns a kubeconfig for a management cluster on EKS whose Secret has a
// profile, and the variables for its account, in which CloudFormation makes the roles.
func management(t *testing.T, profile string) (kubeconfig string, variables map[string]string) {
	t.Helper()
	cluster, cloud, stack := kubedouble.New(t), eksdouble.New(t), cfndouble.New()
	cloud.Manage(cluster, profile, eksdouble.TrustBefore)
	stack.Account, stack.Region, stack.Duration, stack.ChangeSetTime = eksdouble.Account, eksdouble.Region, 0, 0
	server := httptest.NewServer(stack)
	t.Cleanup(server.Close)
	variables = cloud.Environment()
	variables["AWS_ENDPOINT_URL"], variables["AWS_ENDPOINT_URL_EKS"] = server.URL, cloud.URL
	return cluster.KubeconfigText("token: " + kubedouble.Token), variables
}

// managementCommand is "management", a command of scripts that sets KUBECONFIG and the
// variables of the account.
func managementCommand(t *testing.T) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != 0 {
			ts.Fatalf("usage: management")
		}
		kubeconfig, variables := management(t, "\n")
		file := ts.MkAbs("kubeconfig")
		ts.Check(os.WriteFile(file, []byte(kubeconfig), 0o600))
		ts.Setenv("KUBECONFIG", file)
		for name, value := range variables {
			ts.Setenv(name, value)
		}
	}
}
