package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"syscall"
)

// relay joins two network namespaces: the listener was opened in the one of the test, addresses are dialled in ours.
func relay(address string) {
	listener, err := net.FileListener(os.Stdout)
	if err != nil {
		fatal("relay", err)
	}
	for {
		client, err := listener.Accept()
		if err != nil {
			fatal("relay", err)
		}
		go func() {
			defer client.Close()
			server, err := net.Dial("tcp", address)
			if err != nil {
				fmt.Fprintln(os.Stderr, "relay:", err)
				return
			}
			defer server.Close()
			ended := make(chan struct{}, 2)
			for _, pair := range [][2]net.Conn{{client, server}, {server, client}} {
				go func() {
					_, _ = io.Copy(pair[1], pair[0])
					_ = pair[1].(*net.TCPConn).CloseWrite()
					ended <- struct{}{}
				}()
			}
			<-ended
			<-ended
		}()
	}
}

// reap starts a command and collects every process that ends, its own children and those that orphans leave behind, until the
// command itself ends.
func reap(command []string) {
	path, err := exec.LookPath(command[0])
	if err != nil {
		fatal("init", err)
	}
	child, err := os.StartProcess(path, command, &os.ProcAttr{Files: []*os.File{nil, os.Stdout, os.Stderr}})
	if err != nil {
		fatal("init", err)
	}
	for {
		var status syscall.WaitStatus
		id, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			fatal("init", err)
		case id == child.Pid:
			os.Exit(status.ExitStatus() & 0xff)
		}
	}
}

func fatal(program string, err error) {
	fmt.Fprintln(os.Stderr, program+":", err)
	os.Exit(1)
}
