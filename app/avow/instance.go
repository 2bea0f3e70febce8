package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	socketName  = "avow.sock"
	socketWait  = 2 * time.Second
	longestLink = 1024
)

// errRunning means that the app runs already, and that it took the link.
var errRunning = errors.New("the app runs already")

// instance is the one app of a folder. It listens on a socket in the folder, which only its owner may open.
type instance struct {
	listener net.Listener
	done     chan struct{}
}

// single becomes the one app of a folder, or hands the link to the one that runs and returns errRunning. open gets the links of later
// starts, "" for one without a link, from any goroutine. Any other error means that a second start cannot be noticed: a folder whose
// path is too long for a socket, or a disk without them.
func single(ctx context.Context, dir, link string, open func(string)) (*instance, error) {
	path := filepath.Join(dir, socketName)
	switch err := hand(ctx, path, link); {
	case err == nil:
		return nil, errRunning
	case errors.Is(err, errNoAnswer):
		return nil, err // it runs, but hangs: its folder must not be used twice
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove old socket: %w", err)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen for a second start: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("close socket to others: %w", err), l.Close())
	}
	i := &instance{listener: l, done: make(chan struct{})}
	go i.serve(open)
	return i, nil
}

// errNoAnswer means that somebody has the socket and says nothing.
var errNoAnswer = errors.New("the app runs already but does not answer; end it and start again")

// hand gives a link to the app that runs. An error that is not errNoAnswer means that none runs.
func hand(ctx context.Context, path, link string) error {
	ctx, cancel := context.WithTimeout(ctx, socketWait)
	defer cancel()
	c, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(socketWait))
	if _, err := io.WriteString(c, strings.ReplaceAll(link, "\n", "")+"\n"); err != nil {
		return errNoAnswer
	}
	if answer, err := bufio.NewReader(io.LimitReader(c, 8)).ReadString('\n'); err != nil || answer != "ok\n" {
		return errNoAnswer
	}
	return nil
}

func (i *instance) serve(open func(string)) {
	defer close(i.done)
	for {
		c, err := i.listener.Accept()
		if err != nil {
			return
		}
		if link, err := take(c); err == nil {
			open(link)
		}
	}
}

// take reads one link and says ok.
func take(c net.Conn) (string, error) {
	defer func() { _ = c.Close() }()
	if err := c.SetDeadline(time.Now().Add(socketWait)); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(io.LimitReader(c, longestLink)).ReadString('\n')
	if err != nil {
		return "", err
	}
	_, err = io.WriteString(c, "ok\n")
	return strings.TrimSuffix(line, "\n"), err
}

// close ends listening and takes the socket away.
func (i *instance) close() {
	_ = i.listener.Close()
	<-i.done
}
