/** Looked at so often: a picture that is being made may pass a limit for a moment. */
const LOOK_EVERY_MS = 1000;
/** So many looks in a row, each over the limit, are no moment any more. */
const LOOKS = 5;

export interface MemoryWatchOptions {
  limitBytes: number;
  /** Called once, with the resident bytes, when the process has been over its limit for some seconds. */
  onOver: (residentBytes: number) => void;
}

/** Notices when this process takes more memory than it may. */
export interface MemoryWatch {
  start(): void;
  stop(): void;
}

/** Makes a watch over the process's resident memory, native memory of libraries included. */
export function createMemoryWatch({ limitBytes, onOver }: MemoryWatchOptions): MemoryWatch {
  let timer: NodeJS.Timeout | undefined;
  let over = 0;
  const stop = () => clearInterval(timer);
  const look = () => {
    const bytes = process.memoryUsage.rss();
    over = bytes > limitBytes ? over + 1 : 0;
    if (over < LOOKS) return;
    stop();
    onOver(bytes);
  };
  return {
    start() {
      timer = setInterval(look, LOOK_EVERY_MS);
      timer.unref();
    },
    stop,
  };
}
