import ForceGraph from "force-graph";
import { useCallback, useEffect, useRef } from "react";
import type { GraphNode, NoteGraph } from "../../http/types.ts";
import { fetchGraph } from "./notes-api.ts";
import { goTo } from "./place.ts";
import { useFetched } from "./use-fetched.ts";

type Drawn = GraphNode & { x?: number; y?: number; size: number };

/** More names than this at once are none to read. */
const MOST_NAMES = 400;

/** What leads to what: notes as dots, larger the more links they have. */
export default function GraphView({ vault }: { vault: string }) {
  const place = useRef<HTMLDivElement>(null);
  const { value: graph, error } = useFetched(
    useCallback(() => fetchGraph(vault), [vault]),
    60_000,
  );
  useEffect(
    () => (graph === undefined || place.current === null ? undefined : draw(place.current, vault, graph)),
    [graph, vault],
  );
  return (
    <>
      {error !== undefined && (
        <p className="banner bad" role="alert">
          {error.message}
        </p>
      )}
      <p className="dim" role="status">
        {graph === undefined
          ? "Loading …"
          : `${graph.nodes.length} notes, ${graph.links.length} links. A dot opens its note.`}
      </p>
      <div className="graph" ref={place} role="img" aria-label="Graph of all notes; the list beside has them as well" />
    </>
  );
}

function draw(parent: HTMLElement, vault: string, { nodes, links }: NoteGraph): () => void {
  const colours = getComputedStyle(document.documentElement);
  // As the theme has it by now: a canvas knows no variables.
  const colour = (name: string): string => {
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    parent.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
  const [text, line, accent, dim] = [colour("--text"), colour("--line"), colour("--accent"), colour("--stopped")];
  const counts = new Map<string, number>();
  for (const { source, target } of links)
    for (const end of [source, target]) counts.set(end, (counts.get(end) ?? 0) + 1);
  const drawn: Drawn[] = nodes.map((node) => ({ ...node, size: 2 + Math.sqrt(counts.get(node.id) ?? 0) * 1.5 }));
  const graph = new ForceGraph<Drawn>(parent)
    .graphData({ nodes: drawn, links: links.map((link) => ({ ...link })) })
    .width(parent.clientWidth)
    .height(parent.clientHeight)
    .nodeVal((node) => node.size)
    .nodeLabel((node) => escaped(node.title))
    .linkColor(() => line)
    .cooldownTime(8_000)
    .onNodeClick((node) => {
      if (!node.isMissing) goTo({ view: "note", vault, path: node.id });
    })
    .nodeCanvasObject((node, canvas, scale) => {
      const { x = 0, y = 0, size } = node;
      canvas.fillStyle = node.isMissing ? dim : accent;
      canvas.beginPath();
      canvas.arc(x, y, size, 0, 2 * Math.PI);
      canvas.fill();
      if (nodes.length > MOST_NAMES && scale < 2) return;
      canvas.font = `${12 / scale}px ${colours.fontFamily}`;
      canvas.textAlign = "center";
      canvas.fillStyle = node.isMissing ? dim : text;
      canvas.fillText(node.title, x, y + size + 12 / scale);
    })
    .onEngineStop(() => graph.zoomToFit(300, 40));
  const resized = new ResizeObserver(() => graph.width(parent.clientWidth).height(parent.clientHeight));
  resized.observe(parent);
  return () => {
    resized.disconnect();
    graph._destructor();
  };
}

/** Labels are HTML to force-graph, and titles are anybody's. */
function escaped(text: string): string {
  const span = document.createElement("span");
  span.textContent = text;
  return span.innerHTML;
}
