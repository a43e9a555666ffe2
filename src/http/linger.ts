import type { Request } from 'express';

/**
 * An answer may come before the whole upload was read, and a client that writes before it reads must get to it. The
 * rest is thrown away until no byte came for this long, or for so long in all; then the connection is cut.
 */
const LINGER_IDLE_MS = 5000;
const LINGER_MS = 30_000;
/** So long a client has to get to an answer that says that the rest of its body is of no use. */
const UNREAD_MS = 100;

const unread = new WeakSet<Request>();

/**
 * Has the rest of a body that nobody wants stay where it is, so that it is not sent for nothing: browsers read no answer before they
 * have sent all of it, or can send no more.
 */
export function leaveUnread(req: Request): void {
  unread.add(req);
}

/**
 * Reads on after an early answer, within limits; does nothing for a request that was read as a whole. Call it when the
 * answer is on its way: who waits for `100 Continue` need not send the rest.
 */
export function lingerAfter(req: Request): void {
  if (req.complete) return;
  const cut = () => req.socket.destroy();
  if (unread.has(req)) {
    // Once: Node throws away by itself what comes of a body of which nothing was read.
    req.read();
    const wait = setTimeout(cut, UNREAD_MS).unref();
    return void req.once('close', () => clearTimeout(wait));
  }
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
