/** Under the answer's JSON: how it went, what to do next, and what it shows. */

import { useState } from "react";

import { EXAMPLES, filledIn } from "./examples";
import type { Answer, Fields } from "./http";
import { Live } from "./Live";
import { mediaIn } from "./media";
import { Narrated } from "./Narrated";
import { runs, shown, type Run, type State } from "./runs";
import { useStore } from "./store";
import { useOpen } from "./tabs";

const STATES: Record<State, string> = {
  running: "Running",
  answered: "Answered",
  connecting: "Connecting",
  live: "Live",
  cut: "Cut off, going on where it was",
  ended: "Ended",
  stopped: "Stopped",
  refused: "Refused",
};

export function Outcome() {
  const run = useStore(runs).get(useStore(shown));
  const [isOpen, setOpen] = useState(true);
  if (!run) return <p className="outcome-empty">Pictures, narrations and live events show here.</p>;
  const media = run.kind === "subscription" ? [] : mediaIn(run.answer?.data ?? null);
  const hasMore = media.length > 0 || run.book.told.length > 0;
  const more = nextSteps(run.answer);
  return (
    <section className={hasMore && isOpen ? `outcome open ${run.kind}` : "outcome"} aria-label="What came">
      <div className="outcome-line">
        <span role="status" className={`state state-${run.state}`}>
          {STATES[run.state]}
        </span>
        <Facts run={run} />
        {hasMore && (
          <button type="button" className="outcome-toggle" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {isOpen ? "JSON only" : "Show what came"}
          </button>
        )}
      </div>
      {more.map((step) => (
        <Next key={step.text} {...step} />
      ))}
      {hasMore && isOpen && (
        <div className="outcome-body" tabIndex={0} aria-label="Pictures, narrations and events">
          {run.kind === "subscription" ? <Live book={run.book} state={run.state} /> : null}
          <div className="gallery">
            {media.map((medium) =>
              medium.kind === "picture" ? (
                <figure key={medium.where + medium.url}>
                  <a href={medium.url} target="_blank" rel="noreferrer">
                    <img src={medium.url} alt={medium.alt} loading="lazy" />
                  </a>
                  <figcaption>{medium.where}</figcaption>
                </figure>
              ) : (
                <Narrated key={medium.where + medium.url} narration={medium} />
              ),
            )}
          </div>
        </div>
      )}
    </section>
  );
}

function Facts({ run }: { run: Run }) {
  const facts: string[] = [];
  if (run.status !== null) facts.push(`HTTP ${run.status}`);
  if (run.ms !== null && run.status !== null) facts.push(`${Math.round(run.ms)} ms`);
  if (run.bytes > 0) facts.push(run.bytes < 1_000 ? `${run.bytes} bytes` : `${(run.bytes / 1_000).toFixed(1)} kB`);
  if (run.kind === "subscription") facts.push(`${run.batches} ${run.batches === 1 ? "batch" : "batches"}`);
  if (run.resumed > 0) facts.push(`resumed ${run.resumed === 1 ? "once" : `${run.resumed} times`}, nothing missed`);
  const cost = run.answer?.extensions?.cost as Fields | undefined;
  if (typeof cost?.cost === "number") facts.push(`${cost.cost} ${cost.cost === 1 ? "point" : "points"}`);
  if (typeof cost?.left === "number") facts.push(`${cost.left} left`);
  return <span className="facts">{facts.join(" · ")}</span>;
}

interface Step {
  text: string;
  isProblem: boolean;
  action?: "sign-in" | "follow";
}

/** What the answer asks for: errors in words that say what to do, and what a partner would want to see next. */
function nextSteps(answer: Answer | null): Step[] {
  if (!answer) return [];
  const steps: Step[] = [];
  for (const { message, extensions } of (answer.errors ?? []).slice(0, 3)) {
    const code = extensions?.code;
    if (code === "UNAUTHENTICATED") steps.push({ text: message, isProblem: true, action: "sign-in" });
    else if (code === "RATE_LIMITED" && extensions?.retryAfter) steps.push({ text: `${message} Try again in ${extensions.retryAfter} s.`, isProblem: true });
    else if (extensions?.requestId) steps.push({ text: `${message} When you write to us, name request ${extensions.requestId}.`, isProblem: true });
    else steps.push({ text: message, isProblem: true });
  }
  for (const [verb, value] of Object.entries(answer.data ?? {})) {
    const result = value as Fields | null;
    if (typeof result !== "object" || result === null || Array.isArray(result)) continue;
    const problems = Array.isArray(result.problems) ? (result.problems as Fields[]) : [];
    if (typeof result.message === "string") {
      const details = problems.map(({ path, message }) => ` ${Array.isArray(path) ? path.join(".") : ""}: ${String(message)}`);
      steps.push({ text: [result.message, ...details].join(""), isProblem: true });
    }
    if (verb === "createStory" && result.story) steps.push({ text: "Your story is being made.", isProblem: false, action: "follow" });
  }
  return steps;
}

function Next({ text, isProblem, action }: Step) {
  const open = useOpen();
  const show = async (title: string) => {
    const example = EXAMPLES.find((each) => each.title === title)!;
    open({ query: example.query, variables: await filledIn(example.variables) });
  };
  return (
    <p className={isProblem ? "next problem" : "next"} role={isProblem ? "alert" : undefined}>
      <span>{text}</span>
      {action === "sign-in" && (
        <button type="button" onClick={() => dispatchEvent(new Event("explorer:sign-in"))}>
          Sign in
        </button>
      )}
      {action === "follow" && (
        <button type="button" onClick={() => void show("Follow it live")}>
          Follow it live
        </button>
      )}
    </p>
  );
}
