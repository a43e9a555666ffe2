import { createBullBoard } from '@bull-board/api';
import { ExpressAdapter } from '@bull-board/express';
import { type RequestHandler, type Response, Router } from 'express';
import { type BoardDeps, boardAdapters } from '../../queue/producer/board.ts';
import { requireScope } from '../auth/identify.ts';

const BASE_PATH = '/admin/queues';

/** The board brings a `<base>` and styles in its markup; scripts still come from here alone. */
const BOARD_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

/** bull-board below `/admin/queues`, for callers with the scope `admin`; its page's addresses begin with `publicPath`. */
export function createDashboardRouter(deps: BoardDeps, publicPath: string): Router {
  const icon = `${publicPath}/favicon.svg`;
  const adapter = new ExpressAdapter();
  adapter.setBasePath(`${publicPath}${BASE_PATH}`);
  createBullBoard({
    queues: boardAdapters(deps, publicPath),
    serverAdapter: adapter,
    options: {
      uiConfig: {
        boardTitle: 'Heavylift',
        boardLogo: { path: icon, width: 24, height: 24 },
        favIcon: { default: icon, alternative: icon },
        miscLinks: [{ text: 'Queues', url: `${publicPath}/admin` }],
        hideDocsLink: true,
        hideRedisDetails: false,
      },
    },
  });
  const router = Router();
  router.use(BASE_PATH, requireScope('admin'), usePolicy, dropForeignLinks, adapter.getRouter() as RequestHandler);
  return router;
}

const usePolicy: RequestHandler = (_req, res, next) => {
  res.setHeader('Content-Security-Policy', BOARD_POLICY);
  next();
};

/** The board's page links a font from another host; no page of ours asks anybody else for anything. */
const dropForeignLinks: RequestHandler = (_req, res, next) => {
  const send = res.send.bind(res);
  res.send = ((body: unknown): Response => {
    if (typeof body !== 'string' || !body.startsWith('<!DOCTYPE')) return send(body);
    return send(body.replaceAll(/<link[^>]+href="https?:[^>]*>/g, ''));
  }) as typeof res.send;
  next();
};
