// This file estimates how likely a text is to be a name.

package secrecy

import (
	_ "embed"
	"strings"

	"capaboot/internal/lazy"
)

// letterCosts has the cost of each letter after two others in the words of names. There
// is a line for each pair of preceding letters, in alphabetical order. The beginning of
// a word counts as a letter before "a". In a line, the cost of each next letter is
// 2*-log2(p), as a digit in base 36. The probabilities come from the words of AWS's
// actions, resource types and policies, of our documentation, and of the names of npm
// and PyPI packages, whose authors speak many languages. TestLetterCosts checks the
// costs.
//
//go:embed letters.txt
var letterCosts string

// letterCost returns the cost of a letter (1 to 26) after two others, where 0
// is the beginning of a word.
func letterCost(first, second, letter int) int {
	const line = 26 + len("\n")
	return base36(letterCosts[(first*27+second)*line+letter-1])
}

// The kinds of characters.
const (
	lower = iota
	upper
	digit
	separator
)

// kindCosts has the cost in names, 2*-log2(p), of a character of each kind after two
// characters of given kinds. The probabilities have the same origin as those of
// letterCosts. Parts of one or two characters are left out, because they are more
// frequent in paths than in the names of AWS.
var kindCosts = [4 * 4][4]int{
	{0, 8, 18, 7}, {0, 9, 18, 16}, {6, 8, 2, 4}, {2, 2, 11, 22}, // after lower, then lower, upper, digit, separator
	{0, 13, 19, 18}, {7, 1, 15, 5}, {7, 3, 3, 5}, {11, 0, 15, 17}, // after upper, then lower, upper, digit, separator
	{1, 7, 5, 8}, {1, 7, 4, 8}, {10, 10, 2, 3}, {4, 7, 1, 15}, // after a digit, then lower, upper, digit, separator
	{0, 19, 8, 8}, {1, 5, 10, 12}, {10, 12, 0, 5}, {3, 2, 12, 24}, // after a separator, then lower, upper, digit, separator
}

// abbreviations has words that are common in names although their letters or digits are
// unlikely, and the short names of regions.
var abbreviations = lazy.Value[map[string]bool]{Make: func() map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(`elasticloadbalancing route53 v1beta1 v1beta2 openid oauth2 sha256 base64 github kubectl cdktf ipv4 ipv6 amd64 arm64
		linux http https elbv2 wafv2 vpc vpcs mgmt dhcp json yaml html saml oidc iam aws ec2 eks ecs ecr efs ebs csi kms sso sts k8s k3s rds sqs sns ssm
		elb nlb alb waf acl tgw dns ami crd mcp mfa fsx iot vpn s2s x64 x86 b64 tmp src cfg gke aks s3 gc nat nonprod preprod prod prd stg uat dev qa gw sg fn db id`) {
		set[word] = true
	}
	for _, area := range []string{"us", "eu", "ap"} {
		for _, direction := range []string{"n", "e", "s", "w", "c", "ne", "se"} {
			for _, number := range []string{"1", "2", "3", "4"} {
				set[area+direction+number] = true
			}
		}
	}
	return set
}}

func kindOf(c byte) int {
	switch {
	case 'a' <= c && c <= 'z':
		return lower
	case 'A' <= c && c <= 'Z':
		return upper
	case '0' <= c && c <= '9':
		return digit
	}
	return separator
}

// nameCosts returns, for each character of a text, how unlikely it is in a
// name: -log2(p) in quarters of a bit. A character of an abbreviation costs -1.
func nameCosts(text string) []int {
	if strings.ToUpper(text) == text {
		text = strings.ToLower(text) // a name in capitals is as likely as one in small letters
	}
	const costOfADigit, costOfASeparator = 13, 4 // 4*log2(n) for ten digits and two usual separators
	const costOfASlash = 4                       // low, because slashes are frequent in paths
	costs := make([]int, len(text))
	first, second, before, letter := separator, separator, 0, 0
	known := 0 // the number of characters left in an abbreviation
	for i := range len(text) {
		kind := kindOf(text[i])
		cost := 2 * kindCosts[first*4+second][kind]
		if known == 0 && kind != separator && (kind != second || i == 0) {
			if known = abbreviationIn(text[i:]); known > 0 {
				before, letter = 0, 0
			}
		}
		switch kind {
		case digit:
			cost, before, letter = cost+costOfADigit, 0, 0
		case separator:
			if cost, before, letter = cost+costOfASeparator, 0, 0; text[i] == '/' {
				cost = costOfASlash
			}
		default:
			if second == digit || second == separator || second == lower && kind == upper {
				before, letter = 0, 0
			}
			next := int(text[i]|0x20-'a') + 1
			cost += 2 * letterCost(before, letter, next)
			before, letter = letter, next
		}
		if costs[i] = cost; known > 0 {
			costs[i] = -1
			if known--; known == 0 {
				before, letter = 0, 0
			}
		}
		first, second = second, kind
	}
	return costs
}

// abbreviationIn returns the length of the abbreviation with which a text
// begins; 0 when it begins with none, or when its first word is longer than the
// abbreviation.
func abbreviationIn(text string) int {
	const longest = len("elasticloadbalancing")
	highest := min(len(text), longest)
	folded := strings.ToLower(text[:highest])
	for n := highest; n > 1; n-- {
		if (n == len(text) || wordEnds(text, n)) && abbreviations.Get()[folded[:n]] {
			return n
		}
	}
	return 0
}

// wordEnds reports whether a word ends before character n. It ends where the kind of
// characters changes, but not between a capital and a small letter ("To"). It also ends
// before the last of several capitals if a small letter follows ("IDTo").
func wordEnds(text string, n int) bool {
	last, next := kindOf(text[n-1]), kindOf(text[n])
	if next == upper && n+1 < len(text) && kindOf(text[n+1]) == lower {
		return true
	}
	return last != next && (last != upper || next != lower)
}

func base36(c byte) int {
	if c <= '9' {
		return int(c - '0')
	}
	return int(c-'a') + 10
}

// alphabetCosts has the cost of a character in each alphabet of random text, in
// quarters of a bit, 4*log2(n). The alphabets are hexadecimal in small letters
// and in capitals; small letters and capitals; each of these two with digits;
// letters; letters and digits; all characters.
var alphabetCosts = [...]int{16, 16, 19, 19, 21, 21, 23, 24, 24}

// alphabetsOf returns the alphabets that contain a character, one bit for each.
func alphabetsOf(c byte, kind int) uint {
	switch {
	case kind == digit:
		return 0b1_1011_0011
	case kind == separator:
		return 0b1_0000_0000
	case kind == lower && c <= 'f':
		return 0b1_1101_0101
	case kind == lower:
		return 0b1_1101_0100
	case c <= 'F':
		return 0b1_1110_1010
	}
	return 0b1_1110_1000
}

// randomness finds the part of a text that looks most random. It returns how much more
// likely this part consists of random characters of one alphabet than of a name, in
// quarters of a bit. A part of fewer than twelve characters counts less, and one of
// fewer than eight not at all, because names have such parts.
func randomness(text string) int {
	const tooShort, short, lessForShort, mostOfOne = 8, 12, 28, 20
	highest := 0
	var totals, lengths [len(alphabetCosts)]int
	for i, cost := range nameCosts(text) {
		kind := kindOf(text[i])
		in := alphabetsOf(text[i], kind)
		// Repeated characters and separators, such as xxx and +--, are not
		// random.
		isLikely := cost < 0 || i > 1 && text[i] == text[i-1] && text[i] == text[i-2] || i > 0 && kind == separator && kindOf(text[i-1]) == separator
		for j, alphabetCost := range alphabetCosts {
			if in>>j&1 == 0 {
				totals[j], lengths[j] = 0, 0
				continue
			}
			gain := -2
			if !isLikely {
				gain = min(cost-alphabetCost, mostOfOne)
			}
			totals[j] += gain
			lengths[j]++
			switch {
			case totals[j] <= 0:
				totals[j], lengths[j] = 0, 0
			case lengths[j] >= short:
				highest = max(highest, totals[j])
			case lengths[j] >= tooShort:
				highest = max(highest, totals[j]-lessForShort)
			}
		}
	}
	return highest
}
