// Folders: reading every document in a folder and its subfolders.

package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxTotalSize is the maximum size of the text that one command reads from a
// folder or from several files, in bytes; more is an error. It is nearly four
// times the size of all AWS managed policies. Reading takes about 100 ns and
// ten bytes of memory per byte.
const maxTotalSize = 16 << 20

// maxBrokenFiles is the number of files with errors after which a folder is not
// read further.
const maxBrokenFiles = 20

// extensions are the file name extensions of documents.
var extensions = []string{".json", ".yaml", ".yml", ".template"}

// readFolder reads every document in a folder and its subfolders.
func (r *Reader) readFolder(ctx context.Context, folder string) (*Found, error) {
	paths, err := r.documentPaths(ctx, folder)
	if err != nil {
		return nil, &Error{folderError(folder, err)}
	}
	if len(paths) == 0 {
		return nil, errorf("%s: no policy documents in this folder (*.json, *.yaml, *.yml, *.template)", folder)
	}
	var all []*Found
	var problems []error
	for _, path := range paths {
		found, err := r.readFile(ctx, path)
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
		return nil, &Error{errors.Join(problems...)}
	}
	return Merge(all...), nil
}

// documentPaths returns the paths of the documents in a folder and its subfolders.
// It skips subfolders whose names begin with a dot. It follows links to files
// (mounted ConfigMaps consist of such links), but not links to folders.
func (r *Reader) documentPaths(ctx context.Context, folder string) (paths []string, err error) {
	total := int64(0)
	// With a separator at the end, a link is resolved to the folder that it
	// points to.
	root := strings.TrimRight(folder, string(filepath.Separator)) + string(filepath.Separator)
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if strings.HasPrefix(entry.Name(), ".") && path != root {
				return fs.SkipDir
			}
			return ctx.Err()
		}
		info, err := os.Stat(path)
		switch {
		case err == nil && info.IsDir() && strings.HasPrefix(entry.Name(), "."):
			return nil
		case err == nil && info.IsDir():
			r.Warn(path + ": a link to a folder is not followed; if that folder has policies, name it too")
			return nil
		case !slices.Contains(extensions, strings.ToLower(filepath.Ext(path))):
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
	return paths, err
}

// folderError adds the name of the folder to an error, unless the error names a
// file in it.
func folderError(folder string, err error) error {
	if pathError := (*fs.PathError)(nil); errors.As(err, &pathError) {
		return fmt.Errorf("%s: %w", pathError.Path, pathError.Err)
	}
	return fmt.Errorf("%s: %w", folder, err)
}
