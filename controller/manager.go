package controller

// This file says who else writes the Secret, and so would undo a change of it.

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Manager is who writes an object, and would overwrite what somebody else writes.
type Manager struct {
	Who string `json:"who"` // "ExternalSecret capa", "Argo CD, application capa"
	By  string `json:"by"`  // how it is known: "its owner", "annotation argocd.argoproj.io/tracking-id"
}

// marks are the labels and annotations that tools put on what they manage.
var marks = [...]struct {
	kind, key, value string // value "" is any; kind is "label" or "annotation"
	who              string // the rest of the text is the value
	upTo             string // of the value, the part before it
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

// writers are the names that tools have as managers of fields. Who wrote by hand, or
// with clusterctl, writes once.
var writers = [...]struct{ manager, who string }{
	{"external-secrets", "External Secrets Operator"}, {"argocd-controller", "Argo CD"}, {"argocd-application-controller", "Argo CD"},
	{"kustomize-controller", "Flux"}, {"helm-controller", "Flux"}, {"helm", "Helm"}, {"terraform", "Terraform"}, {"hashicorp", "Terraform"},
	{"pulumi", "Pulumi"},
}

// Managers returns who would overwrite a change of the credentials, as far as the
// Secret tells.
func (s *Secret) Managers() (all []Manager) {
	add := func(who, by string) {
		tool, _, _ := strings.Cut(who, ",")
		if !slices.ContainsFunc(all, func(m Manager) bool { return m.Who == who || strings.HasPrefix(m.Who, tool+",") || m.Who == tool }) {
			all = append(all, Manager{who, by})
		}
	}
	for _, owner := range s.Metadata.OwnerReferences {
		add(owner.Kind+" "+owner.Name, "its owner")
	}
	for _, mark := range marks {
		have := s.Metadata.Labels
		if mark.kind == "annotation" {
			have = s.Metadata.Annotations
		}
		value, ok := have[mark.key]
		if !ok || mark.value != "" && value != mark.value {
			continue
		}
		who := mark.who
		if strings.Contains(who, "%s") {
			if mark.upTo != "" {
				value, _, _ = strings.Cut(value, mark.upTo)
			}
			who = fmt.Sprintf(who, value)
		}
		add(who, mark.kind+" "+mark.key)
	}
	for _, name := range slices.Sorted(maps.Keys(s.writers())) {
		for _, writer := range writers {
			if strings.HasPrefix(strings.ToLower(name), writer.manager) {
				add(writer.who, "it wrote the credentials, as field manager "+name)
				break
			}
		}
	}
	return all
}

// writers are the managers that wrote the credentials.
func (s *Secret) writers() map[string]bool {
	names := map[string]bool{}
	for _, one := range s.Metadata.ManagedFields {
		if one.Wrote("data", SecretKey) {
			names[one.Manager] = true
		}
	}
	return names
}
