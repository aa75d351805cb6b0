/**
 * What of `codex app-server` is built upon, by the names that it has in Codex's own types. It changes from one minor version to the
 * next: a test holds this against the types that the very program in a workspace generates.
 */
export const appServer = {
  /** From a client to Codex. */
  requests: [
    "initialize",
    "thread/start",
    "thread/resume",
    "thread/fork",
    "thread/read",
    "thread/list",
    "thread/revert",
    "thread/archive",
    "turn/start",
    "turn/steer",
    "turn/interrupt",
    "review/start",
    "model/list",
    "mcpServerStatus/list",
    "config/read",
  ],
  /** From Codex to its clients. */
  notifications: [
    "thread/status/changed",
    "thread/tokenUsage/updated",
    "turn/started",
    "turn/completed",
    "turn/diff/updated",
    "turn/plan/updated",
    "item/started",
    "item/completed",
    "item/agentMessage/delta",
    "item/reasoning/summaryTextDelta",
    "item/reasoning/textDelta",
    "item/commandExecution/outputDelta",
    "item/mcpToolCall/progress",
    "serverRequest/resolved",
    "error",
  ],
  /** From Codex to a client, each to be answered. */
  questions: [
    "item/commandExecution/requestApproval",
    "item/fileChange/requestApproval",
    "item/permissions/requestApproval",
    "item/tool/requestUserInput",
    "mcpServer/elicitation/request",
  ],
  /** Answers to the question whether a command may run. */
  decisions: [
    "accept",
    "acceptForSession",
    "acceptWithExecpolicyAmendment",
    "applyNetworkPolicyAmendment",
    "decline",
    "cancel",
  ],
} as const;
