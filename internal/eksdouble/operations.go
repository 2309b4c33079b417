package eksdouble

// This file responds to requests as AWS does. Sources: Amazon EKS API
// Reference; IAM API Reference, "GetRole" and "GetOpenIDConnectProvider".

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// operationOf returns the name of the operation of a request.
func operationOf(r *http.Request, query url.Values) string {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	post := r.Method == http.MethodPost
	switch {
	case parts[0] != "clusters" || len(parts) < 2:
		return query.Get("Action")
	case len(parts) == 2:
		return "DescribeCluster"
	case len(parts) == 4 && parts[2] == "addons":
		return "DescribeAddon"
	case parts[2] != "pod-identity-associations":
	case len(parts) == 3 && post:
		return "CreatePodIdentityAssociation"
	case len(parts) == 3:
		return "ListPodIdentityAssociations"
	case len(parts) == 4 && post:
		return "UpdatePodIdentityAssociation"
	case len(parts) == 4:
		return "DescribePodIdentityAssociation"
	}
	return "unknown"
}

// handleEKS handles requests to EKS. The caller holds the lock.
func (d *Double) handleEKS(operation string, r *http.Request, body []byte) (int, any) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	name := parts[1]
	cluster, ok := d.clusters[name]
	if !ok {
		return http.StatusNotFound, errorObject("ResourceNotFoundException", "No cluster found for name: "+name+".")
	}
	var sent struct{ Namespace, ServiceAccount, RoleArn, ClientRequestToken string }
	if len(body) > 0 && json.Unmarshal(body, &sent) != nil {
		return http.StatusBadRequest, errorObject("InvalidParameterException", "not JSON")
	}
	if earlier, ok := d.tokens[sent.ClientRequestToken]; ok && sent.ClientRequestToken != "" {
		return http.StatusOK, Object{"association": earlier}
	}
	switch operation {
	case "DescribeCluster":
		return http.StatusOK, Object{"cluster": cluster}
	case "DescribeAddon":
		if addon, ok := d.addons[name+"/"+parts[3]]; ok {
			return http.StatusOK, Object{"addon": addon}
		}
		return http.StatusNotFound, errorObject("ResourceNotFoundException", "No addon: "+parts[3]+" found in cluster: "+name)
	case "ListPodIdentityAssociations":
		return http.StatusOK, d.listAssociations(name, r.URL.Query())
	case "CreatePodIdentityAssociation":
		if sent.Namespace == "" || sent.ServiceAccount == "" || !strings.Contains(sent.RoleArn, ":role/") {
			return http.StatusBadRequest, errorObject("InvalidParameterException", "roleArn is not the ARN of a role")
		}
		for _, association := range d.associations {
			if association["clusterName"] == name && association["namespace"] == sent.Namespace && association["serviceAccount"] == sent.ServiceAccount {
				return http.StatusConflict, errorObject("ResourceInUseException", "Association already exists: "+fmt.Sprint(association["associationId"]))
			}
		}
		created := d.associate(name, sent.Namespace, sent.ServiceAccount, sent.RoleArn)
		d.tokens[sent.ClientRequestToken] = created
		return http.StatusOK, Object{"association": created}
	}
	for _, association := range d.associations {
		if len(parts) < 4 || association["clusterName"] != name || association["associationId"] != parts[3] {
			continue
		}
		if operation == "UpdatePodIdentityAssociation" {
			if !strings.Contains(sent.RoleArn, ":role/") {
				return http.StatusBadRequest, errorObject("InvalidParameterException", "roleArn is not the ARN of a role")
			}
			association["roleArn"], association["modifiedAt"] = sent.RoleArn, float64(time.Now().UnixMilli())/1000
			d.tokens[sent.ClientRequestToken] = association
		}
		return http.StatusOK, Object{"association": association}
	}
	return http.StatusNotFound, errorObject("ResourceNotFoundException", "no association")
}

// listAssociations responds to ListPodIdentityAssociations, with one
// association per page.
func (d *Double) listAssociations(cluster string, query url.Values) Object {
	var all []any
	for _, association := range d.associations {
		if association["clusterName"] == cluster && (query.Get("namespace") == "" || association["namespace"] == query.Get("namespace")) &&
			(query.Get("serviceAccount") == "" || association["serviceAccount"] == query.Get("serviceAccount")) {
			summary := Object{}
			for _, name := range []string{"associationId", "associationArn", "clusterName", "namespace", "serviceAccount"} {
				summary[name] = association[name]
			}
			all = append(all, summary)
		}
	}
	first := 0
	_, _ = fmt.Sscan(query.Get("nextToken"), &first)
	response := Object{"associations": []any{}, "nextToken": nil}
	if first < len(all) {
		response["associations"] = all[first : first+1]
	}
	if first+1 < len(all) {
		response["nextToken"] = fmt.Sprint(first + 1)
	}
	return response
}

// handleQuery handles requests to IAM and STS. The caller holds the lock.
func (d *Double) handleQuery(operation string, query url.Values) (int, any) {
	wrap := func(content string) xmlResponse {
		return xmlResponse(fmt.Sprintf(`<%[1]sResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><%[1]sResult>%[2]s</%[1]sResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></%[1]sResponse>`, operation, content))
	}
	missing := func(field string) (int, any) {
		return http.StatusNotFound, xmlResponse(`<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>` + field + ` cannot be found.</Message></Error><RequestId>1</RequestId></ErrorResponse>`)
	}
	switch operation {
	case "GetCallerIdentity":
		return http.StatusOK, wrap("<Arn>arn:aws:iam::" + Account + ":user/ann</Arn><UserId>AIDAFALSE</UserId><Account>" + Account + "</Account>")
	case "GetRole":
		name := query.Get("RoleName")
		trust, ok := d.trustPolicies[name]
		if !ok {
			return missing("The role with name " + name)
		}
		return http.StatusOK, wrap("<Role><Path>/</Path><RoleName>" + name + "</RoleName><RoleId>AROAFALSE</RoleId><Arn>arn:aws:iam::" + Account + ":role/" + name +
			"</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate><AssumeRolePolicyDocument>" + url.PathEscape(trust) + "</AssumeRolePolicyDocument></Role>")
	case "GetOpenIDConnectProvider":
		audiences, ok := d.providers[query.Get("OpenIDConnectProviderArn")]
		if !ok {
			return missing("OpenIDConnect Provider")
		}
		content := ""
		for _, audience := range audiences {
			content += "<member>" + audience + "</member>"
		}
		_, host, _ := strings.Cut(query.Get("OpenIDConnectProviderArn"), "oidc-provider/")
		return http.StatusOK, wrap("<Url>" + host + "</Url><ClientIDList>" + content + "</ClientIDList><ThumbprintList/><CreateDate>2026-01-01T00:00:00Z</CreateDate>")
	}
	return http.StatusBadRequest, xmlResponse(`<ErrorResponse><Error><Type>Sender</Type><Code>InvalidAction</Code><Message>the double does not support this action</Message></Error><RequestId>1</RequestId></ErrorResponse>`)
}
