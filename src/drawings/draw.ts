import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { DrawingError } from './drawing-error.ts';

const CHILD = new URL('./draw-child.ts', import.meta.url).pathname;
const FONTS = new URL('./fonts.conf', import.meta.url).pathname;
/** JavaScript's part of the process; librsvg's memory lies outside it. */
const HEAP_MB = 64;
/** What the process takes before it draws, and what it may take for each pixel: filters hold several copies. */
const BASE_BYTES = 150_000_000;
const PIXEL_BYTES = 60;
/** How often its memory is looked at: in that time a drawing takes some 30 MB. */
const LOOK_EVERY_MS = 20;

/** What is drawn, and for how long at most. */
export interface DrawRequest {
  /** An SVG of that size in pixels. */
  svg: Buffer;
  width: number;
  height: number;
  seconds: number;
}

/** What the process says: how many bytes it writes, of which size it drew, or why it can't. */
type Message = { bytes: number; width: number; height: number } | { fault: string };

/** The process ended, and nobody here had asked for it. */
class ProcessEnded extends Error {}

/** A process in which drawings of one caller are drawn, one after the other. */
export interface Drawer {
  /** Draws an SVG to an uncompressed TIFF. Rejects with the signal's reason, or with DrawingError; the next drawing has a process anew. */
  draw(request: DrawRequest, signal: AbortSignal): Promise<Buffer>;
  /** Ends the process. */
  close(): void;
}

const ignore = (): void => {};

function startChild(): ChildProcess {
  const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, CHILD], {
    // Nothing of the settings: no secret lies where a drawing is drawn.
    env: { FONTCONFIG_FILE: FONTS, NODE_NO_WARNINGS: '1' },
    stdio: ['pipe', 'pipe', 'ignore', 'ipc'],
  });
  // A process that was ended reads no more.
  child.stdin?.on('error', ignore);
  return child.on('error', ignore);
}

/**
 * Creates what draws drawings that come from one caller, in a process that starts with the first of them. It is ended at a
 * drawing's time limit, where one takes too much memory, and when its signal aborts; and after a drawing that leaves it large.
 */
export function createDrawer(): Drawer {
  let child: ChildProcess | undefined;
  const end = () => {
    child?.kill('SIGKILL');
    child = undefined;
  };
  const draw: Drawer['draw'] = async (request, signal) => {
    signal.throwIfAborted();
    if (child && hasEnded(child)) child = undefined;
    const wasThere = child !== undefined;
    child ??= startChild();
    const own = child;
    try {
      const tiff = await drawIn(own, request, signal);
      // The next one has all of the room.
      if (readResident(own) > BASE_BYTES) end();
      return tiff;
    } catch (error) {
      end();
      // Where memory is short it is ended, which may have been before this drawing came.
      if (wasThere && (error as Error).cause instanceof ProcessEnded) return draw(request, signal);
      throw error;
    }
  };
  return { close: end, draw };
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

/** Draws one drawing in a process of its own. Rejects as a drawer does. */
export async function drawInProcess(request: DrawRequest, signal: AbortSignal): Promise<Buffer> {
  const drawer = createDrawer();
  try {
    return await drawer.draw(request, signal);
  } finally {
    drawer.close();
  }
}

async function drawIn(child: ChildProcess, request: DrawRequest, signal: AbortSignal): Promise<Buffer> {
  const { width, height, seconds } = request;
  let ended: Error | undefined;
  const end = (reason: Error) => {
    ended ??= reason;
    child.kill('SIGKILL');
  };
  const abort = () => end(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(() => end(tooLong(seconds)), 1000 * seconds);
  const mostBytes = BASE_BYTES + PIXEL_BYTES * width * height;
  const watch = setInterval(() => {
    if (readResident(child) > mostBytes) end(tooMuchMemory());
  }, LOOK_EVERY_MS);
  try {
    return await readAnswer(child, request);
  } catch (error) {
    throw ended ?? error;
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
    signal.removeEventListener('abort', abort);
  }
}

/** Sends the drawing and collects what comes back. Rejects with DrawingError where that is nothing. */
async function readAnswer(child: ChildProcess, { svg, width, height }: DrawRequest): Promise<Buffer> {
  let message: Message | undefined;
  let tiff: Buffer | undefined;
  let length = 0;
  // The parts may come before the message: streams and messages have no order.
  const parts: Buffer[] = [];
  const done = Promise.withResolvers<void>();
  const keep = (part: Buffer) => {
    if (!tiff) {
      parts.push(part);
      return;
    }
    length += part.copy(tiff, length);
    if (length >= tiff.length) done.resolve();
  };
  const hear = (said: Message) => {
    message = said;
    if (!('bytes' in said)) {
      done.resolve();
      return;
    }
    tiff = Buffer.allocUnsafeSlow(said.bytes);
    for (const part of parts.splice(0)) keep(part);
  };
  const closed = () => done.resolve();
  child.on('message', hear).on('error', done.reject).on('close', closed);
  child.stdout?.on('data', keep);
  child.send({ bytes: svg.length }, ignore);
  child.stdin?.write(svg);
  try {
    await done.promise;
  } finally {
    child.off('message', hear).off('error', done.reject).off('close', closed);
    child.stdout?.off('data', keep);
  }
  if (message && 'fault' in message) throw classifyFault(message.fault);
  if (!message || !tiff || length < tiff.length) {
    throw unreadable(new ProcessEnded(`ended by ${child.signalCode ?? child.exitCode}`));
  }
  // What is cut out or hidden is counted in pixels of the size asked for.
  if (message.width !== width || message.height !== height) {
    throw unreadable(new Error(`drawn at ${message.width} x ${message.height}`));
  }
  return tiff;
}

/** How many bytes a process has resident; 0 where that is not known. */
function readResident({ pid }: ChildProcess): number {
  try {
    return 1024 * Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function classifyFault(fault: string): DrawingError {
  if (!/exceeded more than|too many|limit/i.test(fault)) return unreadable(new Error(fault));
  return new DrawingError('refers to its own parts too often to be drawn: simplify it', 'payload_too_large');
}

function unreadable(cause: Error): DrawingError {
  const error = new DrawingError('could not be drawn: it is damaged, or uses what is not drawn here');
  error.cause = cause;
  return error;
}

const tooLong = (seconds: number) =>
  new DrawingError(`takes more than ${seconds} seconds to draw: simplify it, or ask for less`, 'payload_too_large');

const tooMuchMemory = () =>
  new DrawingError('takes too much memory to draw: simplify its filters, or ask for less', 'payload_too_large');
