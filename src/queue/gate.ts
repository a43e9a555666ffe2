/** Lets runs in; answers with how to leave. */
export interface Gate {
  /**
   * An ordinary run goes in beside others. A `suspect` (its worker has died before) goes in alone, so that when the
   * worker dies again the death is the suspect's and not that of whatever ran beside it.
   */
  enter(suspect: boolean): Promise<() => void>;
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

  return {
    enter: (suspect) =>
      new Promise((resolve) => {
        const leave = () => {
          inside -= 1;
          if (suspect) suspectInside = false;
          admitNext();
        };
        line.push({ suspect, admit: () => resolve(leave) });
        admitNext();
      }),
  };
}
