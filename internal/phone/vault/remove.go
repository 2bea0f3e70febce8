package vault

import "avow/internal/atomicfile"

// Remove deletes all files of a vault in a folder whose keystore is gone, durably. A nil fsys is the machine's.
func Remove(fsys atomicfile.FS, dir string) error {
	if fsys == nil {
		fsys = atomicfile.OS
	}
	return (&Store{cfg: Config{Dir: dir, FS: fsys}}).Remove()
}
