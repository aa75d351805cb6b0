/** What the tests' pods run, by the references of their release: https://github.com/kubernetes/kubernetes/blob/v1.36.3/test/utils/image/manifest.go */
export const suiteImages = {
  agnhost: { reference: "registry.k8s.io/e2e-test-images/agnhost:2.63.0" },
  "agnhost-before": { reference: "registry.k8s.io/e2e-test-images/agnhost:2.55" },
  busybox: { reference: "registry.k8s.io/e2e-test-images/busybox:1.37.0-1" },
  dns: { reference: "registry.k8s.io/e2e-test-images/glibc-dns-testing:2.0.0" },
  etcd: { reference: "registry.k8s.io/etcd:3.6.8-0" },
  nautilus: { reference: "registry.k8s.io/e2e-test-images/nautilus:1.8" },
  nginx: { reference: "registry.k8s.io/e2e-test-images/nginx:1.15-4" },
  "nginx-new": { reference: "registry.k8s.io/e2e-test-images/nginx:1.27-0" },
  nonewprivs: { reference: "registry.k8s.io/e2e-test-images/nonewprivs:1.4" },
  nonroot: { reference: "registry.k8s.io/e2e-test-images/nonroot:1.5" },
  "pod-pause": { reference: "registry.k8s.io/pause:3.10.2" },
  "sample-apiserver": { reference: "registry.k8s.io/e2e-test-images/sample-apiserver:1.29.2" },
} as const;
