// @ts-check

/** How many files of a page are sent at a time. */
const SEATS = 3;
let seatsTaken = 0;
/** @type {(() => void)[]} */
const seatQueue = [];

/** Waits for a place to send from; answers what gives it back. @param {AbortSignal} signal */
export async function takeSeat(signal) {
  while (seatsTaken >= SEATS) await new Promise((resolve) => seatQueue.push(() => resolve(undefined)));
  const leave = () => {
    seatsTaken -= 1;
    seatQueue.shift()?.();
  };
  seatsTaken += 1;
  if (signal.aborted) {
    leave();
    throw signal.reason;
  }
  return leave;
}
