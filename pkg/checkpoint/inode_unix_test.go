//go:build unix

package checkpoint_test

import "syscall"

func (inodeInfo) Sys() any { return &syscall.Stat_t{Ino: 7} }
