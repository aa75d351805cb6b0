import { Notice } from "./notice.tsx";

/** How to get in: there are no passwords. */
export function SignedOut() {
  return (
    <Notice title="Sign in with a link">
      <p>There is no password here. On the machine that runs this guild, in its folder, make a link and open it in this browser:</p>
      <pre><code>npm run link -- <em>your-name</em></code></pre>
      <p className="dim">A link works once and for 15 minutes. You then stay signed in until 12 hours pass without a visit.</p>
    </Notice>
  );
}
