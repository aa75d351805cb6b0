/** What is used of Node's own SQLite; the types of the Node that develops this don't have it yet. */
declare module "node:sqlite" {
  export class DatabaseSync {
    constructor(path: string, options?: { readOnly?: boolean });
    prepare(sql: string): { run(...values: string[]): unknown; all(): unknown[] };
    close(): void;
  }
}
