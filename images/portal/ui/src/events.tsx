import { memo, useDeferredValue, useEffect, useRef, useState } from "react";
import type { Me, SeenEvent, Source } from "../../api/types.ts";
import { keyOf, withText } from "./event-list.ts";
import { FAMILIES, sourceWords, toneOf, wordsOf } from "./event-words.ts";
import { Notice } from "./notice.tsx";
import { useEvents, type EventChoice } from "./use-events.ts";

/** What is said on the guild's event bus, newest first. */
export function Events({ me, onSessionEnded }: { me: Me; onSessionEnded: () => void }) {
  if (!me.events)
    return (
      <Notice title="No event bus">
        <p>
          This guild has none. With one, its systems, agents and people tell here what happens
          {me.admin ? "; it is declared in the guild’s configuration." : "."}
        </p>
      </Notice>
    );
  return <LiveEvents onSessionEnded={onSessionEnded} />;
}

interface Choice extends EventChoice {
  readonly text: string;
}

function LiveEvents({ onSessionEnded }: { onSessionEnded: () => void }) {
  const [choice, setChoice] = useChoice();
  const { list, bus, portal, caughtUp, missed, pause } = useEvents(choice, onSessionEnded);
  const text = useDeferredValue(choice.text);
  const events = withText(list.shown, text),
    held = withText(list.held, text).length;
  const sources = useSources(list.shown, choice.source);
  return (
    <section>
      <h1 className="group">Events {events.length > 0 && <span className="count">{events.length}</span>}</h1>
      <form className="filters" role="search" onSubmit={(submit) => submit.preventDefault()}>
        <label>
          What
          <select value={choice.type} onChange={({ target }) => setChoice({ ...choice, type: target.value })}>
            <option value="">Everything</option>
            {Object.entries(FAMILIES).map(([type, words]) => (
              <option key={type} value={type}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <label>
          From
          <select value={choice.source} onChange={({ target }) => setChoice({ ...choice, source: target.value })}>
            <option value="">Everybody</option>
            {sources.map((source) => (
              <option key={source} value={source}>
                {sourceWords(source)}
              </option>
            ))}
          </select>
        </label>
        <label className="wide">
          With the words
          <input
            type="search"
            value={choice.text}
            onChange={({ target }) => setChoice({ ...choice, text: target.value })}
          />
        </label>
        <button type="button" className="quiet" aria-pressed={list.paused} onClick={() => pause(!list.paused)}>
          {list.paused ? "Go on" : "Pause"}
        </button>
      </form>
      <News portal={portal} bus={bus} missed={missed} />
      {held > 0 && (
        <button type="button" className="primary held" onClick={() => pause(false)}>
          {newEvents(held)}
        </button>
      )}
      <Announcement events={events} />
      {events.length > 0 ? (
        <ul className="events">
          {events.map((event) => (
            <Row key={keyOf(event)} event={event} />
          ))}
        </ul>
      ) : (
        caughtUp && <Empty chosen={Object.values(choice).some(Boolean)} />
      )}
    </section>
  );
}

/** What is chosen stands in the address, so that it can be kept and passed on. */
function useChoice(): [Choice, (choice: Choice) => void] {
  const [choice, setChoice] = useState(() => {
    const query = new URLSearchParams(window.location.search);
    const type = query.get("type") ?? "",
      source = query.get("source") ?? "";
    return {
      type: Object.hasOwn(FAMILIES, type) ? type : "",
      source: /^[a-z0-9-]{1,80}$/.test(source) ? source : "",
      text: query.get("text") ?? "",
    };
  });
  useEffect(() => {
    const query = new URLSearchParams(Object.entries(choice).filter(([, value]) => value !== ""));
    window.history.replaceState(null, "", query.size === 0 ? "/events" : `/events?${query}`);
  }, [choice]);
  return [choice, setChoice];
}

/** Everybody who said something since the page was opened: a choice must not take the others away. */
function useSources(events: readonly SeenEvent[], chosen: string): readonly Source[] {
  const [sources, setSources] = useState<ReadonlySet<Source>>(new Set());
  const fresh = events.some(({ source }) => !sources.has(source));
  // Known before anything is drawn, as react.dev has it of state that follows from what came.
  if (fresh) setSources(new Set([...sources, ...events.map(({ source }) => source)]));
  const all = chosen === "" ? sources : new Set([...sources, chosen as Source]);
  return [...all].sort();
}

function News({ portal, bus, missed }: { portal: boolean; bus: boolean; missed: number }) {
  return (
    <>
      {!portal && (
        <p className="banner" role="status">
          The portal does not answer. Trying again; what you see may be old.
        </p>
      )}
      {portal && !bus && (
        <p className="banner" role="status">
          Waiting for the event bus. What is said meanwhile comes as soon as it is back.
        </p>
      )}
      {missed > 0 && (
        <p className="banner" role="status">
          {missed === 1 ? "One event was" : `Up to ${missed} events were`} left out while this page was away.
        </p>
      )}
    </>
  );
}

const Row = memo(function Row({ event }: { event: SeenEvent }) {
  const [open, setOpen] = useState(false);
  return (
    <li className={toneOf(event)}>
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>
          <time dateTime={event.keptAt} title={new Date(event.keptAt).toLocaleString()}>
            {shortTime(event.keptAt)}
          </time>
          <span className="source">{sourceWords(event.source)}</span>
          <span className="words">
            <span className="dot" aria-hidden="true" />
            <bdi>{wordsOf(event)}</bdi>
            {event.audience !== "guild" && (
              <span className="tag">{event.audience === "admins" ? "for admins" : "for you"}</span>
            )}
          </span>
        </summary>
        {open && <Details event={event} />}
      </details>
    </li>
  );
});

function Details({ event }: { event: SeenEvent }) {
  return (
    <>
      {!event.known && <p className="dim">Not understood here: {event.why}.</p>}
      <pre tabIndex={0} aria-label="The whole event">
        <code>{JSON.stringify(event, null, 2)}</code>
      </pre>
    </>
  );
}

function Empty({ chosen }: { chosen: boolean }) {
  return (
    <Notice title={chosen ? "Nothing of that kind" : "Nothing happened yet"}>
      <p className="dim">{chosen ? "What comes of it" : "What happens"} appears here by itself.</p>
    </Notice>
  );
}

/** Between two announcements: whoever listens to the page wants to hear other things, too. */
const ANNOUNCE_EVERY_MS = 15_000;

/** Says to who doesn't see the page how much is new, not what. */
function Announcement({ events }: { events: readonly SeenEvent[] }) {
  const [words, setWords] = useState("");
  const newest = useRef<string>(undefined);
  const seen = useRef(events);
  useEffect(() => {
    seen.current = events;
  }, [events]);
  useEffect(() => {
    const timer = setInterval(() => {
      const before = newest.current,
        times = seen.current.map(({ keptAt }) => keptAt);
      newest.current = times[0] ?? before;
      if (before === undefined) return;
      const count = times.filter((time) => Date.parse(time) > Date.parse(before)).length;
      setWords(count === 0 ? "" : newEvents(count));
    }, ANNOUNCE_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <p className="unseen" role="status">
      {words}
    </p>
  );
}

function newEvents(count: number): string {
  return count === 1 ? "1 new event" : `${count} new events`;
}

/** The time of day, with the date where it was not today. */
function shortTime(iso: string): string {
  const time = new Date(iso);
  const today = time.toDateString() === new Date().toDateString();
  return time.toLocaleString(undefined, today ? { timeStyle: "medium" } : { dateStyle: "short", timeStyle: "short" });
}
