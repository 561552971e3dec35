import { useEffect, useState } from "react";

interface Props {
  text: () => string;
  label: string;
  done: string;
  title?: string;
  className: string;
}

/** Says that it has copied, aloud as well; where the clipboard is not to be had, shows what to copy. */
export function CopyButton({ text, label, done, title, className }: Props) {
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => {
    if (said === null) return;
    const timer = setTimeout(() => setSaid(null), 2_500);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      setSaid(done);
    } catch {
      // Only pages over https and on localhost have a clipboard.
      prompt("Copy this:", text());
    }
  };
  return (
    <button type="button" className={className} title={title} onClick={() => void copy()}>
      <span aria-live="polite">{said ?? label}</span>
    </button>
  );
}
