// The scenes for the commands of the documentation.

package main

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"capaboot/internal/awsdouble"
	"capaboot/internal/cfndouble"
	"capaboot/internal/kubedouble"
	"capaboot/internal/moto"
)

const (
	defaultStack = "cluster-api-provider-aws-sigs-k8s-io"
	docsRegion   = "eu-west-1"
)

// scenes prepare the account or cluster for a block. Each returns the variables
// that it adds to the environment. moto_server simulates an account; a double
// simulates what moto_server does not support.
var scenes = map[string]func(t *testing.T, s *stage) []string{
	"an account":      func(t *testing.T, s *stage) []string { environment, _ := s.moto(t); return environment },
	"another account": func(t *testing.T, s *stage) []string { _, environment := s.double(t); return environment },
	"an account with the stack of clusterawsadm":   clusterawsadmStack,
	"an account with a role of the same name":      roleWithSameName,
	"an account that was changed by hand":          manuallyChanged,
	"a management cluster without a session token": secretWithoutToken,
	"a folder with the policy written by hand":     handWrittenPolicy,
	"a management cluster":                         managementCluster,
	"a management cluster on EKS":                  managementClusterOnEKS,
	"a job in a management cluster":                jobInManagementCluster,
}

// managementCluster starts one cluster for all blocks of a page. Its pods get
// the variables of EKS Pod Identity.
func managementCluster(t *testing.T, s *stage) []string {
	t.Helper()
	if s.accounts["cluster"] == nil {
		cluster := kubedouble.New(t)
		cluster.Install(kubedouble.Installed{
			Profile: "[default]\naws_access_key_id = AKIAFALSEKEYEXAMPLE0\naws_secret_access_key = falseSecret/EXAMPLEFALSESECRET0123456789\nregion = eu-west-1\n",
			Inject: func() map[string]string {
				return map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials"}
			},
		})
		s.write(t, "~/.kube/config", cluster.KubeconfigText("token: "+kubedouble.Token), 0o600)
		s.accounts["cluster"] = []string{"AWS_ACCESS_KEY_ID=AKIAFALSEKEYEXAMPLE9", "AWS_SECRET_ACCESS_KEY=falseSecret/EXAMPLEFALSESECRET0123456780"}
	}
	return s.accounts["cluster"]
}

// jobInManagementCluster is like managementCluster, but with the variables of a
// CronJob's pod: a web identity, and an account that accepts it.
func jobInManagementCluster(t *testing.T, s *stage) []string {
	t.Helper()
	account := awsdouble.New(t, awsdouble.Keys{})
	account.Given = []awsdouble.Keys{{ID: "ASIAFALSEKEYEXAMPLE1", Secret: "falseSecret/EXAMPLEFALSESECRET0123456781", Token: "FALSETOKEN"}}
	s.write(t, "token", "eyJhFALSE.eyJpFALSE.FALSESIGNATURE", 0o600)
	return slices.Concat(managementCluster(t, s), []string{
		"AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=", "AWS_REGION=eu-west-1", "AWS_ENDPOINT_URL=" + account.URL,
		"AWS_ROLE_ARN=arn:aws:iam::123456789012:role/capa-controllers", "AWS_WEB_IDENTITY_TOKEN_FILE=" + s.folder + "/token",
	})
}

// managementClusterOnEKS starts one EKS cluster for all blocks of a page. The
// Secret has keys, and the account has the roles of the newest template.
func managementClusterOnEKS(t *testing.T, s *stage) []string {
	t.Helper()
	if s.accounts["eks"] == nil {
		kubeconfig, variables := startManagement(t, "[default]\naws_access_key_id = AKIAFALSEKEYEXAMPLE0\naws_secret_access_key = falseSecret/EXAMPLEFALSESECRET0123456789\nregion = eu-west-1\n")
		s.write(t, "eks.kubeconfig", kubeconfig, 0o600)
		environment := []string{"KUBECONFIG=" + s.folder + "/eks.kubeconfig"}
		for name, value := range variables {
			environment = append(environment, name+"="+value)
		}
		if output, err := s.run(t, append(s.environment, environment...), "capaboot bootstrap iam deploy --yes"); err != nil {
			t.Fatalf("%v: %s", err, output)
		}
		s.accounts["eks"] = environment
	}
	return s.accounts["eks"]
}

// moto returns the variables and the SDK configuration for the page's account in
// moto_server, which all blocks of the page share.
func (s *stage) moto(t *testing.T) ([]string, aws.Config) {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped: -short is set, and moto_server takes seconds to start")
	}
	if s.accounts["moto"] == nil {
		address, err := url.Parse(s.server.Use(t))
		if err != nil {
			t.Fatal(err)
		}
		// The program runs in another process, which cannot use moto.Transport,
		// so its requests go through a proxy.
		proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(address) }, Transport: moto.Transport{}})
		t.Cleanup(proxy.Close)
		s.accounts["moto"] = accountAt(proxy.URL)
		s.config = aws.Config{Region: docsRegion, BaseEndpoint: aws.String(address.String()), HTTPClient: &http.Client{Transport: moto.Transport{}},
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "AKIAFALSEKEYEXAMPLE0", SecretAccessKey: "FALSESECRETOFTHETEST"}, nil
			})}
		// Send the first request to IAM here. For a page that attaches AWS
		// managed policies, that request takes longer than the program waits,
		// because moto creates all of them at the first request.
		roles, err := awsiam.NewFromConfig(s.config).ListRoles(t.Context(), &awsiam.ListRolesInput{})
		must(t, roles, err)
		identity, err := sts.NewFromConfig(s.config).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		must(t, identity, err)
	}
	return s.accounts["moto"], s.config
}

func accountAt(url string) []string {
	return []string{
		"AWS_ENDPOINT_URL=" + url, "AWS_REGION=" + docsRegion,
		"AWS_ACCESS_KEY_ID=AKIAFALSEKEYEXAMPLE0", "AWS_SECRET_ACCESS_KEY=FALSESECRETOFTHETESTFALSESECRETOFTHETEST",
	}
}

// double returns a new, empty account in a double, and the variables for it.
func (s *stage) double(t *testing.T) (*cfndouble.Double, []string) {
	t.Helper()
	double := cfndouble.New()
	double.Duration, double.ChangeSetTime, double.DetectionTime = 0, 0, 0
	server := httptest.NewServer(double)
	t.Cleanup(server.Close)
	return double, accountAt(server.URL)
}

// must fails the test when a call that prepares a scene fails.
func must[T any](t *testing.T, _ T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func clusterawsadmStack(t *testing.T, s *stage) []string {
	environment, config := s.moto(t)
	if s.accounts["peer"] != nil {
		return environment
	}
	s.accounts["peer"] = environment
	template, err := os.ReadFile("testdata/peer/default.json")
	if err != nil {
		t.Fatal(err)
	}
	out, err := cloudformation.NewFromConfig(config).CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String(defaultStack), TemplateBody: aws.String(string(template)), Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
	})
	must(t, out, err)
	return environment
}

func roleWithSameName(t *testing.T, s *stage) []string {
	double, environment := s.double(t)
	double.AddResource("AWS::IAM::Role", "nodes.cluster-api-provider-aws.sigs.k8s.io")
	return environment
}

// manuallyChanged deploys iam.yaml and then changes three roles, once per page.
func manuallyChanged(t *testing.T, s *stage) []string {
	environment, config := s.moto(t)
	if s.accounts["changed"] != nil {
		return environment
	}
	s.accounts["changed"] = environment
	if output, err := s.run(t, append(s.environment, environment...), "capaboot bootstrap iam deploy --config iam.yaml"); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	account := awsiam.NewFromConfig(config)
	const suffix = ".cluster-api-provider-aws.sigs.k8s.io"
	trust, err := account.UpdateAssumeRolePolicy(t.Context(), &awsiam.UpdateAssumeRolePolicyInput{RoleName: aws.String("nodes" + suffix),
		PolicyDocument: aws.String(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "sts:AssumeRole"}]}`)})
	must(t, trust, err)
	detached, err := account.DetachRolePolicy(t.Context(), &awsiam.DetachRolePolicyInput{RoleName: aws.String("controllers" + suffix),
		PolicyArn: aws.String("arn:aws:iam::123456789012:policy/controllers" + suffix)})
	must(t, detached, err)
	output, err := account.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{RoleName: aws.String("control-plane" + suffix), PolicyName: aws.String("by-hand"),
		PolicyDocument: aws.String(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}`)})
	must(t, output, err)
	return environment
}

func secretWithoutToken(t *testing.T, s *stage) []string {
	const profile = "[default]\naws_access_key_id = ASIAFALSEKEYEXAMPLE0\naws_secret_access_key = FALSESECRETOFTHETESTFALSESECRETOFTHETEST\nregion = eu-west-1\n"
	s.write(t, "secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: capa-manager-bootstrap-credentials, namespace: capa-system}\ndata:\n  credentials: "+
		base64.StdEncoding.EncodeToString([]byte(profile))+"\n", 0o600)
	return nil
}

func handWrittenPolicy(t *testing.T, s *stage) []string {
	text, err := os.ReadFile("iam/operator/testdata/operator-by-hand.json")
	if err != nil {
		t.Fatal(err)
	}
	s.write(t, "operator-by-hand.json", string(text), 0o600)
	return nil
}
