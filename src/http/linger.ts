import type { Request } from 'express';

/**
 * An answer may come before the whole upload was read, and a client that writes before it reads must get to it. The
 * rest is thrown away until no byte came for this long, or for so long in all; then the connection is cut.
 */
const LINGER_IDLE_MS = 5000;
const LINGER_MS = 30_000;

/**
 * Reads on after an early answer, within limits; does nothing for a request that was read as a whole. Call it when the
 * answer is on its way: who waits for `100 Continue` need not send the rest.
 */
export function lingerAfter(req: Request): void {
  if (req.complete) return;
  const cut = () => req.socket.destroy();
  const whole = setTimeout(cut, LINGER_MS).unref();
  const idle = setTimeout(cut, LINGER_IDLE_MS).unref();
  req.once('close', () => {
    clearTimeout(whole);
    clearTimeout(idle);
  });
  // Read from before the answer has gone out: Node hides from listeners what it throws away by itself.
  req.read(0);
  req.on('data', () => idle.refresh());
  req.resume();
}
