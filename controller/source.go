package controller

// This file finds the credentials that a pod uses. The AWS SDK for Go tries these
// sources in order: access keys in variables, a web identity, the shared
// credentials file, a container endpoint, and the instance. Sources:
// resolveCredentialChain in aws-sdk-go-v2/config/resolve_credentials.go and, for
// earlier releases of CAPA, aws/session/credentials.go in aws-sdk-go.

import (
	"cmp"
	"slices"
	"strings"
)

// SourceKind is a kind of credential source.
type SourceKind string

// The sources, in the SDK's order.
const (
	SourceVariables   SourceKind = "variables"        // variables of the pod such as AWS_ACCESS_KEY_ID
	SourceWebIdentity SourceKind = "web-identity"     // IAM roles for service accounts (IRSA)
	SourceSecret      SourceKind = "secret"           // the Secret, mounted as the credentials file
	SourceFile        SourceKind = "file"             // another credentials file, which was not read
	SourcePodIdentity SourceKind = "pod-identity"     // EKS Pod Identity
	SourceContainer   SourceKind = "container"        // another endpoint that returns credentials
	SourceInstance    SourceKind = "instance-profile" // the instance profile of the node
	SourceNone        SourceKind = "none"             // no source: AWS_EC2_METADATA_DISABLED is set
)

// SourceKinds returns all kinds except SourceNone and SourceFile, in the SDK's
// order. For a pod with a credentials file other than the Secret, SourceFile
// replaces SourceSecret.
func SourceKinds() []SourceKind {
	return []SourceKind{SourceVariables, SourceWebIdentity, SourceSecret, SourcePodIdentity, SourceContainer, SourceInstance}
}

// Source is the source of a pod's credentials.
type Source struct {
	Kind    SourceKind
	RoleARN string // of a web identity, "" for other kinds
}

// podIdentityHosts are the endpoints of the EKS Pod Identity agent, over IPv4 and
// IPv6. https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
var podIdentityHosts = [...]string{"http://169.254.170.23/", "http://[fd00:ec2::23]/"}

// SourceOf returns the source of a pod's credentials. hasProfile means that the
// Secret has a profile: the SDK skips a credentials file without one. A
// credentials file other than the Secret was not read, and is assumed to have a
// profile.
func SourceOf(spec PodSpec, hasProfile bool) Source {
	c := spec.container()
	file := spec.CredentialsFile()
	switch {
	case (c.hasVariable("AWS_ACCESS_KEY_ID") || c.hasVariable("AWS_ACCESS_KEY")) && (c.hasVariable("AWS_SECRET_ACCESS_KEY") || c.hasVariable("AWS_SECRET_KEY")):
		return Source{Kind: SourceVariables}
	case c.hasVariable("AWS_WEB_IDENTITY_TOKEN_FILE"):
		return Source{SourceWebIdentity, c.value("AWS_ROLE_ARN")}
	case hasProfile && file.HasSecret:
		return Source{Kind: SourceSecret}
	case file.Other != "":
		return Source{Kind: SourceFile}
	case c.hasVariable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
		return Source{Kind: SourceContainer}
	case spec.HasPodIdentity():
		return Source{Kind: SourcePodIdentity}
	case c.hasVariable("AWS_CONTAINER_CREDENTIALS_FULL_URI"):
		return Source{Kind: SourceContainer}
	case strings.EqualFold(c.value("AWS_EC2_METADATA_DISABLED"), "true"):
		return Source{Kind: SourceNone}
	}
	return Source{Kind: SourceInstance}
}

// HasPodIdentity reports whether the pod has the variables of EKS Pod Identity.
// EKS sets them if the association exists when the pod is created.
func (s PodSpec) HasPodIdentity() bool {
	uri := s.container().value("AWS_CONTAINER_CREDENTIALS_FULL_URI")
	return slices.ContainsFunc(podIdentityHosts[:], func(host string) bool { return strings.HasPrefix(uri, host) })
}

// ReadsSecret reports whether the SDK reads the Secret as its credentials file.
func (s PodSpec) ReadsSecret() bool { return s.CredentialsFile().HasSecret }

// SetsCredentialsFile reports whether the container's variables determine the
// path of the SDK's credentials file. Otherwise the path depends on the user of
// the image.
func (s PodSpec) SetsCredentialsFile() bool {
	return s.container().hasVariable("AWS_SHARED_CREDENTIALS_FILE") || s.container().hasVariable("HOME")
}

// NeedsSecret reports whether a pod cannot start without the Secret, because a
// volume refers to the Secret without marking it as optional.
func (s PodSpec) NeedsSecret() bool {
	needs := func(p *KeyProjection) bool {
		return p != nil && cmp.Or(p.SecretName, p.Name) == SecretName && !p.Optional
	}
	return slices.ContainsFunc(s.Volumes, func(v Volume) bool {
		return needs(v.Secret) || v.Projected != nil && slices.ContainsFunc(v.Projected.Sources, func(source VolumeSource) bool { return needs(source.Secret) })
	})
}

// container returns the controllers' container: the one with the name "manager",
// or else the first.
func (s PodSpec) container() Container {
	for _, c := range s.Containers {
		if c.Name == "manager" {
			return c
		}
	}
	if len(s.Containers) == 0 {
		return Container{}
	}
	return s.Containers[0]
}

// Image returns the image of the controllers' container.
func (s PodSpec) Image() string { return s.container().Image }

// HasOtherVariables reports whether the container gets further variables from
// Secrets or ConfigMaps, which were not read. They may include access keys.
func (s PodSpec) HasOtherVariables() bool { return len(s.container().EnvFrom) > 0 }

// HasUnknownRole reports whether the role of a web identity is set, or may be set,
// by a variable whose value is not in the pod spec.
func (s PodSpec) HasUnknownRole() bool {
	c := s.container()
	return c.value("AWS_ROLE_ARN") == "" && (c.hasVariable("AWS_ROLE_ARN") || s.HasOtherVariables())
}

// SetsConfigFile reports whether a variable names a config file for the SDK. That
// file was not read.
func (s PodSpec) SetsConfigFile() bool { return s.container().hasVariable("AWS_CONFIG_FILE") }

// Profile returns the profile that the container's variables select in the
// credentials file, or "" for the default. isNeeded means that the SDK fails if
// the profile does not exist, whatever the source of the credentials:
// resolveConfigLoaders in aws-sdk-go-v2/config/config.go.
func (s PodSpec) Profile() (name string, isNeeded bool) {
	if name = s.container().value("AWS_PROFILE"); name != "" {
		return name, true
	}
	return s.container().value("AWS_DEFAULT_PROFILE"), false
}

// hasVariable reports whether a variable is set to a non-empty value. A
// variable whose value is not in the pod spec, such as one from a Secret,
// counts as set.
func (c Container) hasVariable(name string) bool {
	return slices.ContainsFunc(c.Env, func(v EnvVar) bool { return v.Name == name && (v.Value != "" || v.ValueFrom != nil) })
}

// value returns the value of a variable; "" if it is not set or its value is
// not in the pod spec. If it is set twice, the last value applies.
func (c Container) value(name string) (value string) {
	for _, v := range c.Env {
		if v.Name == name {
			value = v.Value
		}
	}
	return value
}

// InterceptedRole returns the role in the annotation for kube2iam and KIAM, or
// "". If one of the two runs, it gives the pods the credentials of this role
// instead of the node's credentials.
func (t PodTemplate) InterceptedRole() string {
	return t.Metadata.Annotations["iam.amazonaws.com/role"]
}
