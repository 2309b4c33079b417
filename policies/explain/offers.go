// Offers: entries of the catalogue that would grant an action with another
// configuration or in another release.

package explain

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/authz"
	"capaboot/policies/catalog"
	"capaboot/policies/document"
	"capaboot/policies/stories"
)

func (e *Explainer) offers(name string) []Offer {
	var offers []Offer
	for _, entry := range e.stories.Entries(name) {
		if offer, ok := e.offerOf(&entry); ok {
			offers = append(offers, offer)
		}
	}
	return offers
}

// offerOf returns an entry of the catalogue as an offer. It returns false for an
// entry of a feature that the selected release no longer has.
func (e *Explainer) offerOf(entry *stories.Entry) (Offer, bool) {
	o := Offer{Policy: entry.Policy, Trust: entry.Trust, When: entry.When, Story: entry.Story, Later: entry.Since.Compare(e.release) > 0}
	for _, gate := range entry.When {
		if name, ok := gate.Switch(); ok {
			o.Feature = name
		}
	}
	return o, o.Feature == "" || entry.Since.Compare(e.release) > 0 || slices.Contains(e.catalogue.SwitchesFor(entry.Action, e.release), o.Feature)
}

// widens reports whether the offer enables a feature, or changes a value of the
// configuration. Such an offer grants more than CAPA's templates do now.
func (o *Offer) widens() bool { return o.Feature != "" || o.Field != "" }

// offersForDenial returns the entries of the catalogue that can grant the denied
// action on its resource, and those that grant it only on other resources. It
// omits the entries of trust policies, the entries that allow passing a role only
// to other services, and the entries that the configuration already grants on the
// resource.
func (e *Explainer) offersForDenial(result *Denied) (offers, elsewhere []Offer) {
	resource := resourceOf(&result.Denial)
	for _, entry := range e.stories.Entries(result.Action) {
		if entry.Trust || !e.matchesPassedTo(&entry, result) {
			continue
		}
		offer, ok := e.offerOf(&entry)
		if !ok {
			continue
		}
		offer.On = !offer.Later && e.isOpen(entry.When)
		switch {
		case !e.fitResources(&offer, entry.Resources(), resource):
			elsewhere = append(elsewhere, offer)
		case !offer.On || offer.Field != "":
			offers = append(offers, offer)
		}
	}
	return offers, elsewhere
}

// isOpen reports whether the configuration opens all gates. Without a
// configuration, it returns true only if there are none.
func (e *Explainer) isOpen(gates []catalog.Gate) bool {
	return !slices.ContainsFunc(gates, func(g catalog.Gate) bool {
		if e.settings == nil {
			return true
		}
		open, err := e.settings.Open(g)
		return !open || err != nil
	})
}

// fitResources reports whether the resources of an entry match the denied
// resource with some configuration. If the present configuration does not make
// them match, fitResources sets Field of the offer to a field that can, if there is
// one. It sets Resources unless Field is set and the present values are unknown.
func (e *Explainer) fitResources(o *Offer, templates []string, resource string) bool {
	var present, possible []string // with the values of the configuration, and with any value
	field := ""                    // the first field that can make the resources match
	unknown := false
	for _, template := range templates {
		name := catalog.Placeholder(template)
		values, known := e.valuesOf(name, o.Feature)
		if known || name == "" {
			present = append(present, catalog.Expand(template, values)...)
		} else {
			unknown = true
		}
		possible = append(possible, catalog.Expand(template, []string{"*"})...)
		if name != "" && name != partitionField && field == "" && mayMatch(catalog.Expand(template, []string{"*"}), resource) {
			field = name
		}
	}
	if len(present) > 0 && mayMatch(present, resource) || len(templates) == 0 || !strings.HasPrefix(resource, "arn:") {
		return true
	}
	o.Field = field
	switch {
	case !unknown:
		o.Resources = present
	case field == "":
		o.Resources = possible
	}
	return field != ""
}

// partitionField is the placeholder for the partition. An account belongs to one
// partition, so a different value does not help.
const partitionField = "partition"

// valuesOf returns the values of a placeholder in the configuration, "*" for the
// partition, or the defaults of the feature that has the placeholder.
func (e *Explainer) valuesOf(field, feature string) (values []string, known bool) {
	if e.settings != nil {
		if values, known = e.settings.Lists[field]; known {
			return values, true
		}
	}
	if field == partitionField {
		return []string{"*"}, true
	}
	if s, ok := catalog.SwitchNamed(feature); ok && s.Field != "" && s.Setting() == field && len(s.Defaults) > 0 {
		return s.Defaults, true
	}
	return nil, false
}

// offersForRole is like offersForDenial, for the policies that a role of CAPA
// can have. For any other role it returns only the offers of features, and only
// if the role has policies of the controllers.
func (e *Explainer) offersForRole(result *Denied, principal *document.Holder) (offers, elsewhere []Offer) {
	role := roleFields.Get()[e.stories.RoleID(principal)]
	hasControllersPolicy := slices.ContainsFunc(principal.Policies, func(p document.Policy) bool {
		return strings.HasPrefix(e.stories.PolicyID(&p), catalog.ControllersPolicyPrefix)
	})
	isOther := func(o Offer) bool {
		return !slices.Contains(role.policies, o.Policy) && !(o.Feature != "" && hasControllersPolicy)
	}
	offers, elsewhere = e.offersForDenial(result)
	return slices.DeleteFunc(offers, isOther), slices.DeleteFunc(elsewhere, isOther)
}

// matchesPassedTo reports whether an entry allows passing a role to the service
// that the denied request passes it to. It returns true for an entry that does
// not limit the service.
func (e *Explainer) matchesPassedTo(entry *stories.Entry, result *Denied) bool {
	service, limited := entry.Condition()["StringEquals"][passedToService]
	if !limited {
		return true
	}
	switch services := e.passedToServices(result).(type) {
	case []string:
		return slices.Contains(services, fmt.Sprint(service))
	default:
		return services == service
	}
}

// allOfType returns the pattern for every resource of the type of a resource, if
// it is a resource of EC2 whose ID AWS generates: the controllers create and
// delete such resources. It returns "" for a resource that its creator names,
// for one that stays, such as a KMS key, and for a resource with wildcards.
func allOfType(action *authz.Action, resource string) string {
	if action.Service != "ec2" || strings.ContainsAny(resource, "*?") {
		return ""
	}
	for _, r := range action.Resources {
		for _, pattern := range r.Type.ARNPatterns {
			all := authz.WithoutVariables(pattern)
			// AWS's reference calls a generated ID "...Id", as in
			// network-interface/${NetworkInterfaceId}.
			if strings.HasSuffix(pattern, "Id}") && document.Covers(all, resource, false) {
				return all
			}
		}
	}
	return ""
}

// isFeaturesPolicy reports whether a policy is the one for enabled features,
// whose resources come from the configuration.
func (e *Explainer) isFeaturesPolicy(s heldPolicy) bool {
	return s.place.Policy != nil && e.stories.PolicyID(s.place.Policy) == catalog.FeaturesPolicy
}

// featuresThatGrant returns the given features that grant one of the actions
// when they are enabled.
func (e *Explainer) featuresThatGrant(features, actions []string) (names []string) {
	for _, action := range actions {
		for _, name := range e.catalogue.SwitchesFor(action, e.release) {
			if slices.Contains(features, name) {
				names = appendNew(names, name)
			}
		}
	}
	return names
}
