// Tests that the operator policy allows the requests of a move to AWS, and
// nothing else.

package cli

import (
	"slices"
	"testing"

	"capaboot/iam"
	"capaboot/iam/operator"
	"capaboot/internal/eksdouble"
	"capaboot/internal/permitted"
	"capaboot/policies/catalog"
)

// operationResources has the service and the resource of each operation that a
// move requests.
var operationResources = map[string]struct{ service, resource string }{
	"DescribeCluster":                {"eks", "arn:aws:eks:eu-west-1:111122223333:cluster/management"},
	"DescribeAddon":                  {"eks", "arn:aws:eks:eu-west-1:111122223333:addon/management/eks-pod-identity-agent/00000000-0000-0000-0000-000000000000"},
	"ListPodIdentityAssociations":    {"eks", "arn:aws:eks:eu-west-1:111122223333:cluster/management"},
	"DescribePodIdentityAssociation": {"eks", "arn:aws:eks:eu-west-1:111122223333:podidentityassociation/management/a-00000000000000001"},
	"CreatePodIdentityAssociation":   {"eks", "arn:aws:eks:eu-west-1:111122223333:cluster/management"},
	"UpdatePodIdentityAssociation":   {"eks", "arn:aws:eks:eu-west-1:111122223333:podidentityassociation/management/a-00000000000000001"},
	"GetRole":                        {"iam", eksdouble.RoleARN},
	"GetOpenIDConnectProvider":       {"iam", eksdouble.Provider},
}

func TestOperatorPolicyOfMoves(t *testing.T) {
	t.Parallel()
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	template, err := iam.Generate(iam.Default(), catalogue, catalogue.Newest())
	if err != nil {
		t.Fatal(err)
	}
	target := operator.Target{Template: template, StackName: "x", Partition: "aws", Account: eksdouble.Account, Region: eksdouble.Region, Cluster: eksdouble.Cluster}
	for purpose, run := range map[string]func(*moveSetup){
		"controller": func(m *moveSetup) {
			m.aws.PutAssociation(eksdouble.Cluster, "capa-system", "capa-controller-manager", eksdouble.RoleARN)
			m.do(0, "status", "--cluster-name", "management")
		},
		"use-pod-identity": func(m *moveSetup) {
			m.do(0, "use-pod-identity", "--cluster-name", "management", "--yes")
			m.aws.ChangeAssociations(func(o eksdouble.Object) { o["roleArn"] = eksdouble.RoleARN + "2" })
			m.do(0, "use-pod-identity", "--cluster-name", "management", "--yes")
		},
		"use-irsa": func(m *moveSetup) {
			m.do(0, "use-irsa", "--cluster-name", "management", "--yes")
			m.aws.PutAssociation(eksdouble.Cluster, "capa-system", "capa-controller-manager", eksdouble.RoleARN)
			m.do(1, "use-irsa", "--cluster-name", "management", "--yes")
		},
	} {
		trust := eksdouble.TrustPodIdentity
		if purpose == "use-irsa" {
			trust = eksdouble.TrustIRSA
		}
		m := newMoveSetup(t, trust)
		run(m)
		policies, err := operator.PoliciesFor(target, purpose)
		if err != nil {
			t.Fatal(err)
		}
		policy, err := permitted.PolicyOf(policies.Caller)
		if err != nil {
			t.Fatal(err)
		}
		var requested []string
		for _, request := range m.aws.Requests() {
			target, ok := operationResources[request.Operation]
			if request.Operation == "GetCallerIdentity" { // needs no permission
				continue
			}
			action := target.service + ":" + request.Operation
			if !ok || !policy.Allows(action, target.resource, nil) {
				t.Errorf("--for %s denies %s on %s", purpose, action, target.resource)
			}
			requested = append(requested, action)
		}
		// No request has the name iam:PassRole: AWS checks this permission for
		// CreatePodIdentityAssociation.
		if purpose == "use-pod-identity" {
			requested = append(requested, "iam:PassRole")
			if !policy.Allows("iam:PassRole", eksdouble.RoleARN, map[string]string{"iam:PassedToService": "pods.eks.amazonaws.com"}) ||
				policy.Allows("iam:PassRole", eksdouble.RoleARN, map[string]string{"iam:PassedToService": "ec2.amazonaws.com"}) {
				t.Error("iam:PassRole does not allow passing the role to EKS Pod Identity, or allows passing it to EC2")
			}
		}
		slices.Sort(requested)
		if needed, granted := slices.Compact(requested), slices.Sorted(slices.Values(actionsOf(policies.Caller))); !slices.Equal(needed, granted) {
			t.Errorf("--for %s: the command needs %v, but the policy grants %v", purpose, needed, granted)
		}
	}
}
