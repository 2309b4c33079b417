package controller

// This file limits the sizes of kubeconfigs and of the files that they name, which
// client-go reads as a whole.

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// maxKubeconfig is the maximum size of a kubeconfig in bytes. client-go needs about 60
// times as much memory. maxNamedFile is the maximum size of a file that a kubeconfig
// names, such as a certificate, and of the files of a pod.
const (
	maxKubeconfig = 8 << 20
	maxNamedFile  = 1 << 20
)

// tooLarge is the error for a file that is larger than its limit.
type tooLarge struct {
	path  string
	limit int64
}

func (e *tooLarge) Error() string {
	return fmt.Sprintf("%s is larger than %d MiB", e.path, e.limit>>20)
}

// load reads and merges the kubeconfigs at paths.
func (w Options) load(paths []string) (*api.Config, error) {
	for _, path := range paths {
		if err := checkSize(path, maxKubeconfig); err != nil {
			return nil, err
		}
	}
	if len(paths) == 1 && isPipe(paths[0]) {
		return loadPipe(paths[0])
	}
	return w.rules(paths).Load()
}

// loadPipe reads a kubeconfig from a pipe, which can be read only once.
func loadPipe(path string) (*api.Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxKubeconfig+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxKubeconfig:
		return nil, &tooLarge{path, maxKubeconfig}
	}
	config, err := clientcmd.Load(text)
	if err != nil {
		return nil, err
	}
	for _, cluster := range config.Clusters {
		cluster.LocationOfOrigin = path
	}
	for _, user := range config.AuthInfos {
		user.LocationOfOrigin = path
	}
	return config, clientcmd.ResolveLocalPaths(config)
}

func isPipe(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&fs.ModeNamedPipe != 0
}

// checkSize returns a [*tooLarge] if a file is larger than a limit. It returns nil for
// a file that cannot be read, because client-go reports that, and for a pipe.
func checkSize(path string, limit int64) error {
	info, err := os.Stat(path)
	if err != nil || info.IsDir() || info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) != 0 {
		return nil
	}
	// A device, such as /dev/zero, has no size.
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	if n, _ := io.Copy(io.Discard, io.LimitReader(f, limit+1)); n > limit {
		return &tooLarge{path, limit}
	}
	return nil
}

// checkNamedFiles is like checkSize, for the files that a cluster and a user of a
// kubeconfig name. user may be nil.
func checkNamedFiles(cluster *api.Cluster, user *api.AuthInfo) error {
	paths := clientcmd.GetClusterFileReferences(cluster)
	if user != nil {
		paths = append(paths, clientcmd.GetAuthInfoFileReferences(user)...)
	}
	var all []error
	for _, path := range paths {
		if *path != "" {
			all = append(all, checkSize(*path, maxNamedFile))
		}
	}
	return errors.Join(all...)
}
