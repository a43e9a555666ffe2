/** Does a piece of work as soon as there is room for it. */
export type TakeLane = <T>(work: () => Promise<T>) => Promise<T>;

/** Lets so many works go on at a time; the others wait in line. */
export function createLanes(count: number): TakeLane {
  let free = count;
  const line: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => line.push(resolve));
    try {
      return await work();
    } finally {
      const next = line.shift();
      if (next) next();
      else free += 1;
    }
  };
}
