/**
 * Scripts and styles come from files alone, but for the editor's: CodeMirror makes sheets, which it marks with a nonce, and
 * others' cursors have their colour as an attribute. In notes themselves no such attribute is let through.
 */
export function pageHeaders(nonce?: string): Readonly<Record<string, string>> {
  const style = nonce === undefined ? "" : ` 'nonce-${nonce}'; style-src-attr 'unsafe-inline'`;
  return {
    "content-security-policy": `default-src 'none'; script-src 'self'; style-src 'self'${style}; img-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'`,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
  };
}
