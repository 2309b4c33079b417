package controller

// This file finds out what a pod has at the path of the SDK's credentials file:
// the credentials of the controllers' Secret, another file, or nothing.

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// CredentialsFile is the SDK's credentials file in the controllers' container.
type CredentialsFile struct {
	Path string // "" if it is unknown
	// HasSecret means that the file has the credentials of the controllers' Secret.
	HasSecret bool
	// Other describes where the content of the file comes from, or may come
	// from, if not from that Secret, such as "key aws of Secret other". It is
	// "" if HasSecret is set or no volume has the file.
	Other string
	// IsDirectory means that a volume is mounted at the path of the file.
	IsDirectory bool
}

// CredentialsFile returns the SDK's credentials file. Its path is the value of
// AWS_SHARED_CREDENTIALS_FILE, which CAPA's manifest sets to
// /home/.aws/credentials, or else .aws/credentials in the home directory. If HOME
// is not set either, the home directory is assumed to be /home; see
// [PodSpec.SetsCredentialsFile].
//
// If several mounts contain the path, the one with the longest path applies. A
// file in the image is not visible from the cluster.
func (s PodSpec) CredentialsFile() CredentialsFile {
	c := s.container()
	file := path.Join("/home", ".aws", "credentials")
	for _, name := range []string{"AWS_SHARED_CREDENTIALS_FILE", "HOME"} {
		if !c.hasVariable(name) {
			continue
		}
		value, known := c.expand("$(" + name + ")")
		if !known || !path.IsAbs(value) {
			return CredentialsFile{Other: "a file whose path is unknown, because of the variable " + name}
		}
		if file = path.Clean(value); name == "HOME" {
			file = path.Join(value, ".aws", "credentials")
		}
		break
	}
	f := CredentialsFile{Path: file}
	mount, ok := c.mountOf(file)
	if !ok {
		return f
	}
	subPath, known := mount.SubPath, true
	if mount.SubPathExpr != "" {
		subPath, known = c.expand(mount.SubPathExpr)
	}
	if !known {
		f.Other = "a file of volume " + mount.Name + ", in a directory that depends on an unknown variable"
		return f
	}
	i := slices.IndexFunc(s.Volumes, func(v Volume) bool { return v.Name == mount.Name })
	if i < 0 {
		return f
	}
	inVolume := path.Join(subPath, strings.TrimPrefix(strings.TrimPrefix(file, path.Clean(mount.MountPath)), "/"))
	if inVolume == "." || inVolume == "" {
		f.Other, f.IsDirectory = "a directory, because volume "+mount.Name+" is mounted at this path", true
		return f
	}
	f.HasSecret, f.Other = s.fileOf(s.Volumes[i], inVolume)
	return f
}

// mountOf returns the mount that contains a file: the one with the longest
// path, if there are several.
func (c Container) mountOf(file string) (found VolumeMount, ok bool) {
	length := -1
	for _, mount := range c.VolumeMounts {
		at := path.Clean(mount.MountPath)
		if (at == "/" || file == at || strings.HasPrefix(file, at+"/")) && len(at) >= length {
			found, ok, length = mount, true, len(at)
		}
	}
	return found, ok
}

// fileOf returns what a volume has at a path: the credentials of the controllers'
// Secret, or a description of something else, or neither if it has no such file.
//
// Sources: MakePayload and collectData in pkg/volume/secret/secret.go and
// pkg/volume/projected/projected.go of Kubernetes. A later source of a projected
// volume replaces the files of the earlier ones.
func (s PodSpec) fileOf(v Volume, file string) (hasSecret bool, other string) {
	sources := []VolumeSource{{Secret: v.Secret, ConfigMap: v.ConfigMap}}
	switch {
	case v.Projected != nil:
		sources = v.Projected.Sources
	case v.Secret != nil || v.ConfigMap != nil:
	case v.EmptyDir != nil:
		// The controllers do not write a credentials file, but other containers may.
		if s.isShared(v.Name) {
			return false, "a file of volume " + v.Name + ", which other containers of the pod can write"
		}
		return false, ""
	default:
		return false, "a file of volume " + v.Name
	}
	for _, source := range sources {
		switch {
		case source.Secret != nil:
			name := cmp.Or(source.Secret.SecretName, source.Secret.Name)
			key, isCertain := keyAt(source.Secret.Items, file)
			switch {
			case key == "":
			case name == SecretName && key == SecretKey:
				hasSecret, other = true, ""
			case isCertain || !hasSecret:
				hasSecret, other = false, "key "+key+" of Secret "+name
			default:
				hasSecret, other = false, "the credentials of the Secret, or key "+key+" of Secret "+name
			}
		case source.ConfigMap != nil:
			key, isCertain := keyAt(source.ConfigMap.Items, file)
			switch {
			case key == "":
			case isCertain || !hasSecret:
				hasSecret, other = false, "key "+key+" of ConfigMap "+source.ConfigMap.Name
			default:
				hasSecret, other = false, "the credentials of the Secret, or key "+key+" of ConfigMap "+source.ConfigMap.Name
			}
		}
	}
	return hasSecret, other
}

// keyAt returns the key whose value is the file in a volume, or "". Without
// items, the key has the same name as the file. isCertain is then false,
// because it is unknown whether the object has this key.
func keyAt(items []KeyToPath, file string) (key string, isCertain bool) {
	if len(items) == 0 {
		if strings.Contains(file, "/") {
			return "", true
		}
		return file, false
	}
	for _, item := range items { // the last item with the path applies
		if path.Clean(item.Path) == file {
			key = item.Key
		}
	}
	return key, true
}

// isShared reports whether more than one container of the pod mounts a volume.
func (s PodSpec) isShared(volume string) bool {
	count := 0
	for _, c := range slices.Concat(s.InitContainers, s.Containers) {
		if slices.ContainsFunc(c.VolumeMounts, func(m VolumeMount) bool { return m.Name == volume }) {
			count++
		}
	}
	return count > 1
}

// expand replaces the references $(NAME) in a text with the values of the
// container's variables. A value can itself refer to earlier variables. known
// is false if a value is not in the pod spec, or if the text has an escaped
// reference.
// https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
func (c Container) expand(text string) (expanded string, known bool) {
	if strings.Contains(text, "$$") { // an escaped reference
		return "", false
	}
	before, reference, ok := strings.Cut(text, "$(")
	if !ok {
		return text, true
	}
	name, after, ok := strings.Cut(reference, ")")
	if !ok {
		return text, true
	}
	at := -1
	for i, v := range c.Env {
		if v.Name == name {
			at = i
		}
	}
	if at < 0 || c.Env[at].ValueFrom != nil {
		return "", false
	}
	earlier := c
	earlier.Env = c.Env[:at]
	value, known1 := earlier.expand(c.Env[at].Value)
	rest, known2 := c.expand(after)
	return before + value + rest, known1 && known2
}
