package main

import (
	"context"
	"fmt"

	"github.com/cert-manager/cert-manager/internal/apis/config/cainjector/validation"
	"github.com/cert-manager/cert-manager/pkg/cainjector/configfile"
	certmanager "github.com/cert-manager/cert-manager/pkg/client/clientset/versioned/scheme"
	"github.com/cert-manager/cert-manager/pkg/controller/cainjector"
	"github.com/cert-manager/cert-manager/pkg/util"
	core "k8s.io/api/core/v1"
	extensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	kubernetes "k8s.io/client-go/kubernetes/scheme"
	registration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

// runCAInjector writes authorities into the configurations by which the API server trusts webhooks.
func runCAInjector(ctx context.Context, settings string) error {
	file := configfile.New()
	if err := load(settings, file); err != nil {
		return err
	}
	config := file.Config
	if errs := validation.ValidateCAInjectorConfiguration(config, nil); len(errs) > 0 {
		return fmt.Errorf("%s: %w", settings, errs.ToAggregate())
	}
	if config.LeaderElectionConfig.Enabled {
		return fmt.Errorf("%s: this build runs alone: set leaderElectionConfig.enabled to false", settings)
	}

	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{kubernetes.AddToScheme, certmanager.AddToScheme, extensions.AddToScheme, registration.AddToScheme} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	rest, err := ctrl.GetConfig()
	if err != nil {
		return err
	}
	manager, err := ctrl.NewManager(util.RestConfigWithUserAgent(rest, "cainjector"), ctrl.Options{
		Scheme:  scheme,
		Metrics: server.Options{BindAddress: config.MetricsListenAddress},
		Cache:   cache.Options{ReaderFailOnMissingInformer: true, DefaultNamespaces: namespaces(config.Namespace)},
		// Only their metadata is watched: no need to keep every secret of the cluster in memory.
		Client: client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&core.Secret{}}}},
	})
	if err != nil {
		return err
	}
	injectables := config.EnableInjectableConfig
	err = cainjector.RegisterAllInjectors(ctx, manager, cainjector.SetupOptions{
		Namespace:                    config.Namespace,
		IgnoreNamespaces:             config.IgnoreNamespaces,
		EnableCertificatesDataSource: config.EnableDataSourceConfig.Certificates,
		EnabledReconcilersFor: map[string]bool{
			cainjector.MutatingWebhookConfigurationName:   injectables.MutatingWebhookConfigurations,
			cainjector.ValidatingWebhookConfigurationName: injectables.ValidatingWebhookConfigurations,
			cainjector.APIServiceName:                     injectables.APIServices,
			cainjector.CustomResourceDefinitionName:       injectables.CustomResourceDefinitions,
		},
	})
	if err != nil {
		return err
	}
	return manager.Start(ctx)
}

// namespaces limits what is watched; without a name it is the whole cluster.
func namespaces(name string) map[string]cache.Config {
	if name == "" {
		return nil
	}
	return map[string]cache.Config{name: {}}
}
