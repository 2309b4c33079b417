// Reads tables: CSV exports of CloudTrail's event history, CloudWatch Logs
// Insights and Athena, and the text and table formats of the AWS CLI.
//
// Sources: CloudTrail User Guide, "Downloading events"; CloudWatch Logs User
// Guide, "Export query results"; Athena User Guide, "Query AWS CloudTrail
// logs".

package denial

import (
	"bytes"
	"encoding/csv"
	"regexp"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/policies/authz"
)

// recordColumns has the fields of a record by column name, in lower case without
// spaces, underscores and hyphens.
var recordColumns = lazy.Value[map[string]string]{Make: func() map[string]string {
	return map[string]string{
		"eventname": "eventName", "eventsource": "eventSource", "errorcode": "errorCode", "errormessage": "errorMessage",
		"useridentity": "userIdentity", "useridentity.arn": "userIdentity.arn", "useridentityarn": "userIdentity.arn", "principalarn": "userIdentity.arn", "arn": "userIdentity.arn",
		"requestparameters": "requestParameters", "resources": "resources", "awsregion": "awsRegion", "region": "awsRegion",
		"recipientaccountid": "recipientAccountId", "accountid": "recipientAccountId", "vpcendpointid": "vpcEndpointId",
		"@message": "@message", "message": "@message", "cloudtrailevent": "@message",
	}
}}

// maxHeader is the maximum length of a table header, in bytes. A longer line is
// not a header.
const maxHeader = 4096

// readTables reads the tables in a text, and rows without a header, and returns the
// text with them replaced by spaces. When falseRowBytes exceeds the length of the text,
// it looks only for rows without a header.
func (r *reader) readTables(text []byte) []byte {
	rest := text
	blank := func(from, to int) {
		if &rest[0] == &text[0] {
			rest = bytes.Clone(text)
		}
		for i := from; i < to; i++ {
			if rest[i] != '\n' {
				rest[i] = ' '
			}
		}
	}
	for i := 0; i < len(r.lineOffsets); i++ {
		start, end := r.lineOffsets[i], r.lineEnd(i, len(text))
		line := text[start:end]
		if names, comma := tableHeader(line); names != nil && r.falseRowBytes <= len(text) {
			to := r.readTable(text, end, names, comma)
			blank(start, to)
			for i+1 < len(r.lineOffsets) && r.lineOffsets[i+1] < to {
				i++
			}
			continue
		}
		if object := loneRow(line); object != nil {
			r.readTrail(object, origin{at: start})
			blank(start, end)
		}
	}
	return rest
}

// tableHeader returns the field of each column, "" for columns that are not
// used, and the separator. It returns nil for a line that is not a header.
func tableHeader(line []byte) (names []string, comma byte) {
	if len(line) > maxHeader || bytes.IndexByte(line, '{') >= 0 || !bytes.Contains(line, []byte("vent")) && !bytes.Contains(line, []byte("VENT")) && !bytes.Contains(line, []byte("@message")) {
		return nil, 0
	}
	lower := strings.ToLower(string(line))
	for _, comma := range []byte(",\t;|") {
		cells := splitCells(lower, comma)
		if len(cells) < 2 {
			continue
		}
		names, has := make([]string, len(cells)), map[string]bool{}
		for i, cell := range cells {
			name := recordColumns.Get()[strings.NewReplacer(" ", "", "_", "", "-", "").Replace(cell)]
			names[i], has[name] = name, true
		}
		if has["eventName"] && (has["errorCode"] || has["errorMessage"]) || has["@message"] && strings.HasPrefix(cells[0], "@") {
			return names, comma
		}
	}
	return nil, 0
}

// splitCells splits a line whose cells contain no separators.
func splitCells(line string, comma byte) []string {
	line = strings.TrimSpace(line)
	if comma == '|' {
		line = strings.Trim(line, "|")
	}
	cells := strings.Split(line, string(comma))
	for i := range cells {
		cells[i] = strings.Trim(strings.TrimSpace(cells[i]), `"`)
	}
	return cells
}

// readTable reads the rows after a header, and returns the offset at which they
// end.
func (r *reader) readTable(text []byte, from int, names []string, comma byte) int {
	at := from
	for at < len(text) {
		line, _, _ := bytes.Cut(text[at:], []byte("\n"))
		next := min(at+len(line)+1, len(text))
		var cells []string
		switch trimmed := bytes.TrimSpace(line); {
		case len(trimmed) == 0 || len(bytes.Trim(trimmed, "+-|= :")) == 0: // a blank line or a horizontal rule
			at = next
			continue
		case comma == '|':
			cells = splitCells(string(line), comma)
		default:
			reader := csv.NewReader(bytes.NewReader(text[at:]))
			reader.Comma, reader.LazyQuotes, reader.FieldsPerRecord = rune(comma), true, -1
			var err error
			cells, err = reader.Read()
			next = at + int(reader.InputOffset())
			if err != nil {
				cells = nil // not a row
			}
		}
		if len(cells) != len(names) {
			r.falseRowBytes += next - at
			return at
		}
		object := map[string]any{}
		for i, name := range names {
			if name != "" && cells[i] != "" && cells[i] != "-" && cells[i] != "None" {
				object[name] = cells[i]
			}
		}
		if !r.readRequest(object, origin{at: at}) {
			r.readValue(object, origin{at: at}, 0)
		}
		at = next
	}
	return at
}

var eventSource = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`^[a-z0-9.-]+\.amazonaws\.com(?:\.cn)?$`)
}}

// loneRow returns a row without a header as a record. One cell must be the
// error code of a denial, one an event source, and one an operation of that
// service. For any other line, loneRow returns nil.
func loneRow(line []byte) map[string]any {
	if len(line) > 20*maxHeader || !bytes.Contains(line, []byte(".amazonaws.com")) || bytes.IndexByte(line, '{') >= 0 ||
		!bytes.Contains(line, []byte("enied")) && !bytes.Contains(line, []byte("nauthorized")) {
		return nil
	}
	for _, comma := range []byte("|\t,") {
		object := map[string]any{}
		cells := splitCells(string(line), comma)
		for _, cell := range cells {
			switch {
			case patterns.Get().deniedCode.MatchString(cell):
				object["errorCode"] = cell
			case eventSource.Get().MatchString(cell) && object["eventSource"] == nil:
				object["eventSource"] = cell
			case strings.HasPrefix(cell, "arn:") && (strings.Contains(cell, ":assumed-role/") || strings.Contains(cell, ":user/") || strings.HasSuffix(cell, ":root")):
				object["userIdentity.arn"] = cell
			case strings.Contains(cell, "not authorized"):
				object["errorMessage"] = cell
			}
		}
		source, _, _ := strings.Cut(asText(object["eventSource"]), ".")
		if object["errorCode"] == nil || source == "" {
			continue
		}
		for _, cell := range cells {
			if _, known := authz.Lookup(actionOf(source, cell)); known && !strings.Contains(cell, ".") {
				object["eventName"] = cell
				return object
			}
		}
	}
	return nil
}
