import type { Request, Response } from 'express';

/**
 * An answer may come before the whole upload was read, and a client that writes before it reads must get to it. The
 * rest is thrown away until no byte came for this long, or for so long in all; then the connection is cut.
 */
const LINGER_IDLE_MS = 5000;
const LINGER_MS = 30_000;

/** Reads on after an early answer, within limits; does nothing for a request that was read as a whole. */
export function lingerAfter(req: Request, res: Response): void {
  if (req.complete) return;
  res.once('finish', () => {
    const cut = () => req.socket.destroy();
    const whole = setTimeout(cut, LINGER_MS).unref();
    const idle = setTimeout(cut, LINGER_IDLE_MS).unref();
    req.once('close', () => {
      clearTimeout(whole);
      clearTimeout(idle);
    });
    req.on('data', () => idle.refresh());
    req.resume();
  });
}
