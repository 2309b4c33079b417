// Package eksdouble is a double of the AWS APIs that the commands on a
// management cluster call: Amazon EKS, and some read operations of IAM and STS.
// It stores clusters, add-ons, associations and roles, checks signatures,
// records requests, and injects faults. Only tests import it.
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

// Object is an EKS object in JSON.
type Object = map[string]any

// Keys are the only credentials that the double accepts.
var Keys = awsdouble.Keys{ID: "AKIAFALSEKEYEXAMPLE0", Secret: "FALSESECRETOFTHETESTFALSESECRETOFTHETEST"}

// The account and region of all objects.
const (
	Account = "111122223333"
	Region  = "eu-west-1"
)

// Double simulates EKS, IAM and STS of one account.
type Double struct {
	URL string

	server        *httptest.Server
	mu            sync.Mutex
	clusters      map[string]Object
	addons        map[string]Object // by cluster/name
	associations  []Object
	tokens        map[string]Object   // created and updated associations, by client request token
	trustPolicies map[string]string   // by role name
	providers     map[string][]string // audiences of OIDC providers, by ARN
	requests      []Request
	faults        []*Fault
	before        func(*Double, Request)
	onCreate      func(Object) // applied to each new association
	created       int          // number of associations created so far
}

// Request is a received request.
type Request struct {
	Operation string // such as "DescribeCluster"
	Method    string
	Path      string // with the query
	Body      string
	Signer    string // the access key ID in the signature, "" for none
	// Ended is closed when the client ends the request, or after the response.
	Ended <-chan struct{}
}

// String returns the request in one line.
func (r Request) String() string { return r.Operation + " " + r.Path }

// Kind is a kind of fault.
type Kind string

// The kinds of faults.
const (
	Denied        Kind = "403 AccessDeniedException"
	Throttled     Kind = "429 ThrottlingException"
	Outage        Kind = "500 ServerException"
	Portal        Kind = "200 with HTML"
	Gateway       Kind = "502 with HTML"
	Empty         Kind = "200 with an empty body"
	UnrelatedJSON Kind = "200 with unrelated JSON"
	Reset         Kind = "a closed connection"
	Missing       Kind = "404 ResourceNotFoundException"
)

// Kinds returns all kinds except Missing, which can be a correct response.
func Kinds() []Kind {
	return []Kind{Denied, Throttled, Outage, Portal, Gateway, Empty, UnrelatedJSON, Reset}
}

// Fault makes requests fail.
type Fault struct {
	Operation string // "" for any
	Kind      Kind
	Skip      int  // number of requests that succeed first
	Times     int  // 0 means always
	After     bool // execute the request, and lose only its response

	used int // number of requests that failed
}

// New starts a double that is closed when the test ends.
func New(t testing.TB) *Double {
	d := Start()
	t.Cleanup(d.Close)
	return d
}

// Start starts a double. The caller must call Close.
func Start() *Double {
	d := &Double{clusters: map[string]Object{}, addons: map[string]Object{}, tokens: map[string]Object{}, trustPolicies: map[string]string{}, providers: map[string][]string{}}
	d.server = httptest.NewServer(d)
	d.URL = d.server.URL
	return d
}

// Close stops the double.
func (d *Double) Close() {
	d.server.CloseClientConnections()
	d.server.Close()
}

// Environment returns the variables with which a program calls the double. The
// proxy in them does not exist, so HTTPS requests to other hosts fail.
func (d *Double) Environment() map[string]string {
	return map[string]string{"AWS_ENDPOINT_URL": d.URL, "AWS_REGION": Region, "AWS_ACCESS_KEY_ID": Keys.ID, "AWS_SECRET_ACCESS_KEY": Keys.Secret,
		"AWS_EC2_METADATA_DISABLED": "true", "HTTPS_PROXY": "http://127.0.0.1:9"}
}

// PutCluster creates a cluster with the endpoint of its API server and its OIDC
// issuer.
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

// PutAddon adds an add-on to a cluster.
func (d *Double) PutAddon(cluster, name, status string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.addons[cluster+"/"+name] = Object{"addonName": name, "clusterName": cluster, "status": status, "addonVersion": "v1.3.10-eksbuild.2", "health": Object{"issues": []any{}}}
}

// PutAssociation associates a service account with a role, and returns the ID of
// the association.
func (d *Double) PutAssociation(cluster, namespace, serviceAccount, roleARN string) (id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.associate(cluster, namespace, serviceAccount, roleARN)["associationId"].(string)
}

// ChangeAssociations changes every association in place.
func (d *Double) ChangeAssociations(change func(Object)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, association := range d.associations {
		change(association)
	}
}

// AssociatedRoles returns the ARN of the role of each association.
func (d *Double) AssociatedRoles() (roles []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, association := range d.associations {
		roles = append(roles, association["roleArn"].(string))
	}
	return roles
}

// PutRole creates a role with a trust policy.
func (d *Double) PutRole(name, trust string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.trustPolicies[name] = trust
}

// RemoveRole removes a role.
func (d *Double) RemoveRole(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.trustPolicies, name)
}

// RemoveProvider removes an OIDC provider.
func (d *Double) RemoveProvider(arn string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.providers, arn)
}

// PutProvider creates an OIDC provider with its audiences.
func (d *Double) PutProvider(arn string, audiences ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.providers[arn] = audiences
}

// Fail adds faults. RemoveFaults removes them.
func (d *Double) Fail(faults ...Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, fault := range faults {
		d.faults = append(d.faults, &fault)
	}
}

// RemoveFaults removes all faults.
func (d *Double) RemoveFaults() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults = nil
}

// Before sets a function that is called when a request arrives, before it is
// executed.
func (d *Double) Before(react func(*Double, Request)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.before = react
}

// OnCreate sets a function that changes each new association, so that it
// differs from the request.
func (d *Double) OnCreate(change func(Object)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.onCreate = change
}

// Requests returns the requests since the last call of ForgetRequests.
func (d *Double) Requests() []Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.requests)
}

// ForgetRequests clears the recorded requests.
func (d *Double) ForgetRequests() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.requests = nil
}

func (d *Double) arn(resource string) string {
	return "arn:aws:eks:" + Region + ":" + Account + ":" + resource
}

func (d *Double) associate(cluster, namespace, serviceAccount, roleARN string) Object {
	d.created++
	id := fmt.Sprintf("a-%017d", d.created)
	createdAt := float64(time.Now().UnixMilli()) / 1000
	created := Object{"associationId": id, "associationArn": d.arn("podidentityassociation/" + cluster + "/" + id), "clusterName": cluster, "namespace": namespace,
		"serviceAccount": serviceAccount, "roleArn": roleARN, "disableSessionTags": false, "createdAt": createdAt, "modifiedAt": createdAt, "tags": Object{}}
	if d.onCreate != nil {
		d.onCreate(created)
	}
	d.associations = append(d.associations, created)
	return created
}

// ServeHTTP implements [http.Handler].
func (d *Double) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	query, _ := url.ParseQuery(string(body))
	request := Request{Operation: operationOf(r, query), Method: r.Method, Path: r.URL.String(), Body: string(body), Ended: r.Context().Done()}
	signer, problem := awsdouble.Signer(r, body, d.URL, func(id string) (awsdouble.Keys, bool) { return Keys, id == Keys.ID })
	request.Signer = signer.ID
	d.mu.Lock()
	d.requests = append(d.requests, request)
	before, fault := d.before, d.faultFor(request.Operation)
	d.mu.Unlock()
	if before != nil {
		before(d, request)
	}
	if fault != nil && !fault.After {
		d.sendFault(w, r, fault.Kind)
		return
	}
	var status int
	var response any
	d.mu.Lock()
	switch {
	case problem != "" || signer.ID == "":
		status, response = http.StatusForbidden, errorObject("InvalidSignatureException", "refused by the double: "+problem)
	case strings.HasPrefix(r.URL.Path, "/clusters/"):
		status, response = d.handleEKS(request.Operation, r, body)
	default:
		status, response = d.handleQuery(request.Operation, query)
	}
	if object, ok := response.(Object); ok {
		encoded, err := json.Marshal(object) // Encode under the lock, because other requests change the object.
		if err != nil {
			panic(err)
		}
		response = jsonResponse{encoded, fmt.Sprint(object["__type"])}
	}
	d.mu.Unlock()
	if fault != nil {
		d.sendFault(w, r, fault.Kind)
		return
	}
	write(w, status, response)
}

// jsonResponse is a response as JSON. code is the error code of an error
// response.
type jsonResponse struct {
	json []byte
	code string
}

// faultFor returns the fault that a request of an operation gets, or nil. The
// request counts for each matching fault up to the returned one.
func (d *Double) faultFor(operation string) *Fault {
	for _, fault := range d.faults {
		switch {
		case fault.Operation != "" && fault.Operation != operation, fault.Times > 0 && fault.used == fault.Times:
		case fault.Skip > 0:
			fault.Skip--
		default:
			fault.used++
			return fault
		}
	}
	return nil
}

// xmlResponse is a response in XML, from IAM or STS.
type xmlResponse string

func write(w http.ResponseWriter, status int, response any) {
	if xml, ok := response.(xmlResponse); ok {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, string(xml))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if object, ok := response.(Object); ok {
		encoded, _ := json.Marshal(object)
		response = jsonResponse{encoded, fmt.Sprint(object["__type"])}
	}
	if status >= 400 {
		w.Header().Set("X-Amzn-Errortype", response.(jsonResponse).code+":http://internal.amazon.com/coral/")
	}
	w.WriteHeader(status)
	_, _ = w.Write(response.(jsonResponse).json)
}

func errorObject(code, message string) Object { return Object{"__type": code, "message": message} }

// sendFault sends the response of a fault.
func (d *Double) sendFault(w http.ResponseWriter, r *http.Request, kind Kind) {
	eks := strings.HasPrefix(r.URL.Path, "/clusters/")
	refuse := func(status int, code string) {
		if !eks {
			awsdouble.Refuse(w, status, strings.TrimSuffix(code, "Exception"), "refused by the double")
			return
		}
		write(w, status, errorObject(code, "refused by the double"))
	}
	const page = "<html><body>sign in</body></html>"
	switch kind {
	case Denied:
		refuse(http.StatusForbidden, "AccessDeniedException")
	case Throttled:
		refuse(http.StatusTooManyRequests, "ThrottlingException")
	case Outage:
		refuse(http.StatusInternalServerError, "ServerException")
	case Missing:
		refuse(http.StatusNotFound, "ResourceNotFoundException")
	case Portal:
		_, _ = io.WriteString(w, page)
	case Gateway:
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, page)
	case UnrelatedJSON:
		_, _ = io.WriteString(w, `{"status": "ok"}`)
	case Reset:
		if connection, _, err := w.(http.Hijacker).Hijack(); err == nil {
			connection.Close()
		}
	}
}
