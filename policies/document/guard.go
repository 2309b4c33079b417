// Settings of S3 resources that limit public access, or access through access control
// lists. The settings are recorded, but not evaluated.

package document

import "slices"

// guardProperties are the properties that limit access. An update that removes such a
// property removes the setting, also if new buckets have it by default.
//
// Source: Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage" and
// "Controlling ownership of objects and disabling ACLs for your bucket".
var guardProperties = []string{"OwnershipControls", "PublicAccessBlockConfiguration"}

// guardedTypes are the resource types that have guardProperties. Source: CloudFormation
// Template Reference, Amazon S3.
var guardedTypes = []string{"AWS::S3::AccessPoint", "AWS::S3::Bucket", "AWS::S3::MultiRegionAccessPoint"}

// addGuards records the settings of a resource that limit access.
func (r *templateReader) addGuards(f field, t string) {
	if !slices.Contains(guardedTypes, t) {
		return
	}
	for _, name := range guardProperties {
		if n := f.value.get("Properties").get(name); n != nil && !n.isNoValue() {
			r.guards = append(r.guards, UnreadPart{Type: name + " of " + t, LogicalID: f.key, Limits: true, Content: r.fingerprint(n), File: r.file, Line: n.line, Column: n.column})
		}
	}
}
