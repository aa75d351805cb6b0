import type { Readiness } from "../../pod/health.ts";
import type { Workspace, WorkspaceDirectory } from "../guild/workspaces.ts";

/** Several directories as one. Where two know the same id, the first has it, and nothing of the other's is shown. */
export class JoinedDirectory implements WorkspaceDirectory {
  readonly #parts: readonly WorkspaceDirectory[];

  constructor(parts: readonly WorkspaceDirectory[]) {
    this.#parts = parts;
  }

  list(): readonly Workspace[] {
    return this.#parts.flatMap((part) => part.list()).filter((workspace) => this.get(workspace.id) === workspace);
  }

  get(id: string): Workspace | undefined {
    for (const part of this.#parts) {
      const found = part.get(id);
      if (found) return found;
    }
    return undefined;
  }

  readiness(): Readiness {
    return this.#parts.map((part) => part.readiness()).find(({ ready }) => !ready) ?? { ready: true, reason: "ok" };
  }

  onChange(listener: (id: string) => void): () => void {
    const stops = this.#parts.map((part) => part.onChange(listener));
    return () => stops.forEach((stop) => stop());
  }
}
