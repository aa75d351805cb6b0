package main

import (
	"context"
	"fmt"

	"github.com/cert-manager/cert-manager/internal/apis/config/webhook/validation"
	"github.com/cert-manager/cert-manager/internal/webhook"
	"github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/webhook/configfile"
)

// runWebhook serves the API server's questions whether cert-manager's objects are valid.
func runWebhook(ctx context.Context, settings string) error {
	file := configfile.New()
	if err := load(settings, file); err != nil {
		return err
	}
	if errs := validation.ValidateWebhookConfiguration(file.Config, nil); len(errs) > 0 {
		return fmt.Errorf("%s: %w", settings, errs.ToAggregate())
	}
	server, err := webhook.NewCertManagerWebhookServer(logs.FromContext(ctx), *file.Config)
	if err != nil {
		return err
	}
	return server.Run(ctx)
}
