import { HocuspocusProvider, HocuspocusProviderWebsocket } from "@hocuspocus/provider";
import { onTestFinished } from "vitest";
import WebSocket from "ws";
import * as Y from "yjs";
import { VAULT } from "./rooms-server.ts";

/** A person with a note open in a browser, but for the browser. */
export interface Editor {
  readonly text: Y.Text;
  /** Whether the server has all that was written here. */
  readonly isSaved: () => boolean;
  disconnect(): void;
  connect(): void;
  value(): string;
}

export async function openNote(port: number, handle: string, path: string): Promise<Editor> {
  const id = await (await fetch(`http://127.0.0.1:${port}/?path=${encodeURIComponent(path)}`)).text();
  const socket = new HocuspocusProviderWebsocket({
    url: `ws://127.0.0.1:${port}/?as=${handle}`,
    WebSocketPolyfill: WebSocket,
    delay: 50,
    minDelay: 20,
    maxDelay: 100,
  });
  const document = new Y.Doc();
  const provider = new HocuspocusProvider({ websocketProvider: socket, name: `${VAULT}/${id}`, document, token: "-" });
  const synced = new Promise<void>((resolve, reject) => {
    provider.on("synced", () => resolve());
    provider.on("authenticationFailed", () => reject(new Error("not let in")));
  });
  provider.attach();
  onTestFinished(() => {
    provider.destroy();
    socket.destroy();
  });
  await synced;
  const text = document.getText("text");
  return {
    text,
    isSaved: () => provider.isSynced && !provider.hasUnsyncedChanges,
    disconnect: () => socket.disconnect(),
    connect: () => void socket.connect(),
    // oxlint-disable-next-line typescript/no-base-to-string -- a Y.Text has one
    value: () => text.toString(),
  };
}
