import type { ReactNode } from "react";

interface NoticeProps {
  readonly title: string;
  readonly tone?: "plain" | "bad";
  readonly busy?: boolean;
  readonly action?: { readonly label: string; readonly run: () => void };
  readonly children?: ReactNode;
}

/** One thing to say, in the middle of the page. */
export function Notice({ title, tone = "plain", busy = false, action, children }: NoticeProps) {
  return (
    <section className={`notice ${tone}`} role={tone === "bad" ? "alert" : "status"} aria-busy={busy}>
      {busy && <span className="spinner" aria-hidden="true" />}
      <h1>{title}</h1>
      <div className="prose">{children}</div>
      {action && (
        <button type="button" className="primary" onClick={action.run}>
          {action.label}
        </button>
      )}
    </section>
  );
}
