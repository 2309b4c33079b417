package controller

// This file finds the tools that also write the Secret and would overwrite a
// change.

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Manager is a tool that writes an object and would overwrite changes by
// others.
type Manager struct {
	Name     string `json:"who"` // "ExternalSecret capa", "Argo CD, application capa"
	Evidence string `json:"by"`  // the evidence: "its owner", "annotation argocd.argoproj.io/tracking-id"
}

// managerMarks are the labels and annotations that tools put on the objects
// they manage.
var managerMarks = [...]struct {
	kind, key, value string // value "" is any; kind is "label" or "annotation"
	manager          string // %s stands for the value
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

// fieldManagers are the field managers of tools that write repeatedly. kubectl
// and clusterctl write only once, so they are not listed.
var fieldManagers = [...]struct{ manager, name string }{
	{"external-secrets", "External Secrets Operator"}, {"argocd-controller", "Argo CD"}, {"argocd-application-controller", "Argo CD"},
	{"kustomize-controller", "Flux"}, {"helm-controller", "Flux"}, {"helm", "Helm"}, {"terraform", "Terraform"}, {"hashicorp", "Terraform"},
	{"pulumi", "Pulumi"},
}

// Managers returns the tools that would overwrite a change of the credentials,
// according to the metadata of the Secret.
func (s *Secret) Managers() (all []Manager) {
	add := func(manager, source string) {
		tool, _, _ := strings.Cut(manager, ",")
		if !slices.ContainsFunc(all, func(m Manager) bool {
			return m.Name == manager || strings.HasPrefix(m.Name, tool+",") || m.Name == tool
		}) {
			all = append(all, Manager{manager, source})
		}
	}
	for _, owner := range s.Metadata.OwnerReferences {
		add(owner.Kind+" "+owner.Name, "its owner")
	}
	for _, mark := range managerMarks {
		labels := s.Metadata.Labels
		if mark.kind == "annotation" {
			labels = s.Metadata.Annotations
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
	for _, name := range slices.Sorted(maps.Keys(s.credentialWriters())) {
		for _, writer := range fieldManagers {
			if strings.HasPrefix(strings.ToLower(name), writer.manager) {
				add(writer.name, "it wrote the credentials, as field manager "+name)
				break
			}
		}
	}
	return all
}

// credentialWriters returns the field managers that wrote the credentials.
func (s *Secret) credentialWriters() map[string]bool {
	names := map[string]bool{}
	for _, entry := range s.Metadata.ManagedFields {
		if entry.Wrote("data", SecretKey) {
			names[entry.Manager] = true
		}
	}
	return names
}
