// Tests of evaluating an existing trust policy.

package trust_test

import (
	"strings"
	"testing"

	"capaboot/internal/render"
	"capaboot/policies/trust"
)

const roleARN = "arn:aws:iam::111122223333:role/controllers"

func TestEvaluate(t *testing.T) {
	pods := trust.PodIdentity{Cluster: cluster, Namespace: "capa-system", ServiceAccounts: []string{"capa-controller-manager"}}
	irsa := trust.IRSA{OIDCProvider: clusterProvider, Namespace: "capa-system", ServiceAccounts: []string{"capa-controller-manager"}}
	untagged := pods
	untagged.Untagged = true
	trustPolicy := func(of trustBuilder) string {
		result, err := of.Trust()
		if err != nil {
			t.Fatal(err)
		}
		text, err := render.JSON(result.Document())
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	statement := func(text string) string {
		return `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}, ` + text + `]}`
	}
	const service = `{"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]`
	type evaluator interface {
		Evaluate(string, []byte) (trust.Evaluation, error)
	}
	for name, test := range map[string]struct {
		generator        evaluator
		policy           string
		allowed, unknown bool
		reason           string
	}{
		"the generated policy, pods":               {pods, trustPolicy(pods), true, false, ""},
		"the generated policy, irsa":               {irsa, trustPolicy(irsa), true, false, ""},
		"CAPA's template of v2.12.1":               {pods, `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com", "pods.eks.amazonaws.com"]}, "Action": ["sts:AssumeRole", "sts:TagSession"]}]}`, true, false, ""},
		"for the account and the cluster":          {pods, statement(service + `, "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}, "ArnEquals": {"aws:SourceArn": "` + cluster + `"}}}`), true, false, ""},
		"without the session tags":                 {pods, statement(`{"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": "sts:AssumeRole"}`), false, false, "sts:TagSession"},
		"only another service":                     {pods, statement(`{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}`), false, false, "no statement of the trust policy allows the request"},
		"for another namespace":                    {pods, statement(service + `, "Condition": {"StringEquals": {"aws:RequestTag/kubernetes-namespace": "other"}}}`), false, false, "sts:AssumeRole"},
		"for an organization":                      {pods, statement(service + `, "Condition": {"StringEquals": {"aws:SourceOrgID": "o-a1b2c3d4e5"}}}`), false, true, "aws:SourceOrgID"},
		"denied":                                   {pods, statement(service + `}, {"Sid": "No", "Effect": "Deny", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": "sts:*"}`), false, false, "denied by Statement[2] (No)"},
		"no tags, and a policy that requires them": {untagged, trustPolicy(pods), false, false, "sts:AssumeRole"},
		"no tags, and none required":               {untagged, statement(service + `, "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}`), true, false, ""},
		"no tags, and an unknown condition":        {untagged, statement(service + `, "Condition": {"StringEquals": {"aws:SourceOrgID": "o-a1b2c3d4e5"}}}`), false, true, "aws:SourceOrgID"},
		"irsa of another service account":          {irsa, strings.ReplaceAll(trustPolicy(irsa), ":capa-controller-manager", ":other"), false, false, "sts:AssumeRoleWithWebIdentity"},
		"irsa of another cluster":                  {irsa, strings.ReplaceAll(trustPolicy(irsa), "EXAMPLED539", "OTHER"), false, false, "no statement of the trust policy allows the request"},
		"irsa from CAPA's book, with ForAnyValue":  {irsa, `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Federated": "` + clusterProvider + `"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"ForAnyValue:StringEquals": {"` + issuer + `:sub": ["system:serviceaccount:capa-system:capa-controller-manager"]}}}]}`, true, false, ""},
	} {
		got, err := test.generator.Evaluate(roleARN, []byte(test.policy))
		if err != nil || got.Allowed != test.allowed || got.Unknown != test.unknown || !strings.Contains(got.Reason, test.reason) || got.Allowed != (got.Reason == "") {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := pods.Evaluate(roleARN, []byte("<html>")); err == nil {
		t.Error("HTML is accepted as a policy")
	}
}
