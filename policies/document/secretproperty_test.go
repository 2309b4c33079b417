// Tests of the properties that are secret.

package document

import (
	"strings"
	"testing"
)

// secretPropertyPaths are the secret properties, with [] after a list.
const secretPropertyPaths = `
AWS::AmazonMQ::Broker LdapServerMetadata.ServiceAccountPassword
AWS::AmazonMQ::Broker Users[].Password
AWS::Amplify::App AccessToken
AWS::Amplify::App BasicAuthConfig.Password
AWS::Amplify::App OauthToken
AWS::Amplify::Branch BasicAuthConfig.Password
AWS::AppStream::DirectoryConfig ServiceAccountCredentials.AccountPassword
AWS::BackupGateway::Hypervisor Password
AWS::CodeBuild::SourceCredential Token
AWS::CodePipeline::Webhook AuthenticationConfiguration.SecretToken
AWS::Cognito::UserPoolIdentityProvider ProviderDetails.client_secret
AWS::Connect::User Password
AWS::DataSync::LocationFSxONTAP Protocol.SMB.Password
AWS::DataSync::LocationFSxWindows Password
AWS::DataSync::LocationObjectStorage SecretKey
AWS::DataSync::LocationSMB Password
AWS::DirectoryService::MicrosoftAD Password
AWS::DirectoryService::SimpleAD Password
AWS::DMS::Endpoint GcpMySQLSettings.Password
AWS::DMS::Endpoint KafkaSettings.SaslPassword
AWS::DMS::Endpoint KafkaSettings.SslClientKeyPassword
AWS::DMS::Endpoint MicrosoftSqlServerSettings.Password
AWS::DMS::Endpoint MongoDbSettings.Password
AWS::DMS::Endpoint OracleSettings.AsmPassword
AWS::DMS::Endpoint Password
AWS::DMS::Endpoint RedisSettings.AuthPassword
AWS::DocDB::DBCluster MasterUserPassword
AWS::DocDBElastic::Cluster AdminUserPassword
AWS::EC2::VerifiedAccessTrustProvider OidcOptions.ClientSecret
AWS::EC2::VPNConnection VpnTunnelOptionsSpecifications[].PreSharedKey
AWS::ElastiCache::ReplicationGroup AuthToken
AWS::ElastiCache::User AuthenticationMode.Passwords[]
AWS::ElastiCache::User Passwords[]
AWS::ElasticLoadBalancingV2::Listener DefaultActions[].AuthenticateOidcConfig.ClientSecret
AWS::ElasticLoadBalancingV2::ListenerRule Actions[].AuthenticateOidcConfig.ClientSecret
AWS::Elasticsearch::Domain AdvancedSecurityOptions.MasterUserOptions.MasterUserPassword
AWS::EMR::Cluster KerberosAttributes.ADDomainJoinPassword
AWS::EMR::Cluster KerberosAttributes.CrossRealmTrustPrincipalPassword
AWS::EMR::Cluster KerberosAttributes.KdcAdminPassword
AWS::Events::Connection AuthParameters.ApiKeyAuthParameters.ApiKeyValue
AWS::Events::Connection AuthParameters.BasicAuthParameters.Password
AWS::Events::Connection AuthParameters.OAuthParameters.ClientParameters.ClientSecret
AWS::FSx::FileSystem OntapConfiguration.FsxAdminPassword
AWS::FSx::FileSystem WindowsConfiguration.SelfManagedActiveDirectoryConfiguration.Password
AWS::FSx::StorageVirtualMachine ActiveDirectoryConfiguration.SelfManagedActiveDirectoryConfiguration.Password
AWS::FSx::StorageVirtualMachine SvmAdminPassword
AWS::IAM::ServerCertificate PrivateKey
AWS::IAM::User LoginProfile.Password
AWS::KinesisFirehose::DeliveryStream HttpEndpointDestinationConfiguration.EndpointConfiguration.AccessKey
AWS::KinesisFirehose::DeliveryStream RedshiftDestinationConfiguration.Password
AWS::KinesisFirehose::DeliveryStream SnowflakeDestinationConfiguration.KeyPassphrase
AWS::KinesisFirehose::DeliveryStream SnowflakeDestinationConfiguration.PrivateKey
AWS::KinesisFirehose::DeliveryStream SplunkDestinationConfiguration.HECToken
AWS::Lightsail::Database MasterUserPassword
AWS::ManagedBlockchain::Member MemberConfiguration.MemberFrameworkConfiguration.MemberFabricConfiguration.AdminPassword
AWS::MemoryDB::User AuthenticationMode.Passwords[]
AWS::OpenSearchService::Domain AdvancedSecurityOptions.MasterUserOptions.MasterUserPassword
AWS::QuickSight::DataSource Credentials.CredentialPair.Password
AWS::RDS::DBCluster MasterUserPassword
AWS::RDS::DBInstance MasterUserPassword
AWS::Redshift::Cluster MasterUserPassword
AWS::RedshiftServerless::Namespace AdminUserPassword
AWS::SecretsManager::Secret SecretString
AWS::SES::EmailIdentity DkimSigningAttributes.DomainSigningPrivateKey
AWS::Timestream::InfluxDBInstance Password
AWS::Transfer::Certificate PrivateKey
`

// The value of each property is found, also in a list. The value of a property beside it
// is not found.
func TestSecretProperties(t *testing.T) {
	for line := range strings.Lines(strings.TrimSpace(secretPropertyPaths)) {
		resource, path, _ := strings.Cut(strings.TrimSpace(line), " ")
		value := "FALSESECRET"
		names := strings.Split(path, ".")
		for i := len(names) - 1; i >= 0; i-- {
			name, isList := strings.CutSuffix(names[i], "[]")
			if isList {
				value = "[" + value + "]"
			}
			value = "{Beside: FALSESECRET, " + name + ": " + value + "}"
		}
		set, err := ReadSet("t.yaml", []byte("Resources:\n  R: {Type: "+resource+", Properties: "+value+"}\n"))
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if len(set.Secrets) != 1 || set.Secrets[0].How != InTemplate || set.Secrets[0].Property != strings.ReplaceAll(path, "[]", "") {
			t.Errorf("%s: %+v", line, set.Secrets)
		}
	}
}
