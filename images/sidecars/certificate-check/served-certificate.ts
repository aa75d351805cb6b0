import { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import type { Readiness } from "../../pod/health.ts";
import { readCertificate } from "../../pod/tls.ts";

const ANSWER_MS = 3_000;

/**
 * Whether the TLS server at a port of this pod serves the certificate that is in the folder now. One that
 * reads its certificate at its start alone has to be started anew when it does not: as a liveness probe of
 * its container, this has the kubelet do so.
 */
export async function servedCertificate(directory: string, port: number): Promise<Readiness> {
  const mounted = await readCertificate(directory).catch(() => undefined);
  // Half-written, or not there yet: no reason to stop what runs.
  if (mounted === undefined) return { ready: true, reason: "the certificate is not readable" };
  try {
    return (await fingerprintAt(port)) === new X509Certificate(mounted.cert).fingerprint256
      ? { ready: true, reason: "ok" }
      : { ready: false, reason: "another certificate is served than the one that is mounted" };
  } catch (error) {
    return {
      ready: false,
      reason: `no TLS at port ${port}: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/** Which certificate it is, is the question here, not whether it can be trusted. */
function fingerprintAt(port: number): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, timeout: ANSWER_MS }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256);
      socket.destroy();
    });
    socket
      .once("timeout", () => socket.destroy(new Error(`no answer within ${ANSWER_MS / 1000} s`)))
      .once("error", reject);
  });
}
