package authz

import (
	"strings"
	"testing"
)

func TestServicePrincipals(t *testing.T) {
	for name, page := range loadPrincipals.Get() {
		if page == "" && Known(name) {
			t.Errorf("serviceprincipals.tsv: %s needs no row, because it is an action prefix", name)
		}
		if page != "" && !strings.HasPrefix(page, "https://docs.aws.amazon.com/") {
			t.Errorf("serviceprincipals.tsv: the page of %s is %s", name, page)
		}
	}
	for name := range loadSubdomains.Get() {
		if _, ok := loadPrincipals.Get()[name]; ok || !IsService(name) || !strings.Contains(name, ".") {
			t.Errorf("servicesubdomains.tsv: %s is not a subdomain of another service principal", name)
		}
	}
}

// TestServicesInPolicies has services that no AWS managed policy names, but that AWS's
// examples of key policies, bucket policies and trust policies do.
func TestServicesInPolicies(t *testing.T) {
	for _, name := range []string{"dnssec-route53", "billingreports", "config-multiaccountsetup", "osis-pipelines", "airflow-env", "rdscustom", "pinpoint"} {
		if !IsService(name) {
			t.Errorf("%s is not a service principal", name)
		}
	}
}

func TestMeantService(t *testing.T) {
	for _, test := range []struct{ id, meant string }{
		{"ec2.amazonaws.com", ""},
		{"ec2.cn-north-1.amazonaws.com.cn", ""},
		{"ec2.eu-west-1.amazonaws.com", ""},
		{"pods.eks.amazonaws.com", ""},
		{"brand-new.eks.amazonaws.com", ""}, // every subdomain belongs to AWS
		{"emr.application-autoscaling.amazonaws.com", ""},
		{"ec2.c2s.ic.gov", ""},
		{"alexa-appkit.amazon.com", ""},
		{"lambda.amazon.com", "lambda.amazonaws.com"},
		{"pods.EKS.amazon.com", "pods.eks.amazonaws.com"},
		{"entirely-new-thing.amazonaws.com", ""},
		{"osis-pipelines.amazonaws.com", ""},
		{"pod.eks.amazonaws.com", "pods.eks.amazonaws.com"},
		{"lamda.amazonaws.com", "lambda.amazonaws.com"},
		{"lamda.amazonaws.com.cn", "lambda.amazonaws.com.cn"},
		{"EC2.amazonaws.com.cn", "ec2.amazonaws.com.cn"},
		{"emr.amazonaws.com", "elasticmapreduce.amazonaws.com"},
		{"eks", "eks.amazonaws.com"},
		{"www.events", ""},
		{"EC2.amazonaws.com", "ec2.amazonaws.com"},
		{"ec2.amazonaws.con", "ec2.amazonaws.com"},
		{"lamda.amazonaws.con", "lambda.amazonaws.com"},
		{"pods.eks.amazonws.com", "pods.eks.amazonaws.com"},
		{"token.actions.githubusercontent.com", ""},
	} {
		if got := MeantService(test.id); got != test.meant {
			t.Errorf("%s: %q, want %q", test.id, got, test.meant)
		}
	}
}

func TestBuiltInIssuers(t *testing.T) {
	for host, want := range map[string]bool{"accounts.google.com": true, "cognito-identity.amazonaws.com": true, "token.actions.githubusercontent.com": false, "ec2.amazonaws.com": false, "aws": false} {
		if IsBuiltInIssuer(host) != want {
			t.Errorf("%s: want %v", host, want)
		}
	}
}
