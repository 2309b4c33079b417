// Which package may import which: imports point one way, and this table holds
// them. A new package is a new row.

package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// everywhere may be imported by every package: small, and importing nothing but
// one another.
const everywhere = "policies/arn internal/escape internal/render internal/shell internal/spell internal/wait"
