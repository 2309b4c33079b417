// Package eksdouble is a double of what the commands on a management cluster ask of AWS:
// Amazon EKS, and of IAM and STS a few readings. It keeps clusters, add-ons, associations
// and roles, checks signatures, records what it was asked, and fails as it is told to. Only
// tests import it.
package eksdouble

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"capaboot/internal/awsdouble"
)

// Object is something of EKS, as its JSON is.
type Object = map[string]any

// Keys are what the double takes.
var Keys = awsdouble.Keys{ID: "AKIAFALSEKEYEXAMPLE0", Secret: "FALSESECRETOFTHETESTFALSESECRETOFTHETEST"}

// Account and Region are where everything is.
const (
	Account = "111122223333"
	Region  = "eu-west-1"
)

// Double is EKS, IAM and STS of an account.
type Double struct {
	URL string

	mu           sync.Mutex
	clusters     map[string]Object
	addons       map[string]Object // by cluster/name
	associations []Object
	tokens       map[string]Object // what a request made, by its token
	roles        map[string]string // trust policies, by name
	providers    map[string][]string
	requests     []Request
	faults       []*Fault
	before       func(*Double, Request)
	change       func(Object) // of each association that is made
	made         int
}

// Request is a request that was made.
type Request struct{ Operation, Method, Path, Body, Signer string }

// String is the request as a line.
func (r Request) String() string { return r.Operation + " " + r.Path }

// Kind is a way to fail.
type Kind string

// The ways.
const (
	Denied    Kind = "403 AccessDeniedException"
	Throttled Kind = "429 ThrottlingException"
	Outage    Kind = "500 ServerException"
	Portal    Kind = "200 with HTML"
	Gateway   Kind = "502 with HTML"
	Empty     Kind = "200 with an empty body"
	Other     Kind = "200 with JSON of something else"
	Reset     Kind = "a closed connection"
	Hang      Kind = "no answer"
	Reference Kind = "404 ResourceNotFoundException"
)

// Kinds are all ways but Reference, which is a fact.
func Kinds() []Kind {
	return []Kind{Denied, Throttled, Outage, Portal, Gateway, Empty, Other, Reset}
}

// Fault is what is to fail.
type Fault struct {
	Operation string // "" for any
	Kind      Kind
	Skip      int  // how many requests go well before
	Times     int  // 0 for always
	After     bool // the request is carried out, and its answer is lost

	used int
}

// New starts a double, which ends with the test.
func New(t testing.TB) *Double {
	d := Start()
	t.Cleanup(d.Close)
	return d
}

// servers are closed by [Double.Close].
var servers sync.Map

// Start starts a double without a test.
func Start() *Double {
	d := &Double{clusters: map[string]Object{}, addons: map[string]Object{}, tokens: map[string]Object{}, roles: map[string]string{}, providers: map[string][]string{}}
	server := httptest.NewServer(d)
	d.URL = server.URL
	servers.Store(d, server)
	return d
}

// Close ends the double.
func (d *Double) Close() {
	if server, ok := servers.LoadAndDelete(d); ok {
		server.(*httptest.Server).CloseClientConnections()
		server.(*httptest.Server).Close()
	}
}

// Environment are the variables with which a program asks the double.
func (d *Double) Environment() map[string]string {
	return map[string]string{"AWS_ENDPOINT_URL": d.URL, "AWS_REGION": Region, "AWS_ACCESS_KEY_ID": Keys.ID, "AWS_SECRET_ACCESS_KEY": Keys.Secret,
		"AWS_EC2_METADATA_DISABLED": "true", "HTTPS_PROXY": "http://127.0.0.1:9"}
}

// PutCluster makes a cluster with its API server and its OIDC issuer.
func (d *Double) PutCluster(name, endpoint, issuer string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clusters[name] = Object{"name": name, "arn": d.arn("cluster/" + name), "status": "ACTIVE", "endpoint": endpoint, "version": "1.36",
		"identity": Object{"oidc": Object{"issuer": "https://" + issuer}}, "computeConfig": Object{"enabled": false}}
}

// ChangeCluster changes a cluster in place.
func (d *Double) ChangeCluster(name string, change func(Object)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(d.clusters[name])
}

// PutAddon gives a cluster an add-on.
func (d *Double) PutAddon(cluster, name, status string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.addons[cluster+"/"+name] = Object{"addonName": name, "clusterName": cluster, "status": status, "addonVersion": "v1.3.10-eksbuild.2", "health": Object{"issues": []any{}}}
}

// PutAssociation gives a service account a role.
func (d *Double) PutAssociation(cluster, namespace, serviceAccount, roleARN string) (id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.associate(cluster, namespace, serviceAccount, roleARN)["associationId"].(string)
}

// ChangeAssociations changes each in place.
func (d *Double) ChangeAssociations(change func(Object)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, one := range d.associations {
		change(one)
	}
}

// Associations are the roles of the associations.
func (d *Double) Associations() (roles []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, one := range d.associations {
		roles = append(roles, one["roleArn"].(string))
	}
	return roles
}

// PutRole makes a role with a trust policy.
func (d *Double) PutRole(name, trust string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.roles[name] = trust
}

// RemoveRole removes a role.
func (d *Double) RemoveRole(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.roles, name)
}

// RemoveProvider removes an OIDC provider.
func (d *Double) RemoveProvider(arn string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.providers, arn)
}

// PutProvider makes an OIDC provider with its audiences.
func (d *Double) PutProvider(arn string, audiences ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.providers[arn] = audiences
}

// Fail has requests fail, and Heal ends that.
func (d *Double) Fail(faults ...Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, one := range faults {
		d.faults = append(d.faults, &one)
	}
}

// Heal ends all faults.
func (d *Double) Heal() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults = nil
}

// Before has a function called before each request is answered.
func (d *Double) Before(do func(*Double, Request)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.before = do
}

// Made has a function change each association that is made, as AWS would not.
func (d *Double) Made(change func(Object)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.change = change
}

// Requests are those so far.
func (d *Double) Requests() []Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.requests)
}

// Forget forgets the requests.
func (d *Double) Forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.requests = nil
}

func (d *Double) arn(resource string) string {
	return "arn:aws:eks:" + Region + ":" + Account + ":" + resource
}

func (d *Double) associate(cluster, namespace, serviceAccount, roleARN string) Object {
	d.made++
	id := fmt.Sprintf("a-%017d", d.made)
	now := float64(time.Now().UnixMilli()) / 1000
	made := Object{"associationId": id, "associationArn": d.arn("podidentityassociation/" + cluster + "/" + id), "clusterName": cluster, "namespace": namespace,
		"serviceAccount": serviceAccount, "roleArn": roleARN, "disableSessionTags": false, "createdAt": now, "modifiedAt": now, "tags": Object{}}
	if d.change != nil {
		d.change(made)
	}
	d.associations = append(d.associations, made)
	return made
}

// ServeHTTP implements [http.Handler].
func (d *Double) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	form, _ := url.ParseQuery(string(body))
	request := Request{Operation: operationOf(r, form), Method: r.Method, Path: r.URL.String(), Body: string(body)}
	signer, problem := awsdouble.Signer(r, body, d.URL, func(id string) (awsdouble.Keys, bool) { return Keys, id == Keys.ID })
	request.Signer = signer.ID
	d.mu.Lock()
	d.requests = append(d.requests, request)
	before, fault := d.before, d.fault(request.Operation)
	d.mu.Unlock()
	if before != nil {
		before(d, request)
	}
	if fault != nil && !fault.After {
		d.fail(w, r, fault.Kind)
		return
	}
	var status int
	var answer any
	d.mu.Lock()
	switch {
	case problem != "" || signer.ID == "":
		status, answer = http.StatusForbidden, refusal("InvalidSignatureException", "refused by the double: "+problem)
	case strings.HasPrefix(r.URL.Path, "/clusters/"):
		status, answer = d.eks(request.Operation, r, body)
	default:
		status, answer = d.query(request.Operation, form)
	}
	if object, ok := answer.(Object); ok {
		encoded, err := json.Marshal(object) // others change what it is made of
		if err != nil {
			panic(err)
		}
		answer = encoding{encoded, fmt.Sprint(object["__type"])}
	}
	d.mu.Unlock()
	if fault != nil {
		d.fail(w, r, fault.Kind)
		return
	}
	write(w, status, answer)
}

// encoding is an object as JSON, and the code of one that is an error.
type encoding struct {
	json []byte
	code string
}

func (d *Double) fault(operation string) *Fault {
	for _, one := range d.faults {
		switch {
		case one.Operation != "" && one.Operation != operation, one.Times > 0 && one.used == one.Times:
		case one.Skip > 0:
			one.Skip--
		default:
			one.used++
			return one
		}
	}
	return nil
}

// text is XML of a query service.
type text string

func write(w http.ResponseWriter, status int, answer any) {
	if xml, ok := answer.(text); ok {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, string(xml))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if object, ok := answer.(Object); ok {
		encoded, _ := json.Marshal(object)
		answer = encoding{encoded, fmt.Sprint(object["__type"])}
	}
	if status >= 400 {
		w.Header().Set("X-Amzn-Errortype", answer.(encoding).code+":http://internal.amazon.com/coral/")
	}
	w.WriteHeader(status)
	_, _ = w.Write(answer.(encoding).json)
}

func refusal(code, message string) Object { return Object{"__type": code, "message": message} }

func (d *Double) fail(w http.ResponseWriter, r *http.Request, kind Kind) {
	eks := strings.HasPrefix(r.URL.Path, "/clusters/")
	refuse := func(status int, code string) {
		if !eks {
			awsdouble.Refuse(w, status, strings.TrimSuffix(code, "Exception"), "refused by the double")
			return
		}
		write(w, status, refusal(code, "refused by the double"))
	}
	const page = "<html><body>sign in</body></html>"
	switch kind {
	case Denied:
		refuse(http.StatusForbidden, "AccessDeniedException")
	case Throttled:
		refuse(http.StatusTooManyRequests, "ThrottlingException")
	case Outage:
		refuse(http.StatusInternalServerError, "ServerException")
	case Reference:
		refuse(http.StatusNotFound, "ResourceNotFoundException")
	case Portal:
		_, _ = io.WriteString(w, page)
	case Gateway:
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, page)
	case Other:
		_, _ = io.WriteString(w, `{"status": "ok"}`)
	case Reset:
		if connection, _, err := w.(http.Hijacker).Hijack(); err == nil {
			connection.Close()
		}
	case Hang:
		<-r.Context().Done()
	}
}
