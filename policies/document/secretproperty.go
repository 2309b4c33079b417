// The properties of resources that are secret, and the values that a template gives
// them.

package document

import (
	"slices"
	"strings"
)

// secretProperty is a property that is secret, by its path.
type secretProperty struct{ resourceType, path string }

// secretProperties are the properties with secrets. Source: CloudFormation Template
// Reference, "AWS resource and property types reference".
var secretProperties = []secretProperty{
	{"Alexa::ASK::Skill", "AuthenticationConfiguration.ClientSecret"},
	{"Alexa::ASK::Skill", "AuthenticationConfiguration.RefreshToken"},
	{"AWS::AmazonMQ::Broker", "LdapServerMetadata.ServiceAccountPassword"},
	{"AWS::AmazonMQ::Broker", "Users.Password"},
	{"AWS::Amplify::App", "AccessToken"},
	{"AWS::Amplify::App", "BasicAuthConfig.Password"},
	{"AWS::Amplify::App", "OauthToken"},
	{"AWS::Amplify::Branch", "BasicAuthConfig.Password"},
	{"AWS::ApiGateway::ApiKey", "Value"},
	{"AWS::AppStream::DirectoryConfig", "ServiceAccountCredentials.AccountPassword"},
	{"AWS::BackupGateway::Hypervisor", "Password"},
	{"AWS::CodeBuild::SourceCredential", "Token"},
	{"AWS::CodePipeline::Webhook", "AuthenticationConfiguration.SecretToken"},
	{"AWS::Cognito::UserPoolIdentityProvider", "ProviderDetails.client_secret"},
	{"AWS::Connect::User", "Password"},
	{"AWS::DataSync::LocationFSxONTAP", "Protocol.SMB.Password"},
	{"AWS::DataSync::LocationFSxWindows", "Password"},
	{"AWS::DataSync::LocationObjectStorage", "SecretKey"},
	{"AWS::DataSync::LocationSMB", "Password"},
	{"AWS::DirectoryService::MicrosoftAD", "Password"},
	{"AWS::DirectoryService::SimpleAD", "Password"},
	{"AWS::DMS::Endpoint", "GcpMySQLSettings.Password"},
	{"AWS::DMS::Endpoint", "KafkaSettings.SaslPassword"},
	{"AWS::DMS::Endpoint", "KafkaSettings.SslClientKeyPassword"},
	{"AWS::DMS::Endpoint", "MicrosoftSqlServerSettings.Password"},
	{"AWS::DMS::Endpoint", "MongoDbSettings.Password"},
	{"AWS::DMS::Endpoint", "OracleSettings.AsmPassword"},
	{"AWS::DMS::Endpoint", "Password"},
	{"AWS::DMS::Endpoint", "RedisSettings.AuthPassword"},
	{"AWS::DocDB::DBCluster", "MasterUserPassword"},
	{"AWS::DocDBElastic::Cluster", "AdminUserPassword"},
	{"AWS::EC2::VerifiedAccessTrustProvider", "OidcOptions.ClientSecret"},
	{"AWS::EC2::VPNConnection", "VpnTunnelOptionsSpecifications.PreSharedKey"},
	{"AWS::ElastiCache::ReplicationGroup", "AuthToken"},
	{"AWS::ElastiCache::User", "AuthenticationMode.Passwords"},
	{"AWS::ElastiCache::User", "Passwords"},
	{"AWS::ElasticLoadBalancingV2::Listener", "DefaultActions.AuthenticateOidcConfig.ClientSecret"},
	{"AWS::ElasticLoadBalancingV2::ListenerRule", "Actions.AuthenticateOidcConfig.ClientSecret"},
	{"AWS::Elasticsearch::Domain", "AdvancedSecurityOptions.MasterUserOptions.MasterUserPassword"},
	{"AWS::EMR::Cluster", "KerberosAttributes.ADDomainJoinPassword"},
	{"AWS::EMR::Cluster", "KerberosAttributes.CrossRealmTrustPrincipalPassword"},
	{"AWS::EMR::Cluster", "KerberosAttributes.KdcAdminPassword"},
	{"AWS::Events::Connection", "AuthParameters.ApiKeyAuthParameters.ApiKeyValue"},
	{"AWS::Events::Connection", "AuthParameters.BasicAuthParameters.Password"},
	{"AWS::Events::Connection", "AuthParameters.OAuthParameters.ClientParameters.ClientSecret"},
	{"AWS::FSx::FileSystem", "OntapConfiguration.FsxAdminPassword"},
	{"AWS::FSx::FileSystem", "WindowsConfiguration.SelfManagedActiveDirectoryConfiguration.Password"},
	{"AWS::FSx::StorageVirtualMachine", "ActiveDirectoryConfiguration.SelfManagedActiveDirectoryConfiguration.Password"},
	{"AWS::FSx::StorageVirtualMachine", "SvmAdminPassword"},
	{"AWS::Glue::Connection", "ConnectionInput.ConnectionProperties.PASSWORD"},
	{"AWS::IAM::ServerCertificate", "PrivateKey"},
	{"AWS::IAM::User", "LoginProfile.Password"},
	{"AWS::KinesisFirehose::DeliveryStream", "HttpEndpointDestinationConfiguration.EndpointConfiguration.AccessKey"},
	{"AWS::KinesisFirehose::DeliveryStream", "RedshiftDestinationConfiguration.Password"},
	{"AWS::KinesisFirehose::DeliveryStream", "SnowflakeDestinationConfiguration.KeyPassphrase"},
	{"AWS::KinesisFirehose::DeliveryStream", "SnowflakeDestinationConfiguration.PrivateKey"},
	{"AWS::KinesisFirehose::DeliveryStream", "SplunkDestinationConfiguration.HECToken"},
	{"AWS::Lightsail::Database", "MasterUserPassword"},
	{"AWS::ManagedBlockchain::Member", "MemberConfiguration.MemberFrameworkConfiguration.MemberFabricConfiguration.AdminPassword"},
	{"AWS::MemoryDB::User", "AuthenticationMode.Passwords"},
	{"AWS::OpenSearchService::Domain", "AdvancedSecurityOptions.MasterUserOptions.MasterUserPassword"},
	{"AWS::Pinpoint::GCMChannel", "ApiKey"},
	{"AWS::QuickSight::DataSource", "Credentials.CredentialPair.Password"},
	{"AWS::RDS::DBCluster", "MasterUserPassword"},
	{"AWS::RDS::DBInstance", "MasterUserPassword"},
	{"AWS::Redshift::Cluster", "MasterUserPassword"},
	{"AWS::RedshiftServerless::Namespace", "AdminUserPassword"},
	{"AWS::SecretsManager::Secret", "SecretString"},
	{"AWS::SES::EmailIdentity", "DkimSigningAttributes.DomainSigningPrivateKey"},
	{"AWS::Timestream::InfluxDBInstance", "Password"},
	{"AWS::Transfer::Certificate", "PrivateKey"},
}

// values returns the values of the property of a resource. The property or one of its
// parents can be an Fn::If or a list.
func (p secretProperty) values(resource *node) []*node {
	values := []*node{resource.get("Properties")}
	for name := range strings.SplitSeq(p.path, ".") {
		var next []*node
		for _, n := range values {
			for _, branch := range ifBranches(n) {
				next = append(next, secretItems(branch.get(name))...)
			}
		}
		values = next
	}
	return slices.DeleteFunc(values, func(n *node) bool { return n == nil })
}

// secretItems returns the items of a list and of the lists in the branches of an
// Fn::If, or the node itself.
func secretItems(n *node) (all []*node) {
	for _, branch := range ifBranches(n) {
		if branch == nil || branch.kind != listNode {
			all = append(all, branch)
			continue
		}
		for _, item := range branch.items {
			all = append(all, ifBranches(item)...)
		}
	}
	return all
}

// ifBranches returns the branches of an Fn::If, or the node itself.
func ifBranches(n *node) []*node {
	if name, argument, ok := n.intrinsic(); ok && name == "If" && argument.kind == listNode && len(argument.items) == 3 {
		return slices.Concat(ifBranches(argument.items[1]), ifBranches(argument.items[2]))
	}
	return []*node{n}
}
