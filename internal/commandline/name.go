// The name that the program was called by.

package commandline

import (
	"path/filepath"
	"strings"
)

// hosts are the programs that run another one as a plugin, and what the file of a
// plugin is called. Sources: https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/
// (a dash begins the next word, an underscore stands for a dash), and The Cluster
// API Book, "clusterctl Extensions with Plugins", which follows it.
var hosts = []string{"kubectl", "clusterctl"}

// FileName is the name of the file that was called, without its folder and the
// ending that Windows has.
func FileName(called string) string {
	name := filepath.Base(called)
	if base, ext := strings.TrimSuffix(name, filepath.Ext(name)), filepath.Ext(name); strings.EqualFold(ext, ".exe") && base != "" {
		name = base
	}
	return name
}

// ProgramName is how a person types the file that was called: "kubectl capa" for
// the plugin kubectl-capa.
func ProgramName(called string) string {
	name := FileName(called)
	for _, host := range hosts {
		if rest, ok := strings.CutPrefix(name, host+"-"); ok && rest != "" {
			return host + " " + strings.NewReplacer("-", " ", "_", "-").Replace(rest)
		}
	}
	return name
}
