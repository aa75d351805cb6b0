/** What is used of Node's own SQLite; the types of the Node that develops this don't have it yet. */
declare module "node:sqlite" {
  type Value = string | number | bigint | Uint8Array | null;

  export interface Statement {
    run(...values: Value[]): { changes: number; lastInsertRowid: number };
    all(...values: Value[]): Record<string, Value>[];
    get(...values: Value[]): Record<string, Value> | undefined;
  }

  export class DatabaseSync {
    constructor(path: string);
    exec(sql: string): void;
    prepare(sql: string): Statement;
    close(): void;
  }
}
