/** Looked at so often: a look that comes much later tells of the time in between. */
const LOOK_EVERY_MS = 500;
/** Half of the time that a lock holds: whoever stands still for that long may lose its jobs. */
const STANDSTILL_MS = 2000;

/** Notices whether this process stands still: something blocks its event loop, or it is frozen from outside. */
export interface StandstillWatch {
  /** Whether it has stood still since the watch began. */
  stoodStill(): boolean;
  stop(): void;
}

/** Begins a watch. */
export function watchStandstill(): StandstillWatch {
  let lookedAt = performance.now();
  let stood = false;
  const look = () => {
    const now = performance.now();
    if (now - lookedAt > STANDSTILL_MS) stood = true;
    lookedAt = now;
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  timer.unref();
  return {
    stoodStill() {
      look();
      return stood;
    },
    stop: () => clearInterval(timer),
  };
}
