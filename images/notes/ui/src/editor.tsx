import { markdown } from "@codemirror/lang-markdown";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { HocuspocusProvider, HocuspocusProviderWebsocket } from "@hocuspocus/provider";
import { tags } from "@lezer/highlight";
import { basicSetup, EditorView } from "codemirror";
import { useEffect, useRef, useState } from "react";
import { yCollab } from "y-codemirror.next";
import * as Y from "yjs";
import { ApiError, openRoom } from "./notes-api.ts";

interface EditorProps {
  readonly vault: string;
  readonly path: string;
  readonly handle: string;
  readonly onLeave: () => void;
}

const STATES = {
  connecting: "Connecting …",
  saved: "All changes are saved",
  saving: "Saving …",
  apart: "Not connected: go on, it is saved once the server answers",
  gone: "This note was removed, or is no longer yours to see",
  refused: "It can't be edited now: leave with Escape, and try again",
} as const;

/** Colours that others' cursors have, which can be told apart in both themes. */
const COLOURS = ["#d9480f", "#2b8a3e", "#1971c2", "#9c36b5", "#c2255c", "#087f5b", "#5f3dc4", "#e67700"];

/** By the page's colours, so that it can be read in both themes. */
const highlighting = HighlightStyle.define([
  { tag: tags.heading, fontWeight: "700" },
  { tag: tags.strong, fontWeight: "700" },
  { tag: tags.emphasis, fontStyle: "italic" },
  { tag: tags.strikethrough, textDecoration: "line-through" },
  { tag: [tags.link, tags.url, tags.labelName], color: "var(--accent-strong)" },
  { tag: [tags.processingInstruction, tags.contentSeparator, tags.meta, tags.comment], color: "var(--dim)" },
  { tag: tags.quote, color: "var(--dim)" },
]);

/** CodeMirror over a document that all who have the note open share. */
export default function Editor({ vault, path, handle, onLeave }: EditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const [state, setState] = useState<keyof typeof STATES>("connecting");
  const [others, setOthers] = useState<readonly string[]>([]);
  useEffect(() => {
    const parent = place.current;
    if (parent === null) return;
    let end: (() => void) | undefined;
    let isOver = false;
    openRoom(vault, path).then(
      ({ room }) => {
        if (!isOver) end = openEditor(parent, room, handle, setState, setOthers);
      },
      (error: unknown) => setState(error instanceof ApiError && error.code === "missing" ? "gone" : "refused"),
    );
    return () => {
      isOver = true;
      end?.();
    };
  }, [vault, path, handle]);
  return (
    <div className="editor" onKeyDown={({ key }) => key === "Escape" && onLeave()}>
      <div ref={place} />
      <p className="dim facts" role="status">
        <span>{STATES[state]}</span>
        {others.length > 0 && <span>with {others.join(", ")}</span>}
      </p>
    </div>
  );
}

function openEditor(
  parent: HTMLElement,
  room: string,
  handle: string,
  setState: (state: keyof typeof STATES) => void,
  setOthers: (others: readonly string[]) => void,
): () => void {
  const document = new Y.Doc();
  const socket = new HocuspocusProviderWebsocket({ url: `${window.location.origin.replace(/^http/, "ws")}/rooms` });
  const provider = new HocuspocusProvider({ websocketProvider: socket, name: room, document, token: "-" });
  const text = document.getText("text");
  const look = (): void =>
    setState(
      !provider.isSynced || socket.status !== "connected" ? "apart" : provider.hasUnsyncedChanges ? "saving" : "saved",
    );
  let view: EditorView | undefined;
  provider.on("synced", () => {
    look();
    // Not before: what was typed into an empty page would stand before the text that comes.
    view ??= new EditorView({
      doc: text.toJSON(),
      parent,
      extensions: [
        EditorView.cspNonce.of(window.document.querySelector<HTMLMetaElement>("meta[name=style-nonce]")?.content ?? ""),
        basicSetup,
        markdown(),
        syntaxHighlighting(highlighting),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": "Text of the note", spellcheck: "true" }),
        yCollab(text, provider.awareness),
      ],
    });
    view.focus();
  });
  provider.on("unsyncedChanges", look);
  provider.on("status", look);
  provider.on("authenticationFailed", () => setState("gone"));
  provider.on("awarenessUpdate", ({ states }: { states: { user?: { name?: string } }[] }) => {
    const names = states.map(({ user }) => user?.name).filter((name) => name !== undefined && name !== handle);
    setOthers([...new Set(names)] as string[]);
  });
  const color = COLOURS[[...handle].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % COLOURS.length];
  provider.setAwarenessField("user", { name: handle, color, colorLight: `${color}33` });
  provider.attach();
  return () => {
    view?.destroy();
    provider.destroy();
    socket.destroy();
    document.destroy();
  };
}
