/**
 * A proxy's address as programs take it that have to sign in.
 * @param credentials "user:password", in which all but the first colon are the password's; none where nobody signs in
 */
export function withCredentials(address: string, credentials?: string): string {
  if (credentials === undefined) return address;
  const [user = "", ...password] = credentials.trim().split(":");
  return address.replace("//", `//${encodeURIComponent(user)}:${encodeURIComponent(password.join(":"))}@`);
}
