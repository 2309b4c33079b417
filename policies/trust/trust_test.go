// Tests that the configuration accepts the statements, that policy review
// reports nothing about them, and that they allow exactly the callers that they
// name.

package trust_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"capaboot/iam"
	"capaboot/internal/render"
	"capaboot/policies/catalog"
	"capaboot/policies/document"
	"capaboot/policies/report"
	"capaboot/policies/review"
	"capaboot/policies/simulate"
	"capaboot/policies/trust"
)

type trustBuilder interface{ Trust() (trust.Trust, error) }

const (
	clusterProvider = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
	issuer          = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
	gitHubIssuer    = "token.actions.githubusercontent.com"
	gitHubProvider  = "arn:aws:iam::111122223333:oidc-provider/" + gitHubIssuer
	cluster         = "arn:aws:eks:eu-west-1:111122223333:cluster/management"
)

type assumeRequest struct {
	action, principal string
	context           map[string]string
}

func (a assumeRequest) with(key, value string) assumeRequest {
	context := map[string]string{key: value}
	for k, v := range a.context {
		if k != key {
			context[k] = v
		}
	}
	return assumeRequest{a.action, a.principal, context}
}

func (a assumeRequest) withoutKey(key string) assumeRequest {
	b := a.with(key, "")
	delete(b.context, key)
	return b
}

func webIdentityRequest(provider, issuer, subject string) assumeRequest {
	return assumeRequest{"sts:AssumeRoleWithWebIdentity", provider, map[string]string{issuer + ":aud": "sts.amazonaws.com", issuer + ":sub": subject}}
}

func podRequest(action, namespace, serviceAccount string) assumeRequest {
	return assumeRequest{action, "pods.eks.amazonaws.com", map[string]string{"aws:RequestTag/kubernetes-namespace": namespace, "aws:RequestTag/kubernetes-service-account": serviceAccount,
		"aws:RequestTag/eks-cluster-name": "management", "aws:RequestTag/eks-cluster-arn": cluster}}
}

func roleRequest(role string) assumeRequest { return assumeRequest{"sts:AssumeRole", role, nil} }

var trustCases = []struct {
	name    string
	trust   trustBuilder
	field   string // the role in the configuration that gets the statements; "" for clusterAPIControllers
	allowed []assumeRequest
	denied  []assumeRequest
}{
	{"irsa", trust.IRSA{OIDCProvider: clusterProvider, Namespace: "capa-system", ServiceAccounts: []string{"capa-controller-manager"}}, "",
		[]assumeRequest{webIdentityRequest(clusterProvider, issuer, "system:serviceaccount:capa-system:capa-controller-manager")},
		[]assumeRequest{webIdentityRequest(clusterProvider, issuer, "system:serviceaccount:default:capa-controller-manager"),
			webIdentityRequest(clusterProvider, issuer, "system:serviceaccount:capa-system:default"),
			webIdentityRequest(clusterProvider, issuer, "system:serviceaccount:capa-system:capa-controller-manager").with(issuer+":aud", "kubernetes.default.svc"),
			webIdentityRequest(clusterProvider, issuer, "system:serviceaccount:capa-system:capa-controller-manager").withoutKey(issuer + ":aud"),
			webIdentityRequest(gitHubProvider, gitHubIssuer, "system:serviceaccount:capa-system:capa-controller-manager")}},
	{"irsa in GovCloud, two service accounts", trust.IRSA{OIDCProvider: strings.NewReplacer("arn:aws:", "arn:aws-us-gov:", "eu-west-1", "us-gov-west-1").Replace(clusterProvider), Audience: "custom",
		Namespace: "capa-system", ServiceAccounts: []string{"a", "b.c"}}, "", nil, nil},
	{"pod-identity", trust.PodIdentity{Namespace: "capa-system", ServiceAccounts: []string{"capa-controller-manager"}}, "",
		[]assumeRequest{podRequest("sts:AssumeRole", "capa-system", "capa-controller-manager"), podRequest("sts:TagSession", "capa-system", "capa-controller-manager")},
		[]assumeRequest{podRequest("sts:AssumeRole", "default", "capa-controller-manager"), podRequest("sts:AssumeRole", "capa-system", "default"),
			podRequest("sts:AssumeRole", "capa-system", "capa-controller-manager").withoutKey("aws:RequestTag/kubernetes-namespace")}},
	{"pod-identity of a cluster", trust.PodIdentity{Cluster: cluster, Namespace: "capa-system", ServiceAccounts: []string{"capa-controller-manager"}}, "",
		[]assumeRequest{podRequest("sts:AssumeRole", "capa-system", "capa-controller-manager")},
		[]assumeRequest{podRequest("sts:AssumeRole", "capa-system", "capa-controller-manager").with("aws:RequestTag/eks-cluster-arn", cluster+"2")}},
	{"pod-identity of a name", trust.PodIdentity{Cluster: "management", Namespace: "capa-system", ServiceAccounts: []string{"capa-controller-manager"}}, "",
		[]assumeRequest{podRequest("sts:AssumeRole", "capa-system", "capa-controller-manager")},
		[]assumeRequest{podRequest("sts:AssumeRole", "capa-system", "capa-controller-manager").with("aws:RequestTag/eks-cluster-name", "other")}},
	{"account with an external ID", trust.Account{From: []string{"arn:aws:iam::444455556666:role/team/ci"}, ExternalID: "tenant-7", SessionTags: true}, "",
		[]assumeRequest{roleRequest("arn:aws:iam::444455556666:role/team/ci").with("sts:ExternalId", "tenant-7"), {"sts:TagSession", "arn:aws:iam::444455556666:role/team/ci", nil}},
		[]assumeRequest{roleRequest("arn:aws:iam::444455556666:role/team/ci"), roleRequest("arn:aws:iam::444455556666:role/team/ci").with("sts:ExternalId", "tenant-8"),
			roleRequest("arn:aws:iam::444455556666:role/other").with("sts:ExternalId", "tenant-7"), roleRequest("arn:aws:iam::777788889999:role/team/ci").with("sts:ExternalId", "tenant-7")}},
	{"account of an organization", trust.Account{From: []string{"arn:aws:iam::444455556666:user/ann"}, Organization: "o-a1b2c3d4e5"}, "",
		[]assumeRequest{roleRequest("arn:aws:iam::444455556666:user/ann").with("aws:PrincipalOrgID", "o-a1b2c3d4e5")},
		[]assumeRequest{roleRequest("arn:aws:iam::444455556666:user/ann").with("aws:PrincipalOrgID", "o-zzzzzzzzzz"), roleRequest("arn:aws:iam::444455556666:user/bob").with("aws:PrincipalOrgID", "o-a1b2c3d4e5")}},
	{"github branch", trust.GitHub{Account: "111122223333", Repositories: []string{"octo-org/octo-repo"}, Branches: []string{"main"}}, "",
		[]assumeRequest{webIdentityRequest(gitHubProvider, gitHubIssuer, "repo:octo-org/octo-repo:ref:refs/heads/main")},
		[]assumeRequest{webIdentityRequest(gitHubProvider, gitHubIssuer, "repo:octo-org/octo-repo:ref:refs/heads/other"), webIdentityRequest(gitHubProvider, gitHubIssuer, "repo:octo-org/octo-repo:pull_request"),
			webIdentityRequest(gitHubProvider, gitHubIssuer, "repo:octo-org/octo-repo2:ref:refs/heads/main"), webIdentityRequest(gitHubProvider, gitHubIssuer, "repo:evil/octo-repo:ref:refs/heads/main"),
			webIdentityRequest(gitHubProvider, gitHubIssuer, "repo:octo-org/octo-repo:ref:refs/heads/main").with(gitHubIssuer+":aud", "https://github.com/octo-org")}},
	{"github environment with a colon, immutable", trust.GitHub{OIDCProvider: gitHubProvider, Repositories: []string{"octo-org@123456/octo-repo@456789"}, Environments: []string{"Production:V1"}, Tags: []string{"v1"}}, "",
		[]assumeRequest{webIdentityRequest(gitHubProvider, gitHubIssuer, "repo:octo-org@123456/octo-repo@456789:environment:Production%3AV1"), webIdentityRequest(gitHubProvider, gitHubIssuer, "repo:octo-org@123456/octo-repo@456789:ref:refs/tags/v1")},
		[]assumeRequest{webIdentityRequest(gitHubProvider, gitHubIssuer, "repo:octo-org/octo-repo:environment:Production%3AV1"), webIdentityRequest(gitHubProvider, gitHubIssuer, "repo:octo-org@1/octo-repo@456789:environment:Production%3AV1")}},
	{"service", trust.Service{Services: []string{"ec2.amazonaws.com"}}, "", []assumeRequest{roleRequest("ec2.amazonaws.com")}, []assumeRequest{roleRequest("lambda.amazonaws.com"), roleRequest("arn:aws:iam::111122223333:role/x")}},
	{"service in China", trust.Service{Services: []string{"ec2.amazonaws.com.cn"}}, "", []assumeRequest{roleRequest("ec2.amazonaws.com.cn")}, nil},
	{"service that acts for others", trust.Service{Services: []string{"eks.amazonaws.com"}, SourceAccount: "111122223333", SourceARN: "arn:aws:eks:eu-west-1:111122223333:cluster/*"}, "eks.defaultControlPlaneRole",
		[]assumeRequest{roleRequest("eks.amazonaws.com").with("aws:SourceAccount", "111122223333").with("aws:SourceArn", cluster)},
		[]assumeRequest{roleRequest("eks.amazonaws.com"), roleRequest("eks.amazonaws.com").with("aws:SourceAccount", "444455556666").with("aws:SourceArn", cluster)}},
}

func TestTrust(t *testing.T) {
	for _, test := range trustCases {
		t.Run(test.name, func(t *testing.T) {
			result, err := test.trust.Trust()
			if err != nil {
				t.Fatal(err)
			}
			text, err := render.JSON(result.Document())
			if err != nil {
				t.Fatal(err)
			}
			partition := "aws"
			if strings.Contains(string(text), "arn:aws-us-gov:") {
				partition = "aws-us-gov"
			} else if strings.Contains(string(text), ".amazonaws.com.cn") {
				partition = "aws-cn"
			}
			_, isService := test.trust.(trust.Service)
			before, after := findings(t, test.field, partition, nil), findings(t, test.field, partition, result.Statements)
			for _, finding := range after {
				// CAPA's roles already trust their services, so a finding about
				// repeated trust is expected.
				if !slices.Contains(before, finding) && !(isService && (strings.Contains(finding, " subsumed-statement ") || strings.Contains(finding, " duplicate-statement "))) {
					t.Errorf("policy review says: %s", finding)
				}
			}
			for _, request := range test.allowed {
				if got := evaluate(t, text, request); got.Decision != simulate.Allowed || got.Unknown {
					t.Errorf("%+v is %s (%s), want allowed, by\n%s", request, got.Decision, got.Reason, text)
				}
			}
			for _, request := range test.denied {
				if got := evaluate(t, text, request); got.Decision == simulate.Allowed || got.Unknown {
					t.Errorf("%+v is %s, want denied, by\n%s", request, got.Decision, text)
				}
			}
		})
	}
}

// findings reviews the default configuration with additional trust statements,
// and returns the findings as texts without positions.
func findings(t *testing.T, field, partition string, statements []catalog.PolicyStatement) (all []string) {
	t.Helper()
	role := map[string]any{"disable": false}
	if statements != nil {
		role["trustStatements"] = statements
	}
	spec := map[string]any{}
	switch parent, name, nested := strings.Cut(field, "."); {
	case nested:
		spec[parent] = map[string]any{name: role}
	case statements != nil:
		spec["clusterAPIControllers"] = role
	}
	spec["partition"] = partition
	text, err := render.YAML(map[string]any{"apiVersion": "bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1", "kind": "AWSIAMConfiguration", "spec": spec})
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	// In this release the controllers role does not trust EKS Pod Identity.
	release, err := catalogue.Resolve("v2.11.1")
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := iam.Load("iam.yaml", text, iam.Options{Catalogue: catalogue, Release: release})
	if err != nil {
		t.Fatalf("%v, in\n%s", err, text)
	}
	for _, warning := range loaded.Warnings {
		t.Errorf("loading warns: %s", warning)
	}
	template, err := json.Marshal(loaded.Template.Tree())
	if err != nil {
		t.Fatal(err)
	}
	set, err := document.ReadSet("template.json", template)
	if err != nil {
		t.Fatal(err)
	}
	found, err := review.Review(set, review.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found.Findings {
		all = append(all, fmt.Sprintf("%s %s %s: %s", f.Severity, f.Rule, f.Principals, report.Sentence(f.Message)))
	}
	return all
}

func evaluate(t *testing.T, policy []byte, a assumeRequest) simulate.Outcome {
	t.Helper()
	s := simulate.Simulation{OnlyGiven: true}
	for key, value := range a.context {
		if !s.AddContext(key, value) && !strings.Contains(key, issuer) && !strings.Contains(key, gitHubIssuer) {
			t.Errorf("AWS has no condition key %s", key)
		}
	}
	doc, err := document.Read("trust.json", policy)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddAction(a.action); err != nil {
		t.Fatal(err)
	}
	principal, ok := simulate.ParsePrincipal(a.principal)
	if !ok {
		t.Fatalf("no principal: %s", a.principal)
	}
	s.SetCaller(principal)
	s.Policies = simulate.Policies{Resource: &document.Policy{Name: "trust", Document: doc}, ResourceAlone: true}
	if err := s.AddResource("arn:aws:iam::111122223333:role/capa"); err != nil {
		t.Fatal(err)
	}
	outcomes, err := s.Run()
	if err != nil {
		t.Fatal(err)
	}
	return outcomes[0]
}

// Invalid inputs, and inputs that would trust more callers than they name, are
// refused.
func TestInvalidInputsAreRefused(t *testing.T) {
	irsa := func(provider, namespace string, serviceAccounts ...string) trustBuilder {
		return trust.IRSA{OIDCProvider: provider, Namespace: namespace, ServiceAccounts: serviceAccounts}
	}
	gitHubTrust := func(repository, branch, environment string) trustBuilder {
		g := trust.GitHub{Account: "111122223333", Repositories: []string{repository}}
		if branch != "" {
			g.Branches = []string{branch}
		}
		if environment != "" {
			g.Environments = []string{environment}
		}
		return g
	}
	accountTrust := func(from, externalID string) trustBuilder {
		return trust.Account{From: []string{from}, ExternalID: externalID}
	}
	for _, test := range []struct {
		trust trustBuilder
		want  string
	}{
		{irsa("", "a", "b"), "missing oidc-provider"},
		{irsa("https://oidc.eks.eu-west-1.amazonaws.com/id/X", "a", "b"), "(the value is the URL of the issuer, not the ARN of the provider)"},
		{irsa("arn:aws:iam::111122223333:oidc-provider/", "a", "b"), "want the ARN of an OIDC provider"},
		{irsa("arn:aws:iam::1111:oidc-provider/x.example", "a", "b"), "want the ARN of an OIDC provider"},
		{irsa("arn:aws:iam::*:oidc-provider/x.example", "a", "b"), "a wildcard or a variable would also trust other callers"},
		{irsa("arn:aws:iam::111122223333:role/x.example", "a", "b"), "want the ARN of an OIDC provider"},
		{irsa("arn:aws-moon:iam::111122223333:oidc-provider/x.example", "a", "b"), "want the ARN of an OIDC provider"},
		{irsa(gitHubProvider, "a", "b"), "for oidc-provider: it is the provider of GitHub Actions"},
		{irsa(clusterProvider, "*", "b"), `invalid value "*" for namespace: a wildcard`},
		{irsa(clusterProvider, "Capa", "b"), "want the name of a namespace"},
		{irsa(clusterProvider, "", "b"), "want the name of a namespace"},
		{irsa(clusterProvider, "a"), "missing service-account"},
		{irsa(clusterProvider, "a", "capa-*"), "a wildcard or a variable"},
		{irsa(clusterProvider, "a", "b:c"), "want the name of a service account"},
		{irsa(clusterProvider, "a", strings.Repeat("b.", 126)+"bc"), "want the name of a service account: 253 characters at most"},
		{trust.IRSA{OIDCProvider: clusterProvider, Namespace: "a", ServiceAccounts: []string{"b"}, Audience: "*"}, `invalid value "*" for audience`},
		{trust.IRSA{OIDCProvider: clusterProvider, Namespace: "a", ServiceAccounts: []string{"b"}, Audience: "a b"}, "want the audience (aud) of the tokens"},
		{trust.PodIdentity{Cluster: "my*", Namespace: "a", ServiceAccounts: []string{"b"}}, `invalid value "my*" for cluster: a wildcard`},
		{trust.PodIdentity{Cluster: "arn:aws:eks:eu-west-1:111122223333:nodegroup/x", Namespace: "a", ServiceAccounts: []string{"b"}}, "want the name of an EKS cluster"},
		{trust.PodIdentity{Cluster: "a b", Namespace: "a", ServiceAccounts: []string{"b"}}, "want the name of an EKS cluster"},
		{trust.PodIdentity{Namespace: "a"}, "missing service-account"},
		{trust.Account{}, "missing from"},
		{accountTrust("444455556666", "x1"), "a whole account"},
		{accountTrust("arn:aws:iam::444455556666:root", "x1"), "a whole account"},
		{accountTrust("arn:aws:iam::444455556666:role/*", "x1"), "a wildcard"},
		{accountTrust("*", "x1"), "a wildcard"},
		{accountTrust("arn:aws:sts::444455556666:assumed-role/ci/session", "x1"), "want the ARN of the role, not of a session"},
		{accountTrust("arn:aws:iam::444455556666:group/x", "x1"), "want the ARN of a role or user"},
		{accountTrust("arn:aws:iam::444455556666:role/ci", ""), "missing external-id"},
		{accountTrust("arn:aws:iam::444455556666:role/ci", "x*"), "invalid value for external-id: want 2 to 1224"},
		{trust.Account{From: []string{"arn:aws:iam::444455556666:role/ci"}, Account: "4444"}, `invalid value "4444" for account: want 12 digits`},
		{trust.Account{From: []string{"arn:aws:iam::444455556666:role/ci"}, Organization: "*"}, `invalid value "*" for organization`},
		{trust.GitHub{}, "missing account"},
		{trust.GitHub{Account: "1"}, "want 12 digits"},
		{trust.GitHub{Account: "111122223333", OIDCProvider: gitHubProvider}, "account and oidc-provider cannot be combined"},
		{trust.GitHub{OIDCProvider: clusterProvider}, "it is the provider of another issuer"},
		{trust.GitHub{OIDCProvider: "arn:aws:iam::111122223333:oidc-provider/gitlab.com"}, "it is the provider of GitLab"},
		{trust.GitHub{Account: "111122223333"}, "missing repository"},
		{gitHubTrust("octo-org/octo-repo", "", ""), "missing branch, tag or environment: without a branch, tag or environment"},
		{gitHubTrust("octo-org", "main", ""), "want OWNER/NAME"},
		{gitHubTrust("octo-org/*", "main", ""), "a wildcard"},
		{gitHubTrust("https://github.com/octo-org/octo-repo.git", "main", ""), `did you mean "octo-org/octo-repo"?`},
		{gitHubTrust("octo-org@1/octo-repo", "main", ""), "want OWNER/NAME"},
		{gitHubTrust("octo-org@x/octo-repo@y", "main", ""), "want OWNER/NAME"},
		{gitHubTrust("octo-org/octo-repo", "refs/heads/main", ""), `want only the name, "main"`},
		{gitHubTrust("octo-org/octo-repo", "release/*", ""), "a wildcard"},
		{gitHubTrust("octo-org/octo-repo", "a b", ""), "want the name of a branch"},
		{gitHubTrust("octo-org/octo-repo", "", "${prod}"), "a wildcard or a variable"},
		{gitHubTrust("octo-org/octo-repo", "", "日本"), "characters that IAM allows"},
		{trust.Service{}, "missing service"},
		{trust.Service{Services: []string{"*"}}, "a wildcard"},
		{trust.Service{Services: []string{"ec2"}}, `did you mean "ec2.amazonaws.com"?`},
		{trust.Service{Services: []string{"lamda.amazonaws.com"}}, `did you mean "lambda.amazonaws.com"?`},
		{trust.Service{Services: []string{"pods.eks.amazonaws.com"}}, `use "policy trust pod-identity"`},
		{trust.Service{Services: []string{"eks.amazonaws.com"}}, "missing source-account or source-arn: AWS recommends that a trust policy for eks.amazonaws.com"},
		{trust.Service{Services: []string{"eks.amazonaws.com"}, SourceAccount: "x"}, "want 12 digits"},
		{trust.Service{Services: []string{"eks.amazonaws.com"}, SourceARN: "arn:aws:eks:*:*:cluster/*"}, "want the ARN of the resource"},
	} {
		_, err := test.trust.Trust()
		fault := (*trust.Fault)(nil)
		if !errors.As(err, &fault) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v, want %q", test.trust, err, test.want)
		}
	}
}

// The account of a source must be given, but its region can be any.
func TestSourceInAnyRegion(t *testing.T) {
	s := trust.Service{Services: []string{"eks.amazonaws.com"}, SourceARN: "arn:aws:eks:*:111122223333:cluster/*"}
	if result, err := s.Trust(); err != nil || len(result.Statements) != 1 || result.Statements[0].Condition == nil {
		t.Errorf("%+v, %v", result, err)
	}
}

// If several services are given, those that AWS does not document as sending
// the source get no condition. A note must name each of these services.
func TestServicesWithoutSourceAreNoted(t *testing.T) {
	s := trust.Service{Services: []string{"ec2.amazonaws.com", "eks.amazonaws.com", "lambda.amazonaws.com"}, SourceAccount: "111122223333"}
	result, err := s.Trust()
	if err != nil || len(result.Statements) != 2 || result.Statements[1].Condition != nil {
		t.Fatalf("%+v, %v", result, err)
	}
	for _, name := range []string{"ec2.amazonaws.com", "lambda.amazonaws.com"} {
		if !slices.ContainsFunc(result.Notes, func(note string) bool { return strings.HasPrefix(note, name+" can act on behalf of any account") }) {
			t.Errorf("no note about %s: %q", name, result.Notes)
		}
	}
	if len(result.Notes) != 2 {
		t.Errorf("notes %q", result.Notes)
	}
}

// A role in the same account needs no external ID. A note mentions the finding
// that policy review reports.
func TestSameAccountNeedsNoExternalID(t *testing.T) {
	result, err := trust.Account{From: []string{"arn:aws:iam::111122223333:role/ci"}, Account: "111122223333"}.Trust()
	if err != nil || len(result.Statements) != 1 || result.Statements[0].Condition != nil || !strings.Contains(strings.Join(result.Notes, "\n"), "trust-external-id") {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestAssume(t *testing.T) {
	const role = "arn:aws:iam::444455556666:role/capa"
	for tags, want := range map[bool][]string{false: {"sts:AssumeRole"}, true: {"sts:AssumeRole", "sts:TagSession"}} {
		s, err := trust.Assume(role, tags)
		if err != nil || !slices.Equal(s.Action, want) || !slices.Equal(s.Resource, []string{role}) {
			t.Errorf("%+v, %v", s, err)
		}
	}
	for _, invalid := range []string{"", "arn:aws:iam::444455556666:role/*", "arn:aws:iam::444455556666:user/x", "arn:aws:iam::4:role/x"} {
		if _, err := trust.Assume(invalid, false); err == nil {
			t.Errorf("%q is accepted", invalid)
		}
	}
}
