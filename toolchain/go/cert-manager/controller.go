package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	settings "github.com/cert-manager/cert-manager/pkg/apis/config/controller/v1alpha1"
	"github.com/cert-manager/cert-manager/pkg/controller"
	"github.com/cert-manager/cert-manager/pkg/healthz"
	dns "github.com/cert-manager/cert-manager/pkg/issuer/acme/dns/util"
	"github.com/cert-manager/cert-manager/pkg/logs"
	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/yaml"

	// Each makes its controllers or its issuer known.
	_ "github.com/cert-manager/cert-manager/pkg/controller/acmechallenges"
	_ "github.com/cert-manager/cert-manager/pkg/controller/acmeorders"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/acme"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/approver"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/ca"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/selfsigned"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/issuing"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/keymanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/readiness"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/requestmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/revisionmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/trigger"
	_ "github.com/cert-manager/cert-manager/pkg/controller/clusterissuers"
	_ "github.com/cert-manager/cert-manager/pkg/controller/issuers"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/acme"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/ca"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/selfsigned"
)

// What upstream's defaults are where the settings say nothing.
const (
	healthAddress    = "0.0.0.0:9403"
	healthPatience   = 20 * time.Second
	apiQPS           = 20
	apiBurst         = 50
	workers          = 5
	challengesAtOnce = 60
	dnsRetryPeriod   = 10 * time.Second
	shortestBackoff  = time.Hour
	longestBackoff   = 32 * time.Hour
)

// runController runs the controllers that the settings name.
func runController(ctx context.Context, path string) error {
	config, err := controllerSettings(path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	factory, err := controller.NewContextFactory(ctx, contextOptions(config))
	if err != nil {
		return err
	}
	shared, err := factory.Build()
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", healthAddress)
	if err != nil {
		return err
	}
	group.Go(func() error { return healthz.NewServer(healthPatience).Start(ctx, listener) })
	for _, name := range config.Controllers {
		newController, known := controller.Known()[name]
		if !known {
			return fmt.Errorf("%s: controllers: %q is not in this build, which wants each by its name", path, name)
		}
		one, err := newController(factory)
		if err != nil {
			return fmt.Errorf("controller %s: %w", name, err)
		}
		group.Go(func() error { return one.Run(workers, ctx) })
	}
	shared.SharedInformerFactory.Start(ctx.Done())
	shared.KubeSharedInformerFactory.Start(ctx.Done())
	shared.HTTP01ResourceMetadataInformersFactory.Start(ctx.Done())
	logs.FromContext(ctx).Info("controllers run", "controllers", config.Controllers)
	return group.Wait()
}

// controllerSettings reads the object by its public type: upstream's own loader knows the defaults of
// every issuer, and with them libraries that the Go proxy can't serve.
func controllerSettings(path string) (*settings.ControllerConfiguration, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	config := &settings.ControllerConfiguration{}
	if err := yaml.UnmarshalStrict(text, config); err != nil {
		return nil, err
	}
	if config.APIVersion != "controller.config.cert-manager.io/v1alpha1" || config.Kind != "ControllerConfiguration" {
		return nil, fmt.Errorf("it is a %s of %s, not a ControllerConfiguration", config.Kind, config.APIVersion)
	}
	if enabled := config.LeaderElectionConfig.Enabled; enabled == nil || *enabled {
		return nil, errors.New("this build runs alone: set leaderElectionConfig.enabled to false")
	}
	if len(config.Controllers) == 0 || config.ClusterResourceNamespace == "" {
		return nil, errors.New("controllers and clusterResourceNamespace must be set")
	}
	return config, nil
}

// contextOptions hands on what this build reads; HTTP-01, gateways and ingresses are not in it.
func contextOptions(config *settings.ControllerConfiguration) controller.ContextOptions {
	acme := config.ACMEDNS01Config
	nameservers := acme.RecursiveNameservers
	if len(nameservers) == 0 {
		nameservers = dns.RecursiveNameservers
	}
	return controller.ContextOptions{
		KubernetesAPIQPS:   apiQPS,
		KubernetesAPIBurst: apiBurst,
		ACMEOptions: controller.ACMEOptions{
			DNS01Nameservers:        nameservers,
			DNS01CheckRetryPeriod:   dnsRetryPeriod,
			DNS01CheckAuthoritative: acme.RecursiveNameserversOnly == nil || !*acme.RecursiveNameserversOnly,
		},
		SchedulerOptions: controller.SchedulerOptions{MaxConcurrentChallenges: challengesAtOnce},
		IssuerOptions:    controller.IssuerOptions{ClusterResourceNamespace: config.ClusterResourceNamespace},
		CertificateOptions: controller.CertificateOptions{
			EnableOwnerRef:                           config.EnableCertificateOwnerRef != nil && *config.EnableCertificateOwnerRef,
			CertificateRequestMinimumBackoffDuration: shortestBackoff,
			CertificateRequestMaximumBackoffDuration: longestBackoff,
		},
	}
}
