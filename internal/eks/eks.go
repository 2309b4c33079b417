// Package eks asks Amazon EKS for the few things that the commands on a management
// cluster need: the cluster, its add-on for Pod Identity, and the associations of service
// accounts with roles. Every answer is checked to be about what was asked.
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

// Service is how variables name EKS: AWS_ENDPOINT_URL_EKS.
const Service = "EKS"

// Client asks EKS in one region. [New] makes one.
type Client struct{ rest awsclient.REST }

// New returns a client for a configuration of [awsclient.Settings.Config].
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

// Endpoint is the address of EKS in a region.
//
// Source: the rules of aws-sdk-go-v2/service/eks v1.105.6, endpoints.go.
func Endpoint(config aws.Config) (string, error) {
	partition, _ := arn.PartitionOf(config.Region)
	domain := arn.Domain(partition)
	fips, dualStack := awsclient.Variants(config)
	china := partition == "aws-cn"
	switch {
	case domain == "":
		return "", fmt.Errorf("no address of EKS is known in the partition %s: set AWS_ENDPOINT_URL_EKS", partition)
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

// Cluster is a cluster.
type Cluster struct {
	Name   string
	ARN    string
	Status string // "ACTIVE", "CREATING", "FAILED", ...
	// Issuer is the address of its OIDC provider without "https://", "" when it has none.
	Issuer string
	// Endpoint is the address of its API server, "" while it has none.
	Endpoint string
	// AutoMode: EKS runs its nodes, and the agent of Pod Identity on them.
	AutoMode bool
}

// Cluster describes a cluster. [NotFound] recognises the error of one that does not exist.
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
	err := c.rest.Do(ctx, call("DescribeCluster", http.MethodGet, name), &out, func() string {
		return missing(field{"cluster.name", same(out.Cluster.Name, name)}, field{"cluster.arn", isARN(out.Cluster.ARN, "cluster/"+name)}, field{"cluster.status", out.Cluster.Status != ""})
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
	// Issues are what is wrong with it, a line each.
	Issues []string
}

// Addon describes an add-on. [NotFound] recognises the error of one that the cluster does
// not have.
func (c *Client) Addon(ctx context.Context, cluster, name string) (Addon, error) {
	var out struct {
		Addon struct {
			AddonName, ClusterName, Status, AddonVersion string
			Health                                       struct {
				Issues []struct{ Code, Message string }
			}
		}
	}
	err := c.rest.Do(ctx, call("DescribeAddon", http.MethodGet, cluster, "addons", name), &out, func() string {
		return missing(field{"addon.addonName", same(out.Addon.AddonName, name)}, field{"addon.clusterName", same(out.Addon.ClusterName, cluster)}, field{"addon.status", out.Addon.Status != ""})
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

// NotFound reports whether an error says that what was asked for does not exist.
func NotFound(err error) bool { return awsclient.IsCode(err, "ResourceNotFoundException") }

// InUse reports whether an error says that there is already one.
func InUse(err error) bool { return awsclient.IsCode(err, "ResourceInUseException") }

// call is a request about a cluster. Names of clusters, and what EKS calls its own, need no
// escaping; escaping them anyway keeps a wrong one from asking for something else.
func call(operation, method, cluster string, parts ...string) awsclient.Call {
	path := "/clusters/" + url.PathEscape(cluster)
	for _, part := range parts {
		path += "/" + url.PathEscape(part)
	}
	return awsclient.Call{Operation: operation, Method: method, Path: path}
}

// field is a field of an answer, and whether it is as it must be.
type field struct {
	name string
	ok   bool
}

// missing names the first field that is not as it must be, "" when all are.
func missing(fields ...field) string {
	for _, one := range fields {
		if !one.ok {
			return "no " + one.name + " in it, or that of another one"
		}
	}
	return ""
}

func same(got, want string) bool { return got == want && want != "" }

// isARN reports whether a text is an ARN of EKS for a resource.
func isARN(text, resource string) bool {
	a, ok := arn.Parse(text)
	return ok && a.Service == "eks" && a.Resource == resource && arn.IsAccount(a.Account)
}

// token makes a request one that EKS carries out once, however often it is sent.
func token() string { return rand.Text() }
