/** A story while it is made: its pages growing, and every event in words. */

import { useEffect, useRef } from "react";

import type { Book, LivePage } from "./book";
import { mediumOf } from "./media";
import { Narrated } from "./Narrated";
import type { State } from "./runs";

export function Live({ book, state }: { book: Book; state: State }) {
  const done = book.pages.filter((page) => page.image || page.text).length;
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    const { current } = list;
    if (current) current.scrollTop = current.scrollHeight;
  }, [book.told]);
  return (
    <div className="live">
      <div className="live-book">
        <h3>{book.title ?? "A story without a title yet"}</h3>
        {book.pageCount ? (
          <label className="live-progress">
            <progress max={book.pageCount * 2} value={parts(book)} />
            <span>
              {done} of {book.pageCount} pages begun{book.status && state === "ended" ? `, ${book.status.toLowerCase()}` : ""}
            </span>
          </label>
        ) : null}
        <div className="live-pages">
          {book.pages.map((page) => (
            <Page key={page.number} page={page} isLive={state === "live"} />
          ))}
        </div>
      </div>
      <section className="live-told" aria-label="Events">
        <h3>Events</h3>
        <ol ref={list} role="log" tabIndex={0} aria-label="Events, the newest last">
          {book.told.map((told, index) => (
            <li key={index} className={told.kind}>
              <code>{told.sequence ?? "·"}</code> {told.line}
            </li>
          ))}
        </ol>
      </section>
    </div>
  );
}

function parts(book: Book): number {
  return book.pages.reduce((sum, page) => sum + Number(page.text !== "") + Number(page.image !== null), 0);
}

function Page({ page, isLive }: { page: LivePage; isLive: boolean }) {
  const name = `Page ${page.number}`;
  const picture = page.image && mediumOf(page.image, name, null);
  const narration = page.audio && mediumOf(page.audio, name, { text: page.text });
  const spoken = narration?.kind === "narration" ? narration : null;
  return (
    <article aria-label={name}>
      {picture?.kind === "picture" ? <img src={picture.url} alt={picture.alt} /> : <div className="waiting" aria-hidden="true" />}
      <h4>{page.number}</h4>
      {!(spoken && spoken.words.length > 0) && <p className={isLive && !spoken ? "growing" : undefined}>{page.text}</p>}
      {spoken && <Narrated narration={spoken} />}
      {page.failed.map((reason) => (
        <p key={reason} className="problem">
          {reason}
        </p>
      ))}
    </article>
  );
}
