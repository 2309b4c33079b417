// Folders: reading every document in a folder and its subfolders.

package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/internal/shortlist"
	"capaboot/policies/document"
)

// maxTotalSize is the maximum size of the text that one command reads from a
// folder or from several files, in bytes; more is an error. It is nearly four
// times the size of all AWS managed policies. Reading takes about 100 ns and
// ten bytes of memory per byte.
const maxTotalSize = 16 << 20

// maxBrokenFiles is the number of files with errors after which a folder is not
// read further.
const maxBrokenFiles = 20

var extensions = []string{".json", ".yaml", ".yml", ".template"}

func (r *Reader) readFolder(ctx context.Context, folder string) (*Found, error) {
	_, all, err := r.readFiles(ctx, folder)
	if err != nil {
		return nil, err
	}
	return Merge(all...), nil
}

// PolicyPaths returns the paths for [Reader.ReadPolicies]: the path itself or, if it
// is a folder, the paths of the documents in it. skipped has the names of the other
// files.
func (r *Reader) PolicyPaths(ctx context.Context, path string) (paths []string, skipped *Found, err error) {
	if info, err := os.Stat(path); path == Stdin || err != nil || !info.IsDir() {
		return []string{path}, Merge(), nil
	}
	files, all, err := r.readFiles(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	var others []*Found
	for i, found := range all {
		if found.Skipped() {
			others = append(others, found)
		} else {
			paths = append(paths, files[i])
		}
	}
	return paths, Merge(others...), nil
}

// readFiles reads every document in a folder and its subfolders, and returns each
// path and what its file contains.
func (r *Reader) readFiles(ctx context.Context, folder string) (paths []string, all []*Found, err error) {
	paths, err = r.documentPaths(ctx, folder)
	if err != nil {
		return nil, nil, &Error{folderError(folder, err)}
	}
	if len(paths) == 0 {
		return nil, nil, errorf("%s: no policy documents in this folder (*.json, *.yaml, *.yml, *.template)", folder)
	}
	var problems []error
	var skipped []document.SkippedFile
	for _, path := range paths {
		found, err := r.readFileOfFolder(ctx, path)
		if err == nil && found.Skipped() {
			skipped = append(skipped, found.Set.Skipped...)
		}
		if err != nil {
			problems = append(problems, err)
			if len(problems) < maxBrokenFiles {
				continue
			}
			problems = append(problems, fmt.Errorf("%s: stopped reading after %d files with errors", folder, maxBrokenFiles))
			break
		}
		all = append(all, found)
	}
	if len(problems) > 0 {
		return nil, nil, &Error{errors.Join(problems...)}
	}
	if len(skipped) == len(paths) {
		return nil, nil, errorf("%s: no file in this folder is a policy, template or configuration; the first file is %s", folder, paths[0])
	}
	return paths, all, nil
}

// readFileOfFolder reads a file of a folder. It skips a suppression file, and a
// file that is clearly not a policy, template or configuration: the result then
// has only the name of the file. Such a file is an error only if the user names
// the file itself.
func (r *Reader) readFileOfFolder(ctx context.Context, path string) (*Found, error) {
	skipped := func(isSuppressions bool) (*Found, error) {
		return &Found{Set: &document.Set{Skipped: []document.SkippedFile{{File: path, Suppressions: isSuppressions}}}}, nil
	}
	if isSameFile(path, r.Suppressions) {
		return skipped(true)
	}
	name, text, err := r.readText(ctx, path)
	if _, ok := errors.AsType[*SuppressionsError](err); ok {
		return skipped(true)
	}
	if err != nil {
		return nil, err
	}
	if emptyList.Get().Match(text) {
		return skipped(true)
	}
	found, err := r.parse(name, text)
	if err != nil && document.IsUnrelated(name, text) {
		return skipped(false)
	}
	return found, err
}

// emptyList matches a document that is an empty list, as a suppression file
// without suppressions is. Such a document grants nothing.
var emptyList = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`\A(?:[ \t]*#.*\n|---[ \t]*\n|\s)*\[\s*\](?:\s|#.*)*\z`)
}}

func isSameFile(a, b string) bool {
	if b == "" {
		return false
	}
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}

// documentPaths returns the paths of the documents in a folder and its
// subfolders. It skips subfolders whose names begin with a dot. It follows
// links to files (mounted ConfigMaps consist of such links), but not links to
// folders.
//
// It reports everything that it skips, except .git and links to folders whose
// names begin with a dot.
func (r *Reader) documentPaths(ctx context.Context, folder string) (paths []string, err error) {
	total := int64(0)
	var others []string
	// With a separator at the end, a link is resolved to the folder that it
	// points to.
	root := strings.TrimRight(folder, string(filepath.Separator)) + string(filepath.Separator)
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if strings.HasPrefix(entry.Name(), ".") && path != root {
				if entry.Name() != ".git" {
					others = append(others, path+string(filepath.Separator))
				}
				return fs.SkipDir
			}
			return ctx.Err()
		}
		info, err := os.Stat(path)
		switch {
		case err == nil && info.IsDir() && strings.HasPrefix(entry.Name(), "."):
			return nil
		case err == nil && info.IsDir():
			r.Warn(path + ": a link to a folder is not followed; if that folder has policies, name that folder too")
			return nil
		case !slices.Contains(extensions, strings.ToLower(filepath.Ext(path))):
			others = append(others, path)
			return nil
		case err != nil:
			return err
		case !info.Mode().IsRegular():
			r.Warn(path + ": not a regular file, so it is not read")
			return nil
		}
		if total += info.Size(); total > maxTotalSize {
			return fmt.Errorf("has more than %d MiB of documents; name its subfolders one at a time", maxTotalSize>>20)
		}
		paths = append(paths, path)
		return ctx.Err()
	})
	if err == nil && len(others) > 0 && r.Note != nil {
		r.Note(othersNote(folder, others))
	}
	return paths, err
}

// othersNote says which files and subfolders of a folder are not read because of
// their names.
func othersNote(folder string, others []string) string {
	files, folders := 0, 0
	for _, path := range others {
		if strings.HasSuffix(path, string(filepath.Separator)) {
			folders++
		} else {
			files++
		}
	}
	var counts []string
	for _, kind := range []struct {
		n    int
		noun string
	}{{files, "file"}, {folders, "hidden folder"}} {
		switch {
		case kind.n == 1:
			counts = append(counts, "1 "+kind.noun)
		case kind.n > 1:
			counts = append(counts, fmt.Sprintf("%d %ss", kind.n, kind.noun))
		}
	}
	return fmt.Sprintf("%s: %s not read, because of their names: %s; to read such a file, pass its path instead of the folder", folder, strings.Join(counts, " and "), shortlist.Few(others, shortlist.Shown(len(others), 3), strings.Clone))
}

// folderError adds the name of the folder to an error, unless the error names a
// file in it.
func folderError(folder string, err error) error {
	if pathError := (*fs.PathError)(nil); errors.As(err, &pathError) {
		return fmt.Errorf("%s: %w", pathError.Path, pathError.Err)
	}
	return fmt.Errorf("%s: %w", folder, err)
}
