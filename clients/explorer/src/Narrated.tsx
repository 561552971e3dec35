import { useMemo, useRef, useState } from "react";

import type { Narration } from "./media";

/** A player, and under it the text with the word lit up that is being said. A click on a word goes there. */
export function Narrated({ narration }: { narration: Narration }) {
  const player = useRef<HTMLAudioElement>(null);
  const [at, setAt] = useState(-1);
  const { url, where, text, words } = narration;
  const follow = () => {
    const ms = (player.current?.currentTime ?? 0) * 1_000;
    setAt(words.findIndex((word) => ms >= word.startMs && ms < word.endMs));
    if (player.current && !player.current.paused) requestAnimationFrame(follow);
  };
  const pieces = useMemo(() => cut(text ?? "", words), [text, words]);
  return (
    <div className="narrated">
      <audio ref={player} controls preload="none" src={url} aria-label={`Narration: ${where}`} onPlay={follow} onSeeked={follow} />
      {text !== null && words.length > 0 && (
        <p className="spoken">
          {pieces.map((piece, index) =>
            piece.word === null ? (
              piece.text
            ) : (
              <span
                key={index}
                className={piece.word === at ? "now" : undefined}
                onClick={() => {
                  const word = words[piece.word!]!;
                  if (player.current) player.current.currentTime = word.startMs / 1_000;
                }}
              >
                {piece.text}
              </span>
            ),
          )}
        </p>
      )}
    </div>
  );
}

function cut(text: string, words: Narration["words"]): { text: string; word: number | null }[] {
  const points = Array.from(text);
  const pieces: { text: string; word: number | null }[] = [];
  let from = 0;
  words.forEach((word, index) => {
    if (word.start > from) pieces.push({ text: points.slice(from, word.start).join(""), word: null });
    pieces.push({ text: points.slice(word.start, word.end).join(""), word: index });
    from = word.end;
  });
  if (from < points.length) pieces.push({ text: points.slice(from).join(""), word: null });
  return pieces;
}
