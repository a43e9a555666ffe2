import type { Request } from 'express';
import type { AppError, ErrorCode } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { createThinner } from '../../logs/thinner.ts';
import { originOf } from '../request-origin.ts';

/** Different faults of ours that are told in one second. */
const MOST_FAULTS = 50;

/** Tells the log of requests that could not be served, one line a second for each code. */
export type LogRefusal = (req: Request, error: AppError) => void;

interface Refusal {
  code: ErrorCode;
}

/**
 * Makes it. What is expected (a full queue, Redis away) has its reason in one sentence; a fault of ours has its stack.
 * What comes within a second after a line is counted, and is one line with the number in `count`. What a caller did wrong
 * is in the access log alone.
 */
export function createRefusalLog(log: Log): LogRefusal {
  const thinner = createThinner<Refusal>({
    limit: () => 1,
    tell: ({ code }, count) => log[levelOf(code)]({ code, count }, 'requests failed'),
    mostNames: MOST_FAULTS,
  });
  return (req, error) => {
    const { code, status, cause } = error;
    if (status < 500) return;
    const isOurs = code === 'internal';
    if (!thinner.passes(isOurs ? `${code} ${originOfStack(cause)}` : code, { code })) return;
    const err = isOurs ? (cause ?? error) : reasonOf(error);
    const route = typeof req.route?.path === 'string' ? req.route.path : null;
    log[levelOf(code)]({ err, ...originOf(req), method: req.method, route, code }, 'request failed');
  };
}

const levelOf = (code: ErrorCode): 'error' | 'warn' => (code === 'internal' ? 'error' : 'warn');

const reasonOf = ({ message, cause }: AppError): string =>
  cause instanceof Error && cause.message ? `${message} (${cause.message})` : message;

/** Where an error was thrown: faults of different origins are told apart. */
const originOfStack = (error: unknown): string =>
  error instanceof Error ? (error.stack?.split('\n').find((line) => line.startsWith('    at ')) ?? error.name) : '';
