// Package eks calls Amazon EKS for what the commands on a management cluster need: the
// cluster, its Pod Identity add-on, and the associations of service accounts with
// roles. It checks that every response is about the requested object.
//
// Source: Amazon EKS API Reference.
package eks

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"capaboot/internal/awsclient"
	"capaboot/policies/arn"
)

// Service is the name of EKS in variables such as AWS_ENDPOINT_URL_EKS.
const Service = "EKS"

// Client calls EKS in one region. [New] returns one.
type Client struct{ rest awsclient.REST }

// New returns a client for a configuration from [awsclient.Settings.Config].
func New(config aws.Config) (*Client, error) {
	endpoint := ""
	if config.BaseEndpoint == nil {
		var err error
		if endpoint, err = Endpoint(config); err != nil {
			return nil, err
		}
	}
	return &Client{awsclient.REST{Config: config, Service: Service, Signing: "eks", Endpoint: endpoint}}, nil
}

// Endpoint returns the URL of EKS in the region of a configuration.
//
// Source: the rules of aws-sdk-go-v2/service/eks v1.105.6, endpoints.go.
func Endpoint(config aws.Config) (string, error) {
	partition, _ := arn.PartitionOf(config.Region)
	domain := arn.Domain(partition)
	fips, dualStack := awsclient.EndpointVariants(config)
	china := partition == "aws-cn"
	switch {
	case domain == "":
		return "", fmt.Errorf("the EKS endpoint of partition %s is unknown; set AWS_ENDPOINT_URL_EKS", partition)
	case fips && china:
		return "", fmt.Errorf("EKS has no FIPS endpoint in the partition %s", partition)
	case dualStack && china:
		domain = "api.amazonwebservices.com.cn"
	case dualStack:
		domain = "api.aws"
	}
	host := "eks."
	switch {
	case fips && dualStack:
		host = "eks-fips."
	case fips && partition == arn.DefaultPartition:
		host = "fips.eks."
	}
	return "https://" + host + config.Region + "." + domain, nil
}

// Cluster describes an EKS cluster.
type Cluster struct {
	Name   string
	ARN    string
	Status string // "ACTIVE", "CREATING", "FAILED", ...
	// Issuer is the URL of the cluster's OIDC provider without "https://", or
	// "".
	Issuer string
	// Endpoint is the URL of the cluster's API server, or "" until it has one.
	Endpoint string
	// AutoMode means that EKS Auto Mode is enabled. It manages nodes, including
	// the Pod Identity agent on them.
	AutoMode bool
}

// Cluster requests a cluster. If it does not exist, [NotFound] returns true for
// the error.
func (c *Client) Cluster(ctx context.Context, name string) (Cluster, error) {
	var out struct {
		Cluster struct {
			Name, ARN, Status, Endpoint string
			Identity                    struct {
				OIDC struct{ Issuer string } `json:"oidc"`
			}
			ComputeConfig struct{ Enabled bool }
		}
	}
	err := c.rest.Do(ctx, newCall("DescribeCluster", http.MethodGet, name), &out, func() string {
		return firstInvalid(field{"cluster.name", same(out.Cluster.Name, name)}, field{"cluster.arn", isARN(out.Cluster.ARN, "cluster/"+name)}, field{"cluster.status", out.Cluster.Status != ""})
	})
	if err != nil {
		return Cluster{}, err
	}
	found := out.Cluster
	return Cluster{Name: found.Name, ARN: found.ARN, Status: found.Status, Issuer: strings.TrimPrefix(found.Identity.OIDC.Issuer, "https://"),
		Endpoint: found.Endpoint, AutoMode: found.ComputeConfig.Enabled}, nil
}

// Addon is an add-on of a cluster.
type Addon struct {
	Name    string
	Status  string // "ACTIVE", "CREATING", "DEGRADED", ...
	Version string
	// Issues are the health issues of the add-on, one line each.
	Issues []string
}

// Addon requests an add-on of a cluster. If the cluster or the add-on does not
// exist, [NotFound] returns true for the error.
func (c *Client) Addon(ctx context.Context, cluster, name string) (Addon, error) {
	var out struct {
		Addon struct {
			AddonName, ClusterName, Status, AddonVersion string
			Health                                       struct {
				Issues []struct{ Code, Message string }
			}
		}
	}
	err := c.rest.Do(ctx, newCall("DescribeAddon", http.MethodGet, cluster, "addons", name), &out, func() string {
		return firstInvalid(field{"addon.addonName", same(out.Addon.AddonName, name)}, field{"addon.clusterName", same(out.Addon.ClusterName, cluster)}, field{"addon.status", out.Addon.Status != ""})
	})
	if err != nil {
		return Addon{}, err
	}
	found := Addon{Name: name, Status: out.Addon.Status, Version: out.Addon.AddonVersion}
	for _, issue := range out.Addon.Health.Issues {
		found.Issues = append(found.Issues, strings.TrimPrefix(issue.Code+": "+issue.Message, ": "))
	}
	return found, nil
}

// NotFound reports whether an error means that the requested object does not exist.
func NotFound(err error) bool { return awsclient.HasCode(err, "ResourceNotFoundException") }

// InUse reports whether an error means that the object already exists.
func InUse(err error) bool { return awsclient.HasCode(err, "ResourceInUseException") }

// newCall returns a request about a cluster. Valid names need no escaping; escaping
// prevents an invalid name from addressing another resource.
func newCall(operation, method, cluster string, parts ...string) awsclient.Call {
	path := "/clusters/" + url.PathEscape(cluster)
	for _, part := range parts {
		path += "/" + url.PathEscape(part)
	}
	return awsclient.Call{Operation: operation, Method: method, Path: path}
}

// field is the name of a field in a response, and whether its value is valid.
type field struct {
	name string
	ok   bool
}

// firstInvalid describes the first invalid field, or returns "" if all are valid.
func firstInvalid(fields ...field) string {
	for _, f := range fields {
		if !f.ok {
			return "the field " + f.name + " is missing or has a wrong value"
		}
	}
	return ""
}

// same reports whether a name in a response is the requested name.
func same(got, want string) bool { return got == want && want != "" }

// isARN reports whether text is the ARN of the EKS resource, such as
// "cluster/management", in any account and region.
func isARN(text, resource string) bool {
	a, ok := arn.Parse(text)
	return ok && a.Service == "eks" && a.Resource == resource && arn.IsAccount(a.Account)
}

// newToken returns a new client request token. EKS executes a request only
// once, even if the client sends it several times with the same token.
func newToken() string { return rand.Text() }
