// The programs of a Kubernetes cluster in one binary, for Rampart's tests.
//
// The first argument chooses the program; the rest are that program's own flags. RAMPART_CLUSTER_GUARD says how it ends:
// "stdin": when its standard input closes, so that a test process that dies in any way, killed included, leaves nothing running;
// "session": when it is told to, in a session of its own that outlives the terminal.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

const usage = `usage: cluster etcd|kube-apiserver|kube-controller-manager|kube-scheduler|kubelet|kubectl [FLAG...]
       cluster relay ADDRESS        connections to the listener on standard output go to ADDRESS
       cluster init COMMAND [ARG...]  the first process of a process namespace: ends with COMMAND, and everything with it`

func main() {
	if len(os.Args) < 2 || len(os.Args) < 3 && (os.Args[1] == "relay" || os.Args[1] == "init") {
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
	switch os.Getenv("RAMPART_CLUSTER_GUARD") {
	case "stdin":
		go endWithStdin()
	case "session":
		// Fails when it leads one already.
		_, _ = syscall.Setsid()
	}
	// Each program reads os.Args as if it had been started under its own name.
	os.Args = os.Args[1:]
	switch os.Args[0] {
	case "etcd":
		etcdmain.Main(os.Args)
	case "kube-apiserver":
		run(apiserver.NewAPIServerCommand())
	case "kube-controller-manager":
		run(controllers.NewControllerManagerCommand())
	case "kube-scheduler":
		run(scheduler.NewSchedulerCommand())
	case "kubelet":
		run(kubelet.NewKubeletCommand(context.Background()))
	case "kubectl":
		run(kubectl.NewDefaultKubectlCommand())
	case "relay":
		relay(os.Args[1])
	case "init":
		reap(os.Args[1:])
	default:
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
}

func run(command *cobra.Command) {
	os.Exit(cli.Run(command))
}

// endWithStdin ends the process once its standard input is closed. No orderly stop: the data belongs to a test that is gone.
func endWithStdin() {
	_, err := io.Copy(io.Discard, os.Stdin)
	if err != nil && !errors.Is(err, io.EOF) {
		fmt.Fprintln(os.Stderr, "cluster: standard input:", err)
	}
	os.Exit(137)
}
