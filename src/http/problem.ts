import type { ErrorRequestHandler, Request, Response } from 'express';
import { AppError, addressProblem, type Problem, toAppError, toProblem } from '../errors.ts';
import type { Log } from '../log.ts';
import { maskTokens } from '../logs/mask.ts';
import { noteRefusal } from './access/access-log.ts';
import { createRefusalLog } from './access/refusal-log.ts';
import { lingerAfter } from './linger.ts';
import { linkTo } from './public-path.ts';
import { originOf } from './request-origin.ts';

/** What a handler may have said of an answer that is not sent after all. */
const HEADERS_OF_CONTENT = ['ETag', 'Last-Modified', 'Accept-Ranges', 'Content-Disposition'];

/** Shows a problem as a page; given by the pages, used for requests of browsers. */
export type RenderProblem = (req: Request, res: Response, problem: Problem) => void;

export interface ProblemHandlerDeps {
  log: Log;
  renderProblem: RenderProblem;
}

/** Sends an error as problem details (RFC 9457), or as a page to a browser. The last handler of the app. */
export function createProblemHandler({ log, renderProblem }: ProblemHandlerDeps): ErrorRequestHandler {
  const logRefusal = createRefusalLog(log);
  return (thrown, req, res, _next) => {
    const error = toAppError(translateHttpError(thrown));
    noteRefusal(req, error.code, showsBadKey(req, error) ? 'refused' : undefined);
    logRefusal(req, error);
    if (res.headersSent) {
      // Half an answer can't be taken back; cutting the connection tells the client that it is not whole.
      res.destroy();
      return;
    }
    for (const name of HEADERS_OF_CONTENT) res.removeHeader(name);
    res.status(error.status);
    if (error.code !== 'range_not_satisfiable') res.removeHeader('Content-Range');
    if (error.status === 401) res.set('WWW-Authenticate', challengeFor(req));
    if (error.retryAfterSeconds !== undefined) res.set('Retry-After', String(Math.ceil(error.retryAfterSeconds)));
    if (error.job !== undefined) res.set('Location', linkTo(res, `/v1/jobs/${error.job}`));
    res.set('Cache-Control', 'no-store').vary('Accept');
    const problem = presentProblem(req, toProblem(error));
    if (prefersHtml(req)) renderProblem(req, res, problem);
    else sendProblem(res, problem);
    lingerAfter(req);
  };
}

/** Completes a problem for the request that it answers: where it is explained, and the request's name. */
export const presentProblem = (req: Request, problem: Problem): Problem => {
  const { requestId } = originOf(req);
  // A path that is told back may have a token in it, and a problem is copied into tickets.
  const detail = maskTokens(problem.detail);
  const addressed = addressProblem({ ...problem, detail }, String(req.app.locals['publicUrl']));
  const links = problem.links && { self: linkTo(req, problem.links.self) };
  return { ...addressed, ...(links ? { links } : {}), ...(requestId === undefined ? {} : { requestId }) };
};

/** Sends a problem that `presentProblem` made, with the status that the answer has by then. */
export const sendProblem = (res: Response, problem: Problem): Response =>
  res.type('application/problem+json').send(JSON.stringify(problem));

/** Whether a person's browser asks rather than a program: a bare wildcard is a program. */
export const prefersHtml = (req: Request): boolean => req.accepts(['json', 'html']) === 'html';

/** Whether somebody is nobody although a key was sent. */
const showsBadKey = (req: Request, { code }: AppError): boolean =>
  code === 'unauthorized' && req.headers.authorization !== undefined;

/** RFC 6750, 3: a key that was given and does not hold is told from none. */
const challengeFor = (req: Request): string =>
  `Bearer realm="heavylift"${req.headers.authorization === undefined ? '' : ', error="invalid_token"'}`;

/** Errors of express and its body parser, which carry a status and a type, in our words. */
function translateHttpError(thrown: unknown): unknown {
  if (thrown instanceof AppError || !(thrown instanceof Error)) return thrown;
  const { status, limit } = thrown as { status?: number; limit?: number };
  if (status === 412) return new AppError('precondition_failed', 'What is there is not what If-Match asks for.');
  if (status === 413) return new AppError('payload_too_large', `The body is larger than the limit of ${limit} bytes.`);
  if (status === 415) return new AppError('unsupported_media_type', `The body can not be read: ${thrown.message}.`);
  if (status !== undefined && status >= 400 && status < 500) {
    return new AppError('invalid_request', `The request can not be read: ${thrown.message}.`, { cause: thrown });
  }
  return thrown;
}
