// Tests of plans: problems that block a move, warnings, and changes by others
// between plan and move.

package move_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"capaboot/controller"
	"capaboot/controller/move"
	"capaboot/internal/eksdouble"
	"capaboot/internal/kubedouble"
)

// TestProblems checks that every problem is reported before anything is
// changed.
func TestProblems(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		method move.Method
		set    func(*world)
		want   string
	}{
		{"no cluster", move.PodIdentity, func(w *world) {
			w.aws.PutCluster("other", "", issuer)
			w.aws.Fail(eksdouble.Fault{Operation: "DescribeCluster", Kind: eksdouble.Missing})
		}, `EKS has no cluster "management" in this account and region`},
		{"a degraded agent", move.PodIdentity, func(w *world) { w.aws.PutAddon("management", move.Agent, "DEGRADED") }, "the add-on eks-pod-identity-agent of cluster management is DEGRADED, not ACTIVE"},
		{"no agent", move.PodIdentity, func(w *world) { w.aws.Fail(eksdouble.Fault{Operation: "DescribeAddon", Kind: eksdouble.Missing}) }, "the add-on eks-pod-identity-agent is not installed in cluster management"},
		{"no role", move.PodIdentity, func(w *world) { w.aws.RemoveRole(roleName) }, "IAM has no role " + roleName},
		{"a role with the trust policy of an old template", move.PodIdentity, func(w *world) { w.aws.PutRole(roleName, trustOld) }, "does not trust EKS Pod Identity for service account capa-controller-manager in namespace capa-system"},
		{"no provider", move.IRSA, func(w *world) { w.aws.RemoveProvider(provider) }, "IAM has no OIDC provider for cluster management: want " + provider},
		{"a provider with another audience", move.IRSA, func(w *world) { w.aws.PutProvider(provider, "kubernetes") }, "does not have the audience sts.amazonaws.com"},
		{"a role that does not trust the provider", move.IRSA, func(w *world) { w.aws.PutRole(roleName, trustPod) }, "does not trust the OIDC provider of the cluster"},
		{"an association that takes precedence over IRSA", move.IRSA, func(w *world) { w.aws.PutAssociation("management", "capa-system", "capa-controller-manager", roleARN) }, "takes precedence over the annotation"},
		{"an association of an add-on", move.PodIdentity, func(w *world) {
			w.aws.PutAssociation("management", "capa-system", "capa-controller-manager", roleARN+"2")
			w.aws.ChangeAssociations(func(o eksdouble.Object) { o["ownerArn"] = "arn:aws:eks:eu-west-1:111122223333:addon/management/x/1" })
		}, "owns the association"},
		{"an association without session tags", move.PodIdentity, func(w *world) {
			w.aws.PutRole(roleName, strings.Replace(trustPod, `"sts:TagSession"]}`, `"sts:TagSession"], "Condition": {"StringEquals": {"aws:RequestTag/kubernetes-namespace": "capa-system"}}}`, 1))
			w.aws.PutAssociation("management", "capa-system", "capa-controller-manager", roleARN)
			w.aws.ChangeAssociations(func(o eksdouble.Object) { o["disableSessionTags"] = true })
		}, "does not trust EKS Pod Identity"},
		{"another service account", move.PodIdentity, func(w *world) {
			w.kube.Change(kubedouble.DeploymentPath, func(o kubedouble.Object) {
				o["spec"].(kubedouble.Object)["template"].(kubedouble.Object)["spec"].(kubedouble.Object)["serviceAccountName"] = "other"
			})
		}, "use the service account other, want capa-controller-manager"},
		{"an immutable Secret", move.PodIdentity, func(w *world) {
			w.kube.Change(kubedouble.SecretPath, func(o kubedouble.Object) { o["immutable"] = true })
		}, "immutable"},
		{"a paused Deployment", move.PodIdentity, func(w *world) {
			w.kube.Change(kubedouble.DeploymentPath, func(o kubedouble.Object) { o["spec"].(kubedouble.Object)["paused"] = true })
		}, "paused"},
		{"a Deployment without pods", move.PodIdentity, func(w *world) {
			w.kube.Change(kubedouble.DeploymentPath, func(o kubedouble.Object) { o["spec"].(kubedouble.Object)["replicas"] = 0 })
		}, "is scaled to 0"},
		{"Fargate", move.PodIdentity, func(w *world) { w.mover.Cluster = fargateCluster{w.mover.Cluster} }, "node n1 of the controllers is an AWS Fargate node, where EKS Pod Identity has no agent"},
		{"no permission to read the Secret", move.PodIdentity, func(w *world) {
			w.kube.Fail(kubedouble.Fault{Verb: "get", Plural: "secrets", Kind: kubedouble.Forbidden})
		}, "secrets"},
		{"no permission to change the Secret", move.PodIdentity, func(w *world) { w.deny("secrets") }, "not allowed to patch Secret capa-manager-bootstrap-credentials in namespace capa-system: a SelfSubjectAccessReview says that the access is denied"},
		{"no permission to change the Deployment", move.IRSA, func(w *world) { w.deny("deployments") }, "not allowed to patch Deployment capa-controller-manager in namespace capa-system"},
		{"no permission to change the service account", move.IRSA, func(w *world) { w.deny("serviceaccounts") }, "not allowed to patch ServiceAccount capa-controller-manager in namespace capa-system"},
		{"no permission to describe the cluster", move.PodIdentity, func(w *world) { w.aws.Fail(eksdouble.Fault{Operation: "DescribeCluster", Kind: eksdouble.Denied}) }, "AccessDeniedException"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, test.method)
			test.set(w)
			before := w.result()
			_, err := w.run(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
			if w.result() != before {
				t.Errorf("something was changed: %s", w.result())
			}
		})
	}
}

// TestWarnings checks the risks that have to be confirmed, and that the move still
// works unless the pods use other credentials.
func TestWarnings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		method move.Method
		set    func(*world)
		want   string
	}{
		{"nothing", move.PodIdentity, func(*world) {}, ""},
		{"another cluster", move.PodIdentity, func(w *world) { w.aws.PutCluster("management", "https://ABC.gr7.eu-west-1.eks.amazonaws.com", issuer) }, "check whether the kubeconfig is for this cluster"},
		{"another role", move.PodIdentity, func(w *world) {
			w.aws.PutAssociation("management", "capa-system", "capa-controller-manager", roleARN+"2")
		}, "role " + roleARN + " would replace the role"},
		{"another role in the annotation", move.IRSA, func(w *world) {
			w.kube.Change(kubedouble.ServiceAccountPath, func(o kubedouble.Object) {
				o["metadata"].(kubedouble.Object)["annotations"] = kubedouble.Object{controller.RoleAnnotation: roleARN + "2"}
			})
		}, "would replace"},
		{"a target role", move.PodIdentity, func(w *world) {
			w.aws.PutAssociation("management", "capa-system", "capa-controller-manager", roleARN)
			w.aws.ChangeAssociations(func(o eksdouble.Object) { o["targetRoleArn"] = roleARN + "2" })
		}, "the controllers use the target role"},
		{"a trust policy that is unknown", move.PodIdentity, func(w *world) {
			w.aws.PutRole(roleName, strings.Replace(trustPod, `"sts:TagSession"]}`, `"sts:TagSession"], "Condition": {"StringEquals": {"aws:SourceOrgID": "o-a1b2c3d4e5"}}}`, 1))
		}, "is unknown"},
		{"an unknown permission", move.IRSA, func(w *world) {
			w.kube.Review, w.kube.Reviewed = kubedouble.Object{"allowed": false, "evaluationError": "webhook timed out"}, "secrets"
		}, "it is unknown whether you are allowed to patch Secret capa-manager-bootstrap-credentials: SelfSubjectAccessReview: webhook timed out"},
		{"no permission to ask", move.PodIdentity, func(w *world) {
			w.kube.Fail(kubedouble.Fault{Verb: "post", Kind: kubedouble.Forbidden})
		}, "it is unknown whether you are allowed to patch Secret capa-manager-bootstrap-credentials: not allowed to create"},
		{"no permission to change the service account, which EKS Pod Identity does not need", move.PodIdentity, func(w *world) { w.deny("serviceaccounts") }, ""},
		{"IRSA on Fargate", move.IRSA, func(w *world) { w.mover.Cluster = fargateCluster{w.mover.Cluster} }, ""},
		{"keys in variables of the Deployment", move.PodIdentity, func(w *world) {
			w.setVariable("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
			w.setVariable("AWS_SECRET_ACCESS_KEY", "FALSESECRETOFTHETESTFALSESECRETOFTHETEST")
		}, "the Deployment sets variables for another source of credentials (variables)"},
		{"a web identity of the Deployment", move.PodIdentity, func(w *world) { w.setVariable("AWS_WEB_IDENTITY_TOKEN_FILE", "/token") }, "another source of credentials (web-identity)"},
		{"a profile", move.PodIdentity, func(w *world) { w.setVariable("AWS_PROFILE", "prod") }, "the Deployment sets AWS_PROFILE to prod"},
		{"a config file", move.PodIdentity, func(w *world) { w.setVariable("AWS_CONFIG_FILE", "/config") }, "the Deployment sets AWS_CONFIG_FILE, and this command did not read the file"},
		{"IRSA, which takes precedence over a config file", move.IRSA, func(w *world) { w.setVariable("AWS_CONFIG_FILE", "/config") }, ""},
		{"variables from a Secret", move.IRSA, (*world).addOtherVariables, "the pods get variables from Secrets or ConfigMaps (envFrom), which this command did not read"},
		{"another credentials file", move.PodIdentity, (*world).mountOtherSecret, "the pods have another credentials file (key credentials of Secret other), which this command did not read"},
		{"IRSA, which takes precedence over another credentials file", move.IRSA, (*world).mountOtherSecret, ""},
		{"identities that assume roles", move.PodIdentity, func(w *world) {
			w.kube.Put(`{"apiVersion":"infrastructure.cluster.x-k8s.io/v1beta2","kind":"AWSClusterRoleIdentity","metadata":{"name":"team-a"},"spec":{"roleARN":"arn:aws:iam::444455556666:role/capa","sourceIdentityRef":{"kind":"AWSClusterControllerIdentity","name":"default"}}}`,
				`{"apiVersion":"infrastructure.cluster.x-k8s.io/v1beta2","kind":"AWSClusterRoleIdentity","metadata":{"name":"team-b"},"spec":{"roleARN":"arn:aws:iam::444455556666:role/capa","sourceIdentityRef":{"kind":"AWSClusterStaticIdentity","name":"keys"}}}`)
		}, "the roles of AWSClusterRoleIdentity team-a must also allow sts:TagSession"},
		{"identities in the version of the API of CAPA v1", move.PodIdentity, func(w *world) {
			w.kube.Put(`{"apiVersion":"infrastructure.cluster.x-k8s.io/v1beta2","kind":"AWSClusterRoleIdentity","metadata":{"name":"team-a"},"spec":{"sourceIdentityRef":{"kind":"AWSClusterControllerIdentity","name":"default"}}}`)
			w.mover.Cluster = olderCluster{w.mover.Cluster, &controller.Rejected{Status: 404, Reason: "NotFound", Message: "the server could not find the requested resource"}}
		}, "the roles of AWSClusterRoleIdentity team-a must also allow sts:TagSession"},
		{"identities in the version of the API of CAPA v1, after a text", move.PodIdentity, func(w *world) {
			w.kube.Put(`{"apiVersion":"infrastructure.cluster.x-k8s.io/v1beta2","kind":"AWSClusterRoleIdentity","metadata":{"name":"team-a"},"spec":{"sourceIdentityRef":{"kind":"AWSClusterControllerIdentity","name":"default"}}}`)
			w.mover.Cluster = olderCluster{w.mover.Cluster, &controller.Unexpected{Server: "https://127.0.0.1", Status: 404, Problem: "not JSON"}}
		}, "the roles of AWSClusterRoleIdentity team-a must also allow sts:TagSession"},
		{"identities that the user may not list", move.PodIdentity, func(w *world) {
			w.kube.Fail(kubedouble.Fault{Verb: "list", Plural: "awsclusterroleidentities", Kind: kubedouble.Forbidden})
		}, "cannot list the AWSClusterRoleIdentities"},
		{"a Secret that another tool writes", move.PodIdentity, func(w *world) {
			w.kube.Change(kubedouble.SecretPath, func(o kubedouble.Object) {
				o["metadata"].(kubedouble.Object)["annotations"] = kubedouble.Object{"argocd.argoproj.io/tracking-id": "capa:/Secret:capa-system/x"}
			})
		}, "Argo CD, application capa manages the Secret"},
		{"a Secret of the Cluster API Operator", move.PodIdentity, func(w *world) { w.setOperatorAsOwner(kubedouble.SecretPath) },
			"Cluster API Operator, InfrastructureProvider aws manages the Secret (its owner) and may write credentials into it again; set AWS_B64ENCODED_CREDENTIALS to Cg=="},
		{"a Deployment of the Cluster API Operator", move.PodIdentity, func(w *world) { w.setOperatorAsOwner(kubedouble.DeploymentPath) },
			"Cluster API Operator, InfrastructureProvider aws manages the Secret (it manages the Deployment)"},
		{"a service account of the Cluster API Operator", move.IRSA, func(w *world) { w.setOperatorAsOwner(kubedouble.ServiceAccountPath) },
			"Cluster API Operator, InfrastructureProvider aws manages the service account (its owner) and may remove the annotation; also add the annotation with a patch in the InfrastructureProvider (spec.manifestPatches)"},
		{"a service account of Helm", move.IRSA, func(w *world) {
			w.kube.Change(kubedouble.ServiceAccountPath, func(o kubedouble.Object) {
				o["metadata"].(kubedouble.Object)["annotations"] = kubedouble.Object{"meta.helm.sh/release-name": "capa"}
			})
		}, "Helm, release capa manages the service account (annotation meta.helm.sh/release-name) and may remove the annotation; also add the annotation in Helm, release capa"},
		{"a service account of Helm, which a move to EKS Pod Identity does not change", move.PodIdentity, func(w *world) {
			w.kube.Change(kubedouble.ServiceAccountPath, func(o kubedouble.Object) {
				o["metadata"].(kubedouble.Object)["annotations"] = kubedouble.Object{"meta.helm.sh/release-name": "capa"}
			})
		}, ""},
	} {
		w := newWorld(t, test.method)
		test.set(w)
		plan, err := w.mover.Plan(t.Context(), w.target())
		if err != nil || len(plan.Problems()) > 0 {
			t.Errorf("%s: %v, %v", test.name, err, plan.Problems())
			continue
		}
		var texts []string
		for _, warning := range plan.Warnings {
			texts = append(texts, warning.Error())
		}
		if got := strings.Join(texts, "\n"); !strings.Contains(got, test.want) || (got == "") != (test.want == "") {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		_, err = w.mover.Apply(t.Context(), plan)
		wantErr := ""
		switch {
		case strings.Contains(test.want, "another source of credentials"):
			wantErr = "did not get the new credentials"
		case strings.Contains(test.want, "another credentials file"):
			wantErr = "has another credentials file, which takes precedence if the file has a profile"
		}
		if (err != nil) != (wantErr != "") || err != nil && !strings.Contains(err.Error(), wantErr) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// TestCompareServers checks that the default port, the path and the case of the host
// make no difference.
func TestCompareServers(t *testing.T) {
	t.Parallel()
	const endpoint = "https://ABC.gr7.eu-west-1.eks.amazonaws.com"
	for server, isSame := range map[string]bool{
		"": true, endpoint: true, endpoint + ":443": true, strings.ToLower(endpoint) + "/": true,
		endpoint + ":6443": false, "https://abd.gr7.eu-west-1.eks.amazonaws.com": false,
	} {
		if err := move.CompareServers(server, move.EKSCluster{Name: "c", Endpoint: endpoint}); (err == nil) != isSame {
			t.Errorf("%s: %v", server, err)
		}
	}
}

// olderCluster is a cluster with CAPA v1, whose API has the version v1beta1 only.
// missing is the error for other versions.
type olderCluster struct {
	move.Cluster
	missing error
}

func (c olderCluster) List(ctx context.Context, r controller.Resource, namespace, labels string, destination any) error {
	if r.Plural == "awsclusterroleidentities" {
		if r.Version != "v1beta1" {
			return c.missing
		}
		r.Version = "v1beta2" // that of the double
	}
	return c.Cluster.List(ctx, r, namespace, labels, destination)
}

// fargateCluster is a cluster whose pods run on AWS Fargate.
type fargateCluster struct{ move.Cluster }

func (c fargateCluster) ReadInstallation(ctx context.Context, namespace string, associations func(context.Context, string, string) ([]controller.Association, error)) (*controller.Installation, error) {
	i, err := c.Cluster.ReadInstallation(ctx, namespace, associations)
	if err != nil {
		return nil, err
	}
	var node controller.Node
	node.Spec.ProviderID = "aws:///eu-west-1a/0a1b2c3d4e-0a1b2c3d/fargate-ip-10-0-0-1.eu-west-1.compute.internal"
	i.Pods[0].Spec.NodeName, i.Nodes["n1"] = "n1", node
	return i, nil
}

func (w *world) setOperatorAsOwner(path string) {
	w.kube.Change(path, func(o kubedouble.Object) {
		o["metadata"].(kubedouble.Object)["ownerReferences"] = []any{kubedouble.Object{"apiVersion": "operator.cluster.x-k8s.io/v1alpha2", "kind": "InfrastructureProvider", "name": "aws"}}
	})
}

// mountOtherSecret mounts the key of another Secret as the credentials file.
func (w *world) mountOtherSecret() {
	w.kube.Change(kubedouble.DeploymentPath, func(o kubedouble.Object) {
		spec := o["spec"].(kubedouble.Object)["template"].(kubedouble.Object)["spec"].(kubedouble.Object)
		spec["volumes"].([]any)[0].(kubedouble.Object)["secret"].(kubedouble.Object)["secretName"] = "other"
	})
}

func (w *world) setVariable(name, value string) {
	w.kube.Change(kubedouble.DeploymentPath, func(o kubedouble.Object) {
		spec := o["spec"].(kubedouble.Object)["template"].(kubedouble.Object)["spec"].(kubedouble.Object)
		container := spec["containers"].([]any)[0].(kubedouble.Object)
		container["env"] = append(container["env"].([]any), kubedouble.Object{"name": name, "value": value})
	})
}

// addOtherVariables makes the pods get variables from a Secret.
func (w *world) addOtherVariables() {
	w.kube.Change(kubedouble.DeploymentPath, func(o kubedouble.Object) {
		spec := o["spec"].(kubedouble.Object)["template"].(kubedouble.Object)["spec"].(kubedouble.Object)
		spec["containers"].([]any)[0].(kubedouble.Object)["envFrom"] = []any{kubedouble.Object{"secretRef": kubedouble.Object{"name": "more"}}}
	})
}

// TestPodsThatMoveToFargate: the variables of EKS Pod Identity do not mean that a pod on
// AWS Fargate has credentials.
func TestPodsThatMoveToFargate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, move.PodIdentity)
	plan, err := w.mover.Plan(t.Context(), w.target())
	if err != nil {
		t.Fatal(err)
	}
	w.mover.Cluster = fargateCluster{w.mover.Cluster}
	if _, err = w.mover.Apply(t.Context(), plan); err == nil || !strings.Contains(err.Error(), "runs on AWS Fargate, where EKS Pod Identity has no agent") {
		t.Error(err)
	}
}

// TestPodsThatAreNotReady checks that a plan restarts pods that are not ready after
// a move.
func TestPodsThatAreNotReady(t *testing.T) {
	t.Parallel()
	for _, method := range methods {
		w := newWorld(t, method)
		if _, err := w.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.makeOlder()
		w.kube.Change(kubedouble.Path("pods", "capa-system", "capa-controller-manager-2-a"), func(o kubedouble.Object) {
			o["status"].(kubedouble.Object)["conditions"] = []any{kubedouble.Object{"type": "Ready", "status": "False"}}
		})
		plan, err := w.mover.Plan(t.Context(), w.target())
		if err != nil || !plan.ChangesAnything() {
			t.Errorf("%s: %v, the plan is %s", method, err, states(plan.Steps))
			continue
		}
		if result, err := w.mover.Apply(t.Context(), plan); err != nil || !result.Changed || !result.Pods[0].Ready {
			t.Errorf("%s: %+v, %v", method, result, err)
		}
	}
}

// TestConcurrentChangeOfAssociation checks that an association that changed
// between plan and move is not modified.
func TestConcurrentChangeOfAssociation(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(eksdouble.Object){
		"role": func(o eksdouble.Object) { o["roleArn"] = roleARN + "3" }, "owner": func(o eksdouble.Object) { o["ownerArn"] = "arn:aws:eks:eu-west-1:111122223333:addon/management/x/1" },
	} {
		w := newWorld(t, move.PodIdentity)
		w.aws.PutAssociation("management", "capa-system", "capa-controller-manager", roleARN+"2")
		plan, err := w.mover.Plan(t.Context(), w.target())
		if err != nil {
			t.Fatal(err)
		}
		w.aws.ChangeAssociations(change)
		before := w.result()
		_, err = w.mover.Apply(t.Context(), plan)
		if stopped, ok := errors.AsType[*move.Stopped](err); !ok || len(stopped.Undo) > 0 || !strings.Contains(err.Error(), "the association of the service account has changed") || w.result() != before {
			t.Errorf("%s: %v; the result is %s", name, err, w.result())
		}
	}
}

// TestPodsThatMayHaveTheOldKeys checks that a plan restarts pods whose container
// started so soon after the Secret was zeroed that it may have read the old
// credentials.
func TestPodsThatMayHaveTheOldKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, move.PodIdentity)
	if _, err := w.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.makeOlder()
	zeroed := time.Now().Add(-time.Hour)
	for after, want := range map[time.Duration]bool{time.Minute: true, 10 * time.Minute: false} {
		w.kube.Change(kubedouble.Path("pods", "capa-system", "capa-controller-manager-2-a"), func(o kubedouble.Object) {
			o["metadata"].(kubedouble.Object)["creationTimestamp"] = zeroed.Add(-time.Minute).UTC().Format(time.RFC3339)
			running := o["status"].(kubedouble.Object)["containerStatuses"].([]any)[0].(kubedouble.Object)["state"].(kubedouble.Object)["running"].(kubedouble.Object)
			running["startedAt"] = zeroed.Add(after).UTC().Format(time.RFC3339)
		})
		if plan, err := w.mover.Plan(t.Context(), w.target()); err != nil || plan.ChangesAnything() != want {
			t.Errorf("%v after: %v, the plan is %s", after, err, states(plan.Steps))
		}
	}
}
