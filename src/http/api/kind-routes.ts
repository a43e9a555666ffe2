import { pipeline } from 'node:stream/promises';
import contentDisposition from 'content-disposition';
import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import type { Config } from '../../config/platform.ts';
import type { Quotas } from '../../keys/quotas.ts';
import type { KindRoute, RouteAnswer, RouteRequest } from '../../kinds/routes.ts';
import type { Producer } from '../../queue/producer/producer.ts';
import { audits, dropAudit, noteAudit } from '../access/audit.ts';
import type { ActOnce } from '../actions/act-once.ts';
import { callerOrNull, requireScope, stillHolds } from '../auth/identify.ts';
import { allowFrames, isolate } from '../auth/security.ts';
import type { Views } from '../pages/views.ts';
import { prefersHtml } from '../problem.ts';
import { sendOn } from '../public-path.ts';
import { originOf } from '../request-origin.ts';
import { assertRetryRoom } from './accept/files/hold-room.ts';
import { type BodyReaders, readJsonBody } from './json-body.ts';
import { pause, preferredWait } from './prefer.ts';

const MAX_BODY_BYTES = 10_000;
/** A handler that waits asks again after this. */
const ASK_AGAIN_MS = 200;

export interface KindRoutesDeps extends Pick<BodyReaders, 'receiving'> {
  config: Pick<Config, 'JSON_MAX_BYTES'>;
  actOnce: ActOnce;
  views: Views;
  producer: Pick<Producer, 'retry'>;
  quotas: Pick<Quotas, 'hold'>;
}

/** Mounts the routes that a kind brings for itself. */
export function createKindRoutesRouter(routes: readonly KindRoute[], deps: KindRoutesDeps): Router {
  const router = Router();
  // `DELETE /v1/inbox/` with an id that is empty must not be taken for all mails.
  const deletes = Router({ strict: true });
  router.use(deletes);
  for (const route of routes) {
    const [scope, ...others] = route.scopes === 'open' ? [] : route.scopes;
    const audited = route.audits === undefined ? [] : [audits(route.audits)];
    const guards = scope === undefined ? [] : [requireScope(scope, ...others), ...audited];
    const answer = async (req: Request) => {
      const answered = await route.handle(toRouteRequest(req, route, deps));
      if (answered.audit === null) dropAudit(req);
      else if (answered.audit) noteAudit(req, answered.audit);
      return answered;
    };
    const handle: RequestHandler = async (req, res) => {
      if (route.body === 'form' && route.scopes !== 'open') return actOrShow(req, res, () => answer(req), deps);
      return sendAnswer(req, res, await answer(req), deps.views);
    };
    (route.method === 'delete' ? deletes : router)[route.method](
      route.path,
      ...guards,
      ...bodyReaders(route, deps),
      handle,
    );
  }
  return router;
}

/** What a form asks for is done once; where nothing was done (a fault in a field), the answer is shown. */
async function actOrShow(
  req: Request,
  res: Response,
  answer: () => Promise<RouteAnswer>,
  { actOnce, views }: KindRoutesDeps,
): Promise<void> {
  let shown: RouteAnswer = {};
  const isDone = await actOnce(req, res, async () => {
    shown = await answer();
    const { redirect, notice } = shown;
    return redirect === undefined ? null : { location: redirect, ...(notice === undefined ? {} : { notice }) };
  });
  if (!isDone) await sendAnswer(req, res, shown, views);
}

function bodyReaders({ body, maxBytes: limit = MAX_BODY_BYTES }: KindRoute, { config, receiving }: KindRoutesDeps) {
  if (body === 'json') {
    return readJsonBody(config.JSON_MAX_BYTES, { receiving });
  }
  if (body === 'form') return [express.urlencoded({ extended: false, limit })];
  return body === 'ignored' || body === 'bytes' ? [express.raw({ limit, type: () => true })] : [];
}

const toRouteRequest = (
  req: Request,
  { body }: KindRoute,
  { producer, quotas }: Pick<KindRoutesDeps, 'producer' | 'quotas'>,
): RouteRequest => ({
  params: req.params as Record<string, string>,
  query: req.query,
  body: body === 'ignored' ? undefined : req.body,
  header: (name) => req.get(name),
  hasBody: req.get('content-type') !== undefined,
  caller: callerOrNull(req)?.name ?? '',
  isAdmin: callerOrNull(req)?.scopes.has('admin') ?? false,
  prefersHtml: prefersHtml(req),
  requestId: originOf(req).requestId ?? '',
  wait: (ask) => waitFor(req, ask),
  async runAgain(job, fields) {
    await assertRetryRoom(req, quotas, job);
    return producer.retry(job, fields);
  },
});

async function waitFor<T>(req: Request, ask: () => Promise<T | null>): Promise<T | null> {
  const seconds = preferredWait(req);
  req.res?.set('Vary', 'Prefer');
  const over = performance.now() + seconds * 1000;
  let found = await ask();
  const isAwaited = found === null && seconds > 0;
  while (found === null && performance.now() < over && !req.socket.destroyed) {
    await pause(Math.min(ASK_AGAIN_MS, over - performance.now()));
    found = await ask();
  }
  if (isAwaited && !(await stillHolds(req))) return null;
  if (found !== null && seconds > 0) req.res?.set('Preference-Applied', `wait=${seconds}`);
  return found;
}

async function sendAnswer(req: Request, res: Response, answer: RouteAnswer, views: Views): Promise<void> {
  const { status = 200, headers = {}, json, text, file, page, foreignHtml, redirect } = answer;
  res.status(status).set({ ...headers });
  if (redirect !== undefined) sendOn(res, redirect);
  else if (page) {
    if (page.hasFrame) allowFrames(res);
    views.page(page.view)(req, res, page.frame, page.data);
  } else if (foreignHtml) {
    isolate(res, foreignHtml);
    res.set('Cache-Control', 'no-store').type('html').send(foreignHtml.html);
  } else if (file) await sendAsFile(res, file);
  else if (json !== undefined) res.set({ 'Cache-Control': 'no-store', ...headers }).json(json);
  else if (text !== undefined) res.type('text/plain').send(text);
  else res.end();
}

async function sendAsFile(res: Response, { type, content, bytes, filename }: NonNullable<RouteAnswer['file']>) {
  res.set({ 'Cache-Control': 'no-store, no-transform', 'Content-Type': type, 'Content-Length': String(bytes) });
  if (filename !== undefined) res.set('Content-Disposition', contentDisposition(filename));
  if (content instanceof Uint8Array) {
    res.end(content);
    return;
  }
  await pipeline(content, res).catch((error: NodeJS.ErrnoException) => {
    // The client went away: nobody is left to tell.
    if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  });
}
