//go:build !linux

package fd

import (
	"errors"
	"os"
)

// CreateUnnamed returns errors.ErrUnsupported.
func CreateUnnamed(string, os.FileMode) (*os.File, error) { return nil, errors.ErrUnsupported }

// Link returns errors.ErrUnsupported.
func Link(*os.File, string) error { return errors.ErrUnsupported }

// MountPoint returns false.
func MountPoint(string) bool { return false }
