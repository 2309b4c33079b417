package controller

// This file opens a cluster: it selects the kubeconfig, the context and the user,
// and builds the HTTP client.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/klog/v2"

	"capaboot/internal/deadline"
	"capaboot/internal/escape"
	"capaboot/internal/secrecy"
)

// Options select a cluster. The zero value selects kubectl's default.
type Options struct {
	Kubeconfig string // a file; "" for KUBECONFIG, ~/.kube/config, or the cluster of this pod
	Context    string // "" for the current one
	// Lookup reads environment variables. Home is the home directory, or "".
	// Without Lookup, both come from the process.
	Lookup func(name string) (string, bool)
	Home   string
	// TokenFolder is the directory with the token of a pod. "" means the
	// default.
	TokenFolder string
	// Timeout limits a request, without the time for an exec plugin. 0 means 30
	// seconds. The plugin may take ten times as long, because the user may have
	// to sign in.
	Timeout time.Duration
}

// Cluster is a connection to a management cluster as one user.
type Cluster struct {
	Server  string // the URL of the API server
	Context string // "" in a pod of the cluster
	User    string // the name in the kubeconfig
	// Files is the source of the kubeconfig: files, or the directory of a pod's
	// token.
	Files string

	// Exposure says who else can read the requests, and so the credentials in
	// them. "" means that no one else is known.
	Exposure string

	// tokenFolder is the folder with the token of the pod, "" with a kubeconfig.
	tokenFolder string
	exec        string // the command of the exec plugin
	// installHint is what the kubeconfig says about installing the exec plugin.
	installHint string

	client  *http.Client
	proxy   func(*http.Request) (*url.URL, error)
	base    string // the URL of the API server, with its user and password
	timeout time.Duration
	// sent has the tokens and passwords in the headers of the requests, because a
	// response may repeat them.
	sent *secrecy.Known
}

// String describes the cluster in messages.
func (c *Cluster) String() string {
	if c.Context == "" {
		return "the cluster of this pod, " + c.Server
	}
	return fmt.Sprintf("context %s, %s", c.Context, c.Server)
}

// readTimeout limits reading of kubeconfigs, which can be pipes or on a
// network.
const readTimeout = time.Minute

// silenceOnce silences klog once. klog writes to stderr, at some levels with the
// headers and bodies of requests.
var silenceOnce sync.Once

func silenceKlog() { klog.SetLogger(logr.Discard()) }

// Open reads the kubeconfig or, without one, the files of the pod's service
// account. It sends no request to the cluster.
//
// The rules are kubectl's, with two exceptions: a kubeconfig in the location of
// Kubernetes before 1.0 is not migrated, and there is no default server on
// localhost.
// https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
func Open(ctx context.Context, where Options) (*Cluster, error) {
	silenceOnce.Do(silenceKlog)
	ctx, cancel := deadline.WithTimeout(ctx, readTimeout)
	defer cancel()
	return deadline.Run(ctx, "reading the kubeconfig", func() (*Cluster, error) { return open(where) })
}

func open(where Options) (*Cluster, error) {
	where = where.withDefaults()
	paths, searched := where.paths()
	files := strings.Join(paths, ", ")
	raw, err := where.load(paths)
	if err != nil {
		host, _ := where.Lookup(hostVariable)
		return nil, &BadKubeconfig{Files: files, Problem: loadingProblem(err, paths), Denied: isDenied(err), InPod: host != ""}
	}
	if len(raw.Contexts) == 0 && len(raw.Clusters) == 0 && where.Kubeconfig == "" {
		for _, path := range paths {
			searched = append(searched, path+describePath(path))
		}
		if where.Context != "" {
			return nil, &NoKubeconfig{searched, false}
		}
		return where.inCluster(searched)
	}
	name := cmp.Or(where.Context, raw.CurrentContext)
	chosen, ok := raw.Contexts[name]
	if !ok {
		return nil, &NoContext{name, files, slices.Sorted(maps.Keys(raw.Contexts))}
	}
	if raw.Clusters[chosen.Cluster] == nil {
		return nil, &BadKubeconfig{Files: files, Problem: fmt.Sprintf("context %q: cluster %q does not exist", name, chosen.Cluster)}
	}
	if chosen.AuthInfo != "" && raw.AuthInfos[chosen.AuthInfo] == nil {
		return nil, &BadKubeconfig{Files: files, Problem: fmt.Sprintf("context %q: user %q does not exist", name, chosen.AuthInfo)}
	}
	if err := checkNamedFiles(raw.Clusters[chosen.Cluster], raw.AuthInfos[chosen.AuthInfo]); err != nil {
		return nil, &BadKubeconfig{Files: files, Problem: fmt.Sprintf("context %q: %s", name, safeLine(err))}
	}
	config, err := clientcmd.NewNonInteractiveClientConfig(*raw, name, &clientcmd.ConfigOverrides{}, nil).ClientConfig()
	if err != nil {
		return nil, &BadKubeconfig{Files: files, Problem: fmt.Sprintf("context %q: %s", name, safeLine(err)), Denied: isDenied(err)}
	}
	return newCluster(config, Cluster{Context: name, User: chosen.AuthInfo, Files: files, timeout: where.Timeout})
}

// Contexts returns the names of the contexts, sorted. It returns none if the
// kubeconfig cannot be read.
func Contexts(ctx context.Context, where Options) []string {
	silenceOnce.Do(silenceKlog)
	ctx, cancel := deadline.WithTimeout(ctx, readTimeout)
	defer cancel()
	names, _ := deadline.Run(ctx, "reading the kubeconfig", func() ([]string, error) {
		where = where.withDefaults()
		paths, _ := where.paths()
		raw, err := where.load(paths)
		if err != nil {
			return nil, err
		}
		return slices.Sorted(maps.Keys(raw.Contexts)), nil
	})
	return names
}

func (w Options) rules(paths []string) *clientcmd.ClientConfigLoadingRules {
	return &clientcmd.ClientConfigLoadingRules{ExplicitPath: w.Kubeconfig, Precedence: paths, Warner: func(error) {}}
}

func (w Options) withDefaults() Options {
	if w.Lookup == nil {
		w.Lookup = os.LookupEnv
		w.Home, _ = os.UserHomeDir()
	}
	w.Timeout = cmp.Or(w.Timeout, 30*time.Second)
	w.TokenFolder = cmp.Or(w.TokenFolder, "/var/run/secrets/kubernetes.io/serviceaccount")
	return w
}

// paths returns the kubeconfigs to read. If neither the options nor KUBECONFIG
// names a kubeconfig, searched says why, for an error message.
func (w Options) paths() (paths, searched []string) {
	if w.Kubeconfig != "" {
		return []string{w.Kubeconfig}, nil
	}
	if list, _ := w.Lookup("KUBECONFIG"); list != "" {
		for _, path := range filepath.SplitList(list) {
			if path != "" && !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
		if len(paths) == 0 { // such as ":"
			return nil, []string{"KUBECONFIG names no file"}
		}
		return paths, nil
	}
	searched = []string{"KUBECONFIG is not set"}
	if w.Home == "" {
		return nil, append(searched, "the home directory is unknown")
	}
	return []string{filepath.Join(w.Home, ".kube", "config")}, searched
}

// describePath returns why there is no context in the kubeconfig at a path.
func describePath(path string) string {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return " does not exist"
	}
	return " has no context"
}

// hostVariable is a variable that Kubernetes sets in every pod, and caFile the file
// with the certificate authority beside the token of a pod.
const (
	hostVariable = "KUBERNETES_SERVICE_HOST"
	caFile       = "ca.crt"
)

// inCluster opens the cluster of the pod that the program runs in. The rules
// are those of [rest.InClusterConfig], except that variables come from Lookup.
func (w Options) inCluster(searched []string) (*Cluster, error) {
	host, _ := w.Lookup(hostVariable)
	port, _ := w.Lookup("KUBERNETES_SERVICE_PORT")
	token := filepath.Join(w.TokenFolder, "token")
	if host == "" || port == "" {
		return nil, &NoKubeconfig{append(searched, "and the program does not run in a pod of a cluster"), false}
	}
	if _, err := os.Stat(token); err != nil {
		return nil, &NoKubeconfig{append(searched, "and the pod has no token at "+token), true}
	}
	for _, path := range []string{token, filepath.Join(w.TokenFolder, caFile)} {
		if err := checkSize(path, maxNamedFile); err != nil {
			return nil, &BadPodToken{w.TokenFolder, safeLine(err), false}
		}
	}
	config := &rest.Config{
		Host:            "https://" + net.JoinHostPort(host, port),
		TLSClientConfig: rest.TLSClientConfig{CAFile: filepath.Join(w.TokenFolder, caFile)},
		BearerTokenFile: token,
	}
	return newCluster(config, Cluster{User: "the pod's service account", Files: w.TokenFolder, tokenFolder: w.TokenFolder, timeout: w.Timeout})
}

func newCluster(config *rest.Config, c Cluster) (*Cluster, error) {
	if config.ExecProvider != nil {
		c.exec = config.ExecProvider.Command
		c.installHint = safeLine(errors.New(strings.Join(strings.Fields(config.ExecProvider.InstallHint), " ")))
		config.ExecProvider.InteractiveMode = cmp.Or(config.ExecProvider.InteractiveMode, api.IfAvailableExecInteractiveMode)
	}
	// The API server records the user agent as the field manager of our changes.
	config.UserAgent = "capaboot"
	// The time limit does not include the exec plugin, because signing in may take
	// longer.
	c.sent = &secrecy.Known{}
	config.Wrap(func(base http.RoundTripper) http.RoundTripper {
		return timeLimited{withProxyCheck(base), c.timeout, c.sent}
	})
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, &BadKubeconfig{Files: c.Files, Problem: "the server: " + serverProblem(config.Host, err)}
	}
	if provider := config.AuthProvider; provider != nil {
		name := safeLine(errors.New(provider.Name))
		return nil, &BadKubeconfig{Files: c.Files, Problem: fmt.Sprintf("user %q: the auth provider %q is not supported", c.User, name), AuthProvider: name}
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		if c.tokenFolder != "" {
			return nil, &BadPodToken{c.tokenFolder, safeLine(err), isDenied(err)}
		}
		return nil, &BadKubeconfig{Files: c.Files, Problem: fmt.Sprintf("user %q: %s", c.User, safeLine(err)), Denied: isDenied(err)}
	}
	// Redirects are not followed, because that would send the credentials and the
	// body to another server.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.client = client
	if c.proxy = http.ProxyFromEnvironment; config.Proxy != nil { // proxy-url in the kubeconfig
		c.proxy = config.Proxy
	}
	// Like kubectl, the requests use the user and the password in the URL, but
	// neither its query nor its fragment.
	address := url.URL{Scheme: base.Scheme, Host: base.Host, Path: strings.TrimSuffix(base.Path, "/")}
	c.Server = address.String()
	address.User = base.User
	c.base = address.String()
	c.Exposure = exposure(base, config.Insecure)
	return &c, nil
}

// exposure returns who else can read the requests to a server, or "". isUnverified
// means that the certificate of the server is not verified. A server on this machine,
// such as "kubectl proxy", needs no encryption.
func exposure(server *url.URL, isUnverified bool) string {
	if ip := net.ParseIP(server.Hostname()); server.Hostname() == "localhost" || ip.IsLoopback() {
		return ""
	}
	switch {
	case server.Scheme == "http":
		return "the connection to the API server is not encrypted: anyone on the network can read the credentials"
	case isUnverified:
		return "the certificate of the API server is not verified (insecure-skip-tls-verify): another server on the network can read the credentials"
	}
	return ""
}

// serverProblem returns why the URL of a server is invalid. The error can quote
// parts of the URL, so it is omitted if the URL may have a password.
func serverProblem(server string, err error) string {
	if strings.Contains(server, "@") {
		return "not a valid URL; in a user name and a password, write special characters as %XX"
	}
	return safeLine(err)
}

// loadingProblem returns why kubeconfigs could not be loaded. It omits the text
// that a parser quotes, which can be a key.
func loadingProblem(err error, paths []string) string {
	if large, ok := errors.AsType[*tooLarge](err); ok {
		return large.Error()
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err == nil && info.IsDir():
			return path + " is a folder"
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return "the file does not exist"
	}
	if isDenied(err) {
		return "permission denied"
	}
	return "not a kubeconfig: " + firstLine(yamlPosition(err.Error()))
}

// isDenied reports whether an error says that the user of the process is not allowed
// to read a file.
func isDenied(err error) bool {
	return errors.Is(err, fs.ErrPermission) || strings.Contains(err.Error(), "permission denied")
}

// yamlPosition reduces an error of the YAML parser to the position, without
// values.
func yamlPosition(text string) string {
	if _, after, ok := strings.Cut(text, "yaml: line "); ok {
		number, _, _ := strings.Cut(after, ":")
		return "invalid YAML on line " + number
	}
	return "invalid YAML or an invalid value"
}

// maxLine is the maximum length of a message of the API server or client-go, in
// characters.
const maxLine = 4000

// safeLine returns a message of the API server or client-go in one line, with
// the credentials of the requests and possible secrets hidden.
func (c *Cluster) safeLine(err error) string {
	if c.sent == nil {
		return safeLine(err)
	}
	return safeLine(errors.New(c.sent.Hide(escape.Shortened(firstLine(err.Error()), maxLine))))
}

// safeLine returns an error of client-go in one line, with possible secrets
// hidden.
func safeLine(err error) string {
	return secrecy.Hide(escape.Shortened(firstLine(err.Error()), maxLine))
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}
