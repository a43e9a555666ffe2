import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import type { Config } from '../../config/platform.ts';
import type { KindRoute, RouteAnswer, RouteRequest } from '../../kinds/routes.ts';
import type { ActOnce } from '../actions/act-once.ts';
import { callerOrNull, requireScope } from '../auth/identify.ts';
import type { Views } from '../pages/views.ts';
import { prefersHtml } from '../problem.ts';
import { sendOn } from '../public-path.ts';
import { originOf } from '../request-origin.ts';
import { type BodyReaders, readJsonBody } from './json-body.ts';

const MAX_BODY_BYTES = 10_000;

export interface KindRoutesDeps extends Pick<BodyReaders, 'receiving'> {
  config: Pick<Config, 'JSON_MAX_BYTES'>;
  actOnce: ActOnce;
  views: Views;
}

/** Mounts the routes that a kind brings for itself. */
export function createKindRoutesRouter(routes: readonly KindRoute[], deps: KindRoutesDeps): Router {
  const router = Router();
  for (const route of routes) {
    const [scope, ...others] = route.scopes === 'open' ? [] : route.scopes;
    const guards = scope === undefined ? [] : [requireScope(scope, ...others)];
    const answer = async (req: Request) => route.handle(toRouteRequest(req, route));
    const handle: RequestHandler = async (req, res) => {
      if (route.body === 'form' && route.scopes !== 'open') return actOrShow(req, res, () => answer(req), deps);
      return sendAnswer(req, res, await answer(req), deps.views);
    };
    router[route.method](route.path, ...guards, ...bodyReaders(route, deps), handle);
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
  if (!isDone) sendAnswer(req, res, shown, views);
}

function bodyReaders({ body, maxBytes: limit = MAX_BODY_BYTES }: KindRoute, { config, receiving }: KindRoutesDeps) {
  if (body === 'json') {
    return readJsonBody(config.JSON_MAX_BYTES, { receiving });
  }
  if (body === 'form') return [express.urlencoded({ extended: false, limit })];
  return body === 'ignored' ? [express.raw({ limit, type: () => true })] : [];
}

const toRouteRequest = (req: Request, { body }: KindRoute): RouteRequest => ({
  params: req.params as Record<string, string>,
  query: req.query,
  body: body === 'ignored' ? undefined : req.body,
  hasBody: req.get('content-type') !== undefined,
  caller: callerOrNull(req)?.name ?? '',
  isAdmin: callerOrNull(req)?.scopes.has('admin') ?? false,
  prefersHtml: prefersHtml(req),
  requestId: originOf(req).requestId ?? '',
});

function sendAnswer(req: Request, res: Response, answer: RouteAnswer, views: Views): void {
  const { status = 200, headers = {}, json, text, page, redirect } = answer;
  res.status(status).set({ ...headers });
  if (redirect !== undefined) sendOn(res, redirect);
  else if (page) views.page(page.view)(req, res, page.frame, page.data);
  else if (json !== undefined) res.set({ 'Cache-Control': 'no-store', ...headers }).json(json);
  else if (text !== undefined) res.type('text/plain').send(text);
  else res.end();
}
