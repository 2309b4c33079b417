// Access to the decoder for the tests of the generator.

package authz

// DecodeAll decodes the output of the generator.
func DecodeAll(indexText, blob string) (services []*Service, descriptions [][]string, err error) {
	x, err := parseIndex(indexText, blob)
	if err != nil {
		return nil, nil, err
	}
	for i := range x.entries {
		s, err := x.decode(&x.entries[i])
		if err != nil {
			return nil, nil, err
		}
		texts, err := x.decodeDescriptions(&x.entries[i])
		if err != nil {
			return nil, nil, err
		}
		services, descriptions = append(services, s), append(descriptions, texts)
	}
	return services, descriptions, nil
}
