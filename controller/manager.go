package controller

// This file finds the tools that also write the Secret, the Deployment or the
// service account, and would overwrite a change.

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Manager is a tool that writes an object and would overwrite changes by
// others.
type Manager struct {
	Name     string `json:"who"` // such as "ExternalSecret capa" or "Argo CD, application capa"
	Evidence string `json:"by"`  // such as "its owner" or "annotation argocd.argoproj.io/tracking-id"
	// IsOperator means that the tool is the Cluster API Operator, which installs the
	// provider that an InfrastructureProvider describes.
	IsOperator bool `json:"-"`
}

// Remedy returns what to do instead of changing the Secret, so that the tool keeps
// the change. isZeroed means that the change removes the credentials.
//
// The operator generates the Secret from the variables in the Secret that
// spec.configSecret of the InfrastructureProvider names. Recent versions apply the
// generated Secret again at every reconciliation. Source: ApplyFromCache and secretReader in
// internal/controller of https://github.com/kubernetes-sigs/cluster-api-operator,
// and ProviderSpec in its api/v1alpha2/provider_types.go.
func (m Manager) Remedy(isZeroed bool) string {
	switch {
	case !m.IsOperator:
		return "make the change in " + m.Name
	case isZeroed:
		return "set AWS_B64ENCODED_CREDENTIALS to " + base64.StdEncoding.EncodeToString([]byte(ZeroedValue)) + " (a line break in base64) " + configSecret
	}
	return "change " + OperatorVariable
}

// configSecret is the phrase for the Secret with the operator's variables.
const configSecret = "in the Secret that spec.configSecret of the InfrastructureProvider names"

// OperatorVariable is the phrase for the variable from which the Cluster API
// Operator generates the controllers' Secret.
const OperatorVariable = "AWS_B64ENCODED_CREDENTIALS " + configSecret

// The Cluster API Operator is the owner of the namespaced objects of a
// provider, and their field manager after the first reconciliation. In the
// first reconciliation, the field manager is "manager", the name of the
// operator's executable. Executables of other tools have the same name.
//
// Source: customizeObjectsFn in internal/controller/component_customizer.go and
// cacheOwner in genericprovider_controller.go of
// https://github.com/kubernetes-sigs/cluster-api-operator. The versions of its
// API are v1alpha1 to v1alpha3.
const (
	operatorName         = "Cluster API Operator"
	operatorGroup        = "operator.cluster.x-k8s.io"
	operatorFieldManager = "capi-operator"
)

// managerMarks are the labels and annotations that tools put on the objects
// they manage.
var managerMarks = [...]struct {
	kind, key, value string // kind is "label" or "annotation"; value "" means any
	manager          string // %s stands for the value that the object has
	endMarker        string // only the part of the value before this text counts
}{
	// external-secrets, apis/externalsecrets/v1/externalsecret_types.go
	{"label", "reconcile.external-secrets.io/managed", "true", "External Secrets Operator", ""},
	{"annotation", "reconcile.external-secrets.io/data-hash", "", "External Secrets Operator", ""},
	// https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/
	{"annotation", "argocd.argoproj.io/tracking-id", "", "Argo CD, application %s", ":"},
	{"label", "argocd.argoproj.io/instance", "", "Argo CD, application %s", ""},
	// https://fluxcd.io/flux/components/kustomize/kustomizations/, https://fluxcd.io/flux/components/helm/helmreleases/
	{"label", "kustomize.toolkit.fluxcd.io/name", "", "Flux, Kustomization %s", ""},
	{"label", "helm.toolkit.fluxcd.io/name", "", "Flux, HelmRelease %s", ""},
	// https://helm.sh/docs/chart_best_practices/labels/
	{"annotation", "meta.helm.sh/release-name", "", "Helm, release %s", ""},
	{"label", "app.kubernetes.io/managed-by", "Helm", "Helm", ""},
	{"annotation", "sealedsecrets.bitnami.com/managed", "true", "Sealed Secrets", ""},
	{"label", "app.kubernetes.io/managed-by", "hashicorp-vso", "Vault Secrets Operator", ""},
}

// fieldManagers are the tools that write repeatedly, each with the beginning of
// the names of its field managers, in lower case. kubectl and clusterctl write
// only once, so they are not listed.
var fieldManagers = [...]struct{ prefix, tool string }{
	{"external-secrets", "External Secrets Operator"}, {"argocd-controller", "Argo CD"}, {"argocd-application-controller", "Argo CD"},
	{"kustomize-controller", "Flux"}, {"helm-controller", "Flux"}, {"helm", "Helm"}, {"terraform", "Terraform"}, {"hashicorp", "Terraform"},
	{"pulumi", "Pulumi"}, {operatorFieldManager, operatorName},
}

// Managers returns the tools that would overwrite a change of the credentials,
// according to the metadata of the Secret.
func (s *Secret) Managers() []Manager {
	return s.Metadata.managers("it wrote the credentials", "data", SecretKey)
}

// Managers returns the tools that write the Deployment.
func (d *Deployment) Managers() []Manager {
	return d.Metadata.managers("it wrote the pod template", "spec", "template")
}

// Managers returns the tools that write the service account.
func (a *ServiceAccount) Managers() []Manager {
	return a.Metadata.managers("it wrote the metadata", "metadata")
}

// ManagersOfSecret returns the tools that would overwrite a change of the
// credentials. They include the Cluster API Operator even if only the Deployment
// shows that it is the manager: the operator writes both objects, but a Secret that
// another tool has created again does not name the operator as its owner.
func (i *Installation) ManagersOfSecret() []Manager {
	all, _ := ClassifyManagers(i.Secret, &i.Deployment)
	return all
}

// ReadDeployment reads the Deployment of the controllers. It returns nil if there is
// none.
func (c *Cluster) ReadDeployment(ctx context.Context, namespace string) (*Deployment, error) {
	var d *Deployment
	err := getOptional(c, ctx, Deployments, namespace, DeploymentName, &d)
	return d, err
}

// ClassifyManagers returns two lists. The list all has the tools that write the Secret,
// including the Cluster API Operator even if only the Deployment shows that it is the
// manager. The list possible has the other tools that manage only the Deployment, and
// may also write the Secret. s and d may be nil.
func ClassifyManagers(s *Secret, d *Deployment) (all, possible []Manager) {
	if s != nil {
		all = s.Managers()
	}
	if d == nil {
		return all, nil
	}
	for _, manager := range d.Managers() {
		isSame := func(m Manager) bool {
			return m.Name == manager.Name || m.IsOperator && manager.IsOperator
		}
		switch {
		case slices.ContainsFunc(all, isSame):
		case manager.IsOperator:
			manager.Evidence = "it manages the Deployment"
			all = append(all, manager)
		default:
			possible = append(possible, manager)
		}
	}
	return all, possible
}

// managers returns the tools that manage an object according to its metadata, or
// that wrote the field at path. writerEvidence is the evidence for tools that wrote the
// field; managers appends the name of the field manager.
func (o Meta) managers(writerEvidence string, path ...string) (all []Manager) {
	add := func(manager, evidence string) {
		tool, _, _ := strings.Cut(manager, ",")
		if !slices.ContainsFunc(all, func(m Manager) bool {
			return m.Name == manager || strings.HasPrefix(m.Name, tool+",") || m.Name == tool
		}) {
			all = append(all, Manager{manager, evidence, tool == operatorName})
		}
	}
	for _, owner := range o.OwnerReferences {
		name := owner.Kind + " " + owner.Name
		if group, _, _ := strings.Cut(owner.APIVersion, "/"); group == operatorGroup {
			name = operatorName + ", " + name
		}
		add(name, "its owner")
	}
	for _, mark := range managerMarks {
		labels := o.Labels
		if mark.kind == "annotation" {
			labels = o.Annotations
		}
		value, ok := labels[mark.key]
		if !ok || mark.value != "" && value != mark.value {
			continue
		}
		manager := mark.manager
		if strings.Contains(manager, "%s") {
			if mark.endMarker != "" {
				value, _, _ = strings.Cut(value, mark.endMarker)
			}
			manager = fmt.Sprintf(manager, value)
		}
		add(manager, mark.kind+" "+mark.key)
	}
	for _, name := range slices.Sorted(maps.Keys(o.writers(path))) {
		for _, writer := range fieldManagers {
			if strings.HasPrefix(strings.ToLower(name), writer.prefix) {
				add(writer.tool, writerEvidence+", as field manager "+name)
				break
			}
		}
	}
	return all
}

// writers returns the field managers that wrote a field.
func (o Meta) writers(path []string) map[string]bool {
	names := map[string]bool{}
	for _, entry := range o.ManagedFields {
		if entry.Wrote(path...) {
			names[entry.Manager] = true
		}
	}
	return names
}
