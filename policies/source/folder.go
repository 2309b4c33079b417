// Folders: every document in one and in those below it.

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

// maxTotal is how much text one command may read, in a folder or in several files,
// in bytes: nearly four times that of all the policies that AWS manages. A byte
// takes about 100 ns and ten bytes of memory when it is read.
const maxTotal = 16 << 20

// maxBroken is how many files with errors of a folder are told of.
const maxBroken = 20

// extensions are those of documents.
var extensions = []string{".json", ".yaml", ".yml", ".template"}

// folder reads every document in a folder and those below it.
func (r *Reader) folder(ctx context.Context, folder string) (*Found, error) {
	paths, err := r.documents(ctx, folder)
	if err != nil {
		return nil, &Error{folderError(folder, err)}
	}
	if len(paths) == 0 {
		return nil, errorf("%s: no policy documents in this folder (*.json, *.yaml, *.yml, *.template)", folder)
	}
	var all []*Found
	var problems []error
	for _, path := range paths {
		found, err := r.file(ctx, path)
		if err != nil {
			problems = append(problems, err)
			if len(problems) < maxBroken {
				continue
			}
			problems = append(problems, fmt.Errorf("%s: more files were not read after %d with errors", folder, maxBroken))
			break
		}
		all = append(all, found)
	}
	if len(problems) > 0 {
		return nil, &Error{errors.Join(problems...)}
	}
	return Merge(all...), nil
}

// documents finds the documents in a folder. Links to files are followed, as
// ConfigMaps are made of them; links to folders are not.
func (r *Reader) documents(ctx context.Context, folder string) (paths []string, err error) {
	total := int64(0)
	// With the separator at its end a link is the folder that it leads to.
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
			r.Warn(path + ": a link to a folder is not followed: name that folder too if it has policies")
			return nil
		case !slices.Contains(extensions, strings.ToLower(filepath.Ext(path))):
			return nil
		case err != nil:
			return err
		case !info.Mode().IsRegular():
			r.Warn(path + ": is not a regular file and is not read")
			return nil
		}
		if total += info.Size(); total > maxTotal {
			return fmt.Errorf("has more than %d MiB of documents: name parts of it one by one", maxTotal>>20)
		}
		paths = append(paths, path)
		return ctx.Err()
	})
	return paths, err
}

// folderError names the folder, unless the error names a file in it.
func folderError(folder string, err error) error {
	if in := (*fs.PathError)(nil); errors.As(err, &in) {
		return fmt.Errorf("%s: %w", in.Path, in.Err)
	}
	return fmt.Errorf("%s: %w", folder, err)
}
