package local

import (
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// peerUID is who is at the other end, by the kernel's word (SO_PEERCRED, unix(7)).
func peerUID(c *net.UnixConn) (uint32, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, fmt.Errorf("who is the helper: %w", err)
	}
	var cred *unix.Ucred
	var inner error
	if err := raw.Control(func(fd uintptr) { cred, inner = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); err != nil {
		return 0, fmt.Errorf("who is the helper: %w", err)
	}
	if inner != nil {
		return 0, fmt.Errorf("who is the helper: %w", inner)
	}
	return cred.Uid, nil
}
