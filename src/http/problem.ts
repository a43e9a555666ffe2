import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { AppError, type Problem, toAppError, toProblem } from '../errors.ts';
import type { Log } from '../log.ts';

/**
 * An answer may come before the whole upload was read; the rest of it is thrown away for this long, then the connection
 * is cut.
 */
const LINGER_MS = 2000;

/** Shows a problem as a page; given by the pages, used for requests of browsers. */
export type RenderProblem = (req: Request, res: Response, problem: Problem) => void;

/** Sends an error as problem details (RFC 9457), or as a page to a browser. The last handler of the app. */
export function createProblemHandler(log: Log, renderProblem: RenderProblem): ErrorRequestHandler {
  return (thrown, req, res, _next) => {
    const error = toAppError(translateHttpError(thrown));
    if (error.status >= 500) {
      const level = error.code === 'internal' ? 'error' : 'warn';
      log[level]({ err: error.cause ?? error, method: req.method, path: req.path, code: error.code }, 'request failed');
    }
    if (res.headersSent) {
      // Half an answer can't be taken back; cutting the connection tells the client that it is not whole.
      res.destroy();
      return;
    }
    lingerAfter(req, res);
    res.status(error.status);
    if (error.code === 'unauthorized') res.set('WWW-Authenticate', 'Bearer realm="heavylift"');
    if (error.retryAfterSeconds !== undefined) res.set('Retry-After', String(error.retryAfterSeconds));
    if (error.job !== undefined) res.set('Location', `/v1/jobs/${error.job}`);
    res.set('Cache-Control', 'no-store');
    const problem = toProblem(error);
    if (prefersHtml(req)) renderProblem(req, res, problem);
    else res.type('application/problem+json').send(JSON.stringify(problem));
  };
}

/** Nothing answers at this path. */
export const notFound: RequestHandler = (req) => {
  throw new AppError('not_found', `There is nothing at ${req.path}.`);
};

/** Whether a person's browser asks rather than a program: a bare wildcard is a program. */
export const prefersHtml = (req: Request): boolean => req.accepts(['json', 'html']) === 'html';

/** Errors of express and its body parser, which carry a status and a type, in our words. */
function translateHttpError(thrown: unknown): unknown {
  if (thrown instanceof AppError || !(thrown instanceof Error)) return thrown;
  const { status, type, limit } = thrown as { status?: number; type?: string; limit?: number };
  if (type === 'entity.parse.failed') {
    return new AppError('invalid_request', 'The body is not valid JSON.', {
      cause: thrown,
      errors: [{ pointer: '', detail: thrown.message }],
    });
  }
  if (status === 413) return new AppError('payload_too_large', `The body is larger than the limit of ${limit} bytes.`);
  if (status === 415) return new AppError('unsupported_media_type', `The body can not be read: ${thrown.message}.`);
  if (status !== undefined && status >= 400 && status < 500) {
    return new AppError('invalid_request', `The request can not be read: ${thrown.message}.`, { cause: thrown });
  }
  return thrown;
}

function lingerAfter(req: Request, res: Response): void {
  if (req.complete) return;
  res.once('finish', () => {
    const timer = setTimeout(() => req.socket.destroy(), LINGER_MS);
    timer.unref();
    req.once('close', () => clearTimeout(timer));
    req.resume();
  });
}
