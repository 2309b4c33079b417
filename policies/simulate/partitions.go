// Requests that cannot exist because their parts are in different partitions.

package simulate

import (
	"fmt"
	"maps"
	"slices"

	"capaboot/policies/arn"
	"capaboot/policies/authz"
)

// partitionFaults returns notes about a caller from another partition than the
// resource, and about the regions in condition keys, such as aws:RequestedRegion, that
// are in another partition than the caller or the resource. A caller sends requests
// only to the regions of its own partition.
//
// Sources: IAM User Guide, "Cross account resource access in IAM": only within a
// partition; AWS General Reference, "Partitions" in "Amazon Resource Names (ARNs)":
// each account is scoped to one partition.
func (s *Simulation) partitionFaults(resource string) (notes []string) {
	type part struct{ what, partition string }
	var parts []part
	add := func(what, id string) {
		if a, ok := arn.Parse(id); ok && arn.IsPartition(a.Partition) {
			parts = append(parts, part{what, a.Partition})
		}
	}
	if s.principal != nil {
		add("the caller", s.principal.ID)
	}
	add("the resource", resource)
	if len(parts) == 2 && parts[0].partition != parts[1].partition {
		notes = append(notes, fmt.Sprintf("%s is in the partition %s, and %s in the partition %s", parts[0].what, parts[0].partition, parts[1].what, parts[1].partition))
	}
	for _, key := range slices.Sorted(maps.Keys(s.context)) {
		for _, value := range s.context[key] {
			of, known := arn.PartitionOf(authz.RegionIn(key, value))
			i := slices.IndexFunc(parts, func(p part) bool { return p.partition != of })
			if known && i >= 0 {
				notes = append(notes, fmt.Sprintf("%s is in the partition %s, and %s in the partition %s", s.describeValue(key, value), of, parts[i].what, parts[i].partition))
			}
		}
	}
	return notes
}
