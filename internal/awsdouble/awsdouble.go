// Package awsdouble is a test double of the services that issue credentials:
// AWS STS, the portal and the tokens of IAM Identity Center, AWS Sign-In, the
// endpoint of a container, and the instance metadata service. It validates
// requests like AWS, including their signatures. Only tests import it.
package awsdouble

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// Keys are credentials; Token is "" for long-lived keys.
type Keys struct{ ID, Secret, Token string }

// Call is one request that the double received.
type Call struct {
	// Name is the action of STS, or "GetRoleCredentials", "CreateToken",
	// "CreateOAuth2Token", "Container", "MetadataToken", "MetadataRole",
	// "MetadataKeys", "MetadataRegion".
	Name   string
	Form   url.Values // parameters
	Signer string     // key ID of the signature; "" for an unsigned request
	Header http.Header
}

// Double is one account. Tests set its fields before the first request, or in
// Change.
type Double struct {
	// URL is the endpoint of all services.
	URL string
	// Given are the credentials that calls return, in order; the last one is
	// repeated.
	Given []Keys
	// Lifetime is how long the credentials are valid, unless the request sets
	// it; the default is an hour.
	Lifetime time.Duration
	// ARN is the principal of all credentials, except for those of AddUser.
	ARN string
	// MFA is the current code of the MFA device; "" means that no code is
	// accepted.
	MFA string
	// SSOToken and ContainerToken are the tokens that the portal and the
	// container endpoint accept.
	SSOToken, ContainerToken string
	// RefreshToken renews the SSO token and the session of aws login. A renewal
	// returns a new refresh token, RefreshToken with "2" appended. Unless
	// RefreshOnce is set, the new refresh token works too.
	RefreshToken string
	RefreshOnce  bool
	// Role and Region belong to the EC2 instance. If one is empty, the metadata
	// service responds to requests for it with 404.
	Role, Region string
	// Fault, if set, may respond instead of the double; it then returns true.
	Fault func(w http.ResponseWriter, r *http.Request, name string) (responded bool)

	t       testing.TB
	serving sync.RWMutex // each request holds it for reading
	mu      sync.Mutex
	known   map[string]Keys
	arns    map[string]string
	calls   []Call
	issued  int
}

// New starts a double that knows the keys of a user. It stops at the end of the
// test.
func New(t testing.TB, user Keys) *Double {
	d := &Double{t: t, known: map[string]Keys{user.ID: user}, Lifetime: time.Hour, ARN: "arn:aws:iam::123456789012:user/ann"}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	d.URL = server.URL
	return d
}

// Calls returns the requests so far.
func (d *Double) Calls() []Call {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls
}

// Change calls a function that sets fields, while no request is being served.
// The function must not send requests.
func (d *Double) Change(set func()) {
	d.serving.Lock()
	defer d.serving.Unlock()
	set()
}

// ServeHTTP implements [http.Handler].
func (d *Double) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.serving.RLock()
	defer d.serving.RUnlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "", http.StatusBadRequest)
		return
	}
	query, _ := url.ParseQuery(string(body))
	for name, values := range r.URL.Query() {
		query[name] = values
	}
	name := query.Get("Action")
	const metadata = "/latest/meta-data/"
	switch path := r.URL.Path; {
	case path == "/federation/credentials":
		name = "GetRoleCredentials"
	case path == "/token":
		name = "CreateToken"
	case path == "/v1/token":
		name = "CreateOAuth2Token"
	case path == "/container":
		name = "Container"
	case path == "/latest/api/token":
		name = "MetadataToken"
	case path == metadata+"placement/region":
		name = "MetadataRegion"
	case path == metadata+"iam/security-credentials/":
		name = "MetadataRole"
	case strings.HasPrefix(path, metadata):
		name = "MetadataKeys"
	}
	signer, problem := d.signerOf(r, body)
	d.mu.Lock()
	d.calls = append(d.calls, Call{name, query, signer.ID, r.Header})
	d.mu.Unlock()
	if d.Fault != nil && d.Fault(w, r, name) {
		return
	}
	switch {
	case strings.HasPrefix(name, "Metadata"):
		d.serveMetadata(w, r, name)
	case name == "Container":
		d.serveContainer(w, r)
	case name == "GetRoleCredentials":
		d.servePortal(w, r)
	case name == "CreateToken" || name == "CreateOAuth2Token":
		d.renew(w, r, name, body)
	case problem != "":
		Refuse(w, http.StatusForbidden, problem, "refused by the double")
	default:
		d.serveSTS(w, name, query, signer)
	}
}

// signerOf calls [Signer] with the keys that d knows.
func (d *Double) signerOf(r *http.Request, body []byte) (Keys, string) {
	return Signer(r, body, d.URL, func(id string) (Keys, bool) {
		d.mu.Lock()
		defer d.mu.Unlock()
		keys, known := d.known[id]
		return keys, known
	})
}

// Signer returns the keys with which a request to a double at an address was
// signed and, if the signature is not valid, AWS's error code. For an unsigned
// request, it returns neither. find returns the keys with an ID, and whether
// the double knows them.
func Signer(r *http.Request, body []byte, address string, find func(id string) (Keys, bool)) (Keys, string) {
	header := r.Header.Get("Authorization")
	if !strings.HasPrefix(header, "AWS4-HMAC-SHA256 ") {
		return Keys{}, ""
	}
	fields := map[string]string{}
	for field := range strings.SplitSeq(strings.TrimPrefix(header, "AWS4-HMAC-SHA256 "), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		fields[name] = value
	}
	scope := strings.Split(fields["Credential"], "/")
	if len(scope) != 5 {
		return Keys{}, "IncompleteSignature"
	}
	keys, known := find(scope[0])
	if !known {
		return Keys{ID: scope[0]}, "InvalidClientTokenId"
	}
	signedAt, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil || time.Since(signedAt).Abs() > 5*time.Minute {
		return keys, "RequestExpired"
	}
	resigned, _ := http.NewRequest(r.Method, address+r.URL.String(), nil)
	for name := range strings.SplitSeq(fields["SignedHeaders"], ";") {
		switch name {
		case "host":
		case "content-length":
			resigned.ContentLength = int64(len(body))
		default:
			resigned.Header[http.CanonicalHeaderKey(name)] = r.Header.Values(name)
		}
	}
	sum := sha256.Sum256(body)
	err = v4.NewSigner().SignHTTP(r.Context(), aws.Credentials{AccessKeyID: keys.ID, SecretAccessKey: keys.Secret, SessionToken: keys.Token},
		resigned, hex.EncodeToString(sum[:]), scope[3], scope[2], signedAt)
	if err != nil || !strings.HasSuffix(resigned.Header.Get("Authorization"), "Signature="+fields["Signature"]) ||
		r.Header.Get("X-Amz-Security-Token") != keys.Token {
		return keys, "SignatureDoesNotMatch"
	}
	return keys, ""
}

// issue returns the next of the Given credentials and their expiration.
func (d *Double) issue() (Keys, time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	keys := d.Given[min(d.issued, len(d.Given)-1)]
	d.issued++
	d.known[keys.ID] = keys
	return keys, time.Now().Add(d.Lifetime).UTC().Truncate(time.Second)
}

func (d *Double) serveSTS(w http.ResponseWriter, name string, query url.Values, signer Keys) {
	if (signer.ID == "") != (name == "AssumeRoleWithWebIdentity") {
		Refuse(w, http.StatusForbidden, "MissingAuthenticationToken", "")
		return
	}
	switch name {
	case "GetCallerIdentity":
		fmt.Fprintf(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>%s</Arn><UserId>AIDAFALSE</UserId><Account>%s</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`, d.arnOf(signer), accountOf(d.arnOf(signer)))
		return
	case "AssumeRole", "AssumeRoleWithWebIdentity", "GetSessionToken":
	default:
		Refuse(w, http.StatusBadRequest, "InvalidAction", "")
		return
	}
	if name == "GetSessionToken" && signer.Token != "" {
		Refuse(w, http.StatusForbidden, "AccessDenied", "Cannot call GetSessionToken with session credentials")
		return
	}
	if code := query.Get("TokenCode"); code != "" && code != d.MFA {
		Refuse(w, http.StatusForbidden, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ")
		return
	}
	keys, expires := d.issue()
	if seconds, err := strconv.Atoi(query.Get("DurationSeconds")); err == nil {
		expires = time.Now().Add(time.Duration(seconds) * time.Second).UTC().Truncate(time.Second)
	}
	fmt.Fprintf(w, `<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%[1]sResult><Credentials><AccessKeyId>%[2]s</AccessKeyId><SecretAccessKey>%[3]s</SecretAccessKey><SessionToken>%[4]s</SessionToken><Expiration>%[5]s</Expiration></Credentials></%[1]sResult></%[1]sResponse>`,
		name, keys.ID, keys.Secret, keys.Token, expires.Format(time.RFC3339))
}

// AddUser adds a user, whose ARN may belong to another account.
func (d *Double) AddUser(keys Keys, arn string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.known[keys.ID] = keys
	if d.arns == nil {
		d.arns = map[string]string{}
	}
	d.arns[keys.ID] = arn
}

func (d *Double) arnOf(signer Keys) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if arn, ok := d.arns[signer.ID]; ok {
		return arn
	}
	return d.ARN
}

func accountOf(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > 5 {
		return parts[4]
	}
	return "123456789012"
}

// Refuse responds with an error of STS.
func Refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>1</RequestId></ErrorResponse>`, code, message)
}

func (d *Double) servePortal(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if r.Header.Get("x-amz-sso_bearer_token") != d.SSOToken || r.Method != http.MethodGet {
		w.Header().Set("x-amzn-ErrorType", "UnauthorizedException")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"message":"Session token not found or invalid","__type":"com.amazonaws.switchboard.portal#UnauthorizedException"}`)
		return
	}
	keys, expires := d.issue()
	write(w, map[string]any{"roleCredentials": map[string]any{
		"accessKeyId": keys.ID, "secretAccessKey": keys.Secret, "sessionToken": keys.Token, "expiration": expires.UnixMilli()}})
}

func (d *Double) serveContainer(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != d.ContainerToken {
		http.Error(w, `{"code":"AccessDenied","message":"no"}`, http.StatusForbidden)
		return
	}
	keys, expires := d.issue()
	write(w, map[string]any{"AccessKeyId": keys.ID, "SecretAccessKey": keys.Secret, "Token": keys.Token, "Expiration": expires.Format(time.RFC3339)})
}

const metadataToken = "FALSEMETADATATOKEN=="

func (d *Double) serveMetadata(w http.ResponseWriter, r *http.Request, name string) {
	if name == "MetadataToken" {
		if r.Method != http.MethodPut || r.Header.Get("X-aws-ec2-metadata-token-ttl-seconds") == "" {
			http.Error(w, "", http.StatusBadRequest)
			return
		}
		w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", r.Header.Get("X-aws-ec2-metadata-token-ttl-seconds"))
		fmt.Fprint(w, metadataToken)
		return
	}
	if r.Method != http.MethodGet || r.Header.Get("X-aws-ec2-metadata-token") != metadataToken {
		http.Error(w, "", http.StatusUnauthorized)
		return
	}
	switch {
	case name == "MetadataRegion" && d.Region != "":
		fmt.Fprint(w, d.Region)
	case name == "MetadataRole" && d.Role != "":
		fmt.Fprint(w, d.Role)
	case name == "MetadataKeys" && strings.HasSuffix(r.URL.Path, "/"+d.Role) && d.Role != "":
		keys, expires := d.issue()
		write(w, map[string]any{"Code": "Success", "Type": "AWS-HMAC", "LastUpdated": "2026-01-01T00:00:00Z",
			"AccessKeyId": keys.ID, "SecretAccessKey": keys.Secret, "Token": keys.Token, "Expiration": expires.Format(time.RFC3339)})
	default:
		http.NotFound(w, r)
	}
}

func write(w http.ResponseWriter, value any) { _ = json.NewEncoder(w).Encode(value) }

// Faults returns faults that any service may have, by name. Most of their
// bodies or headers contain the given secret, which must never be shown.
func Faults(secret string) map[string]func(http.ResponseWriter, *http.Request) {
	return map[string]func(http.ResponseWriter, *http.Request){
		"a proxy's page": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusBadGateway)
			fmt.Fprintf(w, "<html><body><h1>Bad Gateway %s</h1></body>", secret)
		},
		"a portal's page": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, "<html><body>sign in %s</body></html>", secret)
		},
		"unavailable": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, secret, http.StatusServiceUnavailable) },
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+secret+".invalid/", http.StatusFound)
		},
		"a broken connection": func(w http.ResponseWriter, _ *http.Request) {
			if connection, _, err := w.(http.Hijacker).Hijack(); err == nil {
				_ = connection.(*net.TCPConn).SetLinger(0)
				connection.Close()
			}
		},
		"no answer": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"an endless response": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat(secret, 1000)); err != nil {
					return
				}
			}
		},
		"garbage": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, "\x00\xff{<%s", secret) },
		"nothing": func(http.ResponseWriter, *http.Request) {},
		"an error with an unknown code": func(w http.ResponseWriter, _ *http.Request) {
			Refuse(w, http.StatusBadRequest, secret, secret)
		},
	}
}
