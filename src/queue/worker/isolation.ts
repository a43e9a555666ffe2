/** Lets runs in; answers with how to leave. */
export interface Gate {
  /**
   * An ordinary run goes in beside others. A `suspect` (its worker has died before) goes in alone, so that when the
   * worker dies again the death is the suspect's and not that of whatever ran beside it.
   */
  enter(suspect: boolean): Promise<() => void>;
  /** Lets an ordinary run in if it need not wait, and answers with how to leave; null if it would have to. */
  tryEnter(): (() => void) | null;
}

interface Waiting {
  suspect: boolean;
  admit: () => void;
}

/** A gate for one worker process; first come, first in, so that neither sort starves the other. */
export function createGate(): Gate {
  const line: Waiting[] = [];
  let inside = 0;
  let suspectInside = false;

  const admitNext = () => {
    for (let next = line[0]; next; next = line[0]) {
      if (suspectInside || (next.suspect && inside > 0)) return;
      line.shift();
      inside += 1;
      suspectInside = next.suspect;
      next.admit();
    }
  };

  const leaveAs = (suspect: boolean) => () => {
    inside -= 1;
    if (suspect) suspectInside = false;
    admitNext();
  };

  return {
    enter: (suspect) =>
      new Promise((resolve) => {
        line.push({ suspect, admit: () => resolve(leaveAs(suspect)) });
        admitNext();
      }),
    tryEnter() {
      if (suspectInside || line.length > 0) return null;
      inside += 1;
      return leaveAs(false);
    },
  };
}
