package kubedouble

// This file installs Cluster API Provider AWS in the double, and does the work
// of the Kubernetes controllers that roll it out.

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

const (
	namespace  = "capa-system"
	deployment = "capa-controller-manager"
)

// Paths of the objects of an installation.
var (
	SecretPath         = "/api/v1/namespaces/capa-system/secrets/capa-manager-bootstrap-credentials"
	DeploymentPath     = "/apis/apps/v1/namespaces/capa-system/deployments/capa-controller-manager"
	ServiceAccountPath = "/api/v1/namespaces/capa-system/serviceaccounts/capa-controller-manager"
)

// Installed describes an installation.
type Installed struct {
	// Profile is the value of the key "credentials" in the Secret. "" means that
	// there is no Secret.
	Profile string
	// Role is the role in the annotation of the service account, or "".
	Role string
	// Inject returns the variables that webhooks add to a new pod. It may be
	// nil.
	Inject func() map[string]string
}

// Install creates the Deployment, ReplicaSet, running pod and service account,
// and the Secret if there is a profile. From then on, every PATCH that changes
// the spec of the Deployment is rolled out immediately.
func (s *Server) Install(installed Installed) {
	labels := Object{"cluster.x-k8s.io/provider": "infrastructure-aws", "control-plane": deployment}
	meta := func(name string, fields Object) Object {
		all := Object{"name": name, "namespace": namespace, "labels": labels}
		for key, value := range fields {
			all[key] = value
		}
		return all
	}
	annotations := Object{}
	if installed.Role != "" {
		annotations["eks.amazonaws.com/role-arn"] = installed.Role
	}
	if installed.Profile != "" {
		s.putObject(Object{"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": meta("capa-manager-bootstrap-credentials", nil), "data": Object{"credentials": []byte(installed.Profile)}})
	}
	s.putObject(Object{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta(deployment, Object{"annotations": annotations})})
	s.putObject(Object{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta(deployment, Object{"uid": "d-1", "annotations": Object{"deployment.kubernetes.io/revision": "0"}}),
		"spec": Object{"replicas": 1, "selector": Object{"matchLabels": Object{"control-plane": deployment}},
			"template": Object{"metadata": Object{"labels": labels}, "spec": Object{
				"serviceAccountName": deployment,
				"containers": []Object{{"name": "manager", "image": "registry.k8s.io/cluster-api-aws/cluster-api-aws-controller:v2.13.0",
					"env":          []Object{{"name": "AWS_SHARED_CREDENTIALS_FILE", "value": "/home/.aws/credentials"}},
					"volumeMounts": []Object{{"name": "credentials", "mountPath": "/home/.aws"}}}},
				"volumes": []Object{{"name": "credentials", "secret": Object{"secretName": "capa-manager-bootstrap-credentials"}}},
			}}},
		"status": Object{}})
	s.mu.Lock()
	s.inject = installed.Inject
	s.mu.Unlock()
	s.RollOut()
	s.setAfter(func(s *Server, r Request) {
		if r.Path == DeploymentPath && r.Method == http.MethodPatch && s.generation() != s.rolledOutGeneration {
			s.RollOut()
		}
	})
}

// putObject is like Put for an object that is not encoded yet.
func (s *Server) putObject(object Object) {
	text, err := json.Marshal(object)
	if err != nil {
		panic(err)
	}
	s.Put(string(text))
}

func (s *Server) generation() any {
	return s.Object(DeploymentPath)["metadata"].(Object)["generation"]
}

// RollOut replaces the pods of the installation, as Kubernetes does after a
// change of the Deployment: it creates a ReplicaSet and a pod with the injected
// variables, and deletes the old pod.
func (s *Server) RollOut() {
	s.rolledOutGeneration = s.generation()
	s.revision++
	name, uid := fmt.Sprintf("%s-%d", deployment, s.revision), fmt.Sprintf("r-%d", s.revision)
	revision := Object{"deployment.kubernetes.io/revision": fmt.Sprint(s.revision)}
	template := s.Object(DeploymentPath)["spec"].(Object)["template"].(Object)
	labels := template["metadata"].(Object)["labels"]
	if s.revision > 1 {
		s.Delete(Path("pods", namespace, fmt.Sprintf("%s-%d-a", deployment, s.revision-1)))
		s.Change(Path("replicasets", namespace, fmt.Sprintf("%s-%d", deployment, s.revision-1)), func(o Object) {
			o["spec"].(Object)["replicas"], o["status"] = float64(0), Object{"replicas": 0}
		})
	}
	s.putObject(Object{"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": Object{"name": name, "namespace": namespace, "uid": uid, "labels": labels, "annotations": revision,
		"ownerReferences": []Object{{"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment, "uid": "d-1", "controller": true}}},
		"spec": Object{"replicas": 1, "template": template}, "status": Object{"replicas": 1, "readyReplicas": 1, "availableReplicas": 1}})
	spec := clone(template["spec"].(Object))
	if s.inject != nil {
		container := spec["containers"].([]any)[0].(Object)
		for variable, value := range s.inject() {
			container["env"] = append(container["env"].([]any), Object{"name": variable, "value": value})
		}
	}
	now := time.Now().UTC().Format(time.RFC3339)
	s.putObject(Object{"apiVersion": "v1", "kind": "Pod", "metadata": Object{"name": name + "-a", "namespace": namespace, "labels": labels, "creationTimestamp": now,
		"ownerReferences": []Object{{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": name, "uid": uid, "controller": true}}},
		"spec": spec, "status": Object{"phase": "Running", "startTime": now, "conditions": []Object{{"type": "Ready", "status": "True"}},
			"containerStatuses": []Object{{"name": "manager", "ready": true, "restartCount": 0, "state": Object{"running": Object{"startedAt": now}}}}}})
	s.Change(DeploymentPath, func(o Object) {
		meta := o["metadata"].(Object)
		meta["annotations"] = revision
		o["status"] = Object{"observedGeneration": meta["generation"], "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1,
			"conditions": []any{Object{"type": "Available", "status": "True"}, Object{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}}}
	})
}

// setAfter sets a function that is called after each request is executed.
func (s *Server) setAfter(react func(*Server, Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.afterRequest = react
}
