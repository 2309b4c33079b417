// The name by which the program was called.

package commandline

import (
	"path/filepath"
	"strings"
)

// pluginHosts are the programs that run other programs as plugins. In the name
// of a plugin's file, a dash begins the next word and an underscore stands for
// a dash. Sources:
// https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/ and The
// Cluster API Book, "clusterctl Extensions with Plugins".
var pluginHosts = []string{"kubectl", "clusterctl"}

// FileName returns the name of the called file, without its folder and without
// the extension .exe.
func FileName(called string) string {
	name := filepath.Base(called)
	if base, ext := strings.TrimSuffix(name, filepath.Ext(name)), filepath.Ext(name); strings.EqualFold(ext, ".exe") && base != "" {
		name = base
	}
	return name
}

// ProgramName returns what the user types to call the program: "kubectl capa"
// for the plugin kubectl-capa.
func ProgramName(called string) string {
	name := FileName(called)
	for _, host := range pluginHosts {
		if rest, ok := strings.CutPrefix(name, host+"-"); ok && rest != "" {
			return host + " " + strings.NewReplacer("-", " ", "_", "-").Replace(rest)
		}
	}
	return name
}
