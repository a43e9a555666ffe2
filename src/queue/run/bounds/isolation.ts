/**
 * Keeps a job whose worker has died before away from others: its run is isolated, so that when the worker dies again
 * the death is that job's and not that of whatever ran beside it.
 */
export interface IsolationLock {
  /** A pass for one run. */
  createPass(): Pass;
}

/** One run's way in and out. */
export interface Pass {
  /** Lets the run in beside others if it need not wait; false if it would have to. */
  tryEnter(): boolean;
  /** Lets the run in (out first, if it was in): alone where it is isolated, else beside others. */
  enter(isolated: boolean): Promise<void>;
  /** Lets the run out, if it is in. */
  leave(): void;
}

interface Waiting {
  isolated: boolean;
  admit: () => void;
}

/** An isolation lock for one worker process; first come, first in, so that neither sort of run starves the other. */
export function createIsolationLock(): IsolationLock {
  const line: Waiting[] = [];
  let inside = 0;
  let isolatedInside = false;

  const admitNext = () => {
    for (let next = line[0]; next; next = line[0]) {
      if (isolatedInside || (next.isolated && inside > 0)) return;
      line.shift();
      inside += 1;
      isolatedInside = next.isolated;
      next.admit();
    }
  };

  const createPass = (): Pass => {
    let entered: 'no' | 'shared' | 'isolated' = 'no';
    const leave = () => {
      if (entered === 'no') return;
      inside -= 1;
      if (entered === 'isolated') isolatedInside = false;
      entered = 'no';
      admitNext();
    };
    return {
      tryEnter() {
        if (entered !== 'no') return entered === 'shared';
        if (isolatedInside || line.length > 0) return false;
        inside += 1;
        entered = 'shared';
        return true;
      },
      enter(isolated) {
        leave();
        return new Promise((resolve) => {
          const admit = () => {
            entered = isolated ? 'isolated' : 'shared';
            resolve();
          };
          line.push({ isolated, admit });
          admitNext();
        });
      },
      leave,
    };
  };
  return { createPass };
}
