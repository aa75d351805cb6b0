package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/cloudnativelabs/kube-router/v2/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/v2/pkg/healthcheck"
	"github.com/cloudnativelabs/kube-router/v2/pkg/options"
	"github.com/cloudnativelabs/kube-router/v2/pkg/utils"
	"github.com/cloudnativelabs/kube-router/v2/pkg/version"
	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
)

// newKubeRouterCommand is kube-router with its flags and without its router and its service
// proxy: the part that has iptables enforce network policies.
func newKubeRouterCommand() *cobra.Command {
	config := options.NewKubeRouterConfig()
	command := &cobra.Command{
		Use:           "kube-router",
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(command *cobra.Command, _ []string) error {
			if config.Version {
				version.PrintVersion(false)
				return nil
			}
			if !config.RunFirewall || config.RunRouter || config.RunServiceProxy || config.RunLoadBalancer {
				return fmt.Errorf("this build is the firewall alone: say --run-firewall=true --run-router=false --run-service-proxy=false --run-loadbalancer=false")
			}
			keepErrorsAlone()
			return enforceNetworkPolicies(command.Context(), config)
		},
	}
	config.AddFlags(command.Flags())
	return command
}

// keepErrorsAlone has nothing else logged: with each change of a pod, kube-router warns of every
// block of IPv6 addresses that a policy names. Errors go to stderr by klog's threshold.
func keepErrorsAlone() {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
}

func enforceNetworkPolicies(ctx context.Context, config *options.KubeRouterConfig) error {
	clientConfig, err := clientcmd.BuildConfigFromFlags(config.Master, config.Kubeconfig)
	if err != nil {
		return fmt.Errorf("reading the kubeconfig: %w", err)
	}
	client, err := kubernetes.NewForConfig(clientConfig)
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	if err := waitForNode(ctx, client, config.HostnameOverride); err != nil {
		return err
	}

	factory := informers.NewSharedInformerFactory(client, 0)
	pods := factory.Core().V1().Pods().Informer()
	namespaces := factory.Core().V1().Namespaces().Informer()
	policies := factory.Networking().V1().NetworkPolicies().Informer()
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())

	tables, sets, err := netpol.NewIPTablesHandlers(config)
	if err != nil {
		return fmt.Errorf("looking for iptables and ipset: %w", err)
	}
	var setsInUse sync.Mutex
	controller, err := netpol.NewNetworkPolicyController(client, config, pods, policies, namespaces, &setsInUse, tables, sets)
	if err != nil {
		return fmt.Errorf("making the controller: %w", err)
	}
	for informer, handler := range map[cache.SharedIndexInformer]cache.ResourceEventHandler{
		pods: controller.PodEventHandler, namespaces: controller.NamespaceEventHandler, policies: controller.NetworkPolicyEventHandler,
	} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return fmt.Errorf("watching the cluster: %w", err)
		}
	}
	return runWithHealth(ctx, config, controller)
}

// waitForNode asks often: informers wait longer and longer for an API server that is about to start.
func waitForNode(ctx context.Context, client kubernetes.Interface, name string) error {
	return wait.PollUntilContextCancel(ctx, 200*time.Millisecond, true, func(context.Context) (bool, error) {
		_, err := utils.GetNodeObject(client, name)
		return err == nil, nil
	})
}

func runWithHealth(ctx context.Context, config *options.KubeRouterConfig, controller *netpol.NetworkPolicyController) error {
	health, err := healthcheck.NewHealthController(config)
	if err != nil {
		return fmt.Errorf("making the health check: %w", err)
	}
	health.SetAlive()
	heartbeats := make(chan *healthcheck.ControllerHeartbeat, 10)
	var running sync.WaitGroup
	running.Add(3)
	go health.RunServer(ctx.Done(), &running)
	go health.RunCheck(heartbeats, ctx.Done(), &running)
	go controller.Run(heartbeats, ctx.Done(), &running)
	running.Wait()
	return nil
}
