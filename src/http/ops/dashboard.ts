import { type RequestHandler, type Response, Router } from 'express';
import { lazy } from '../../lazy.ts';
import type { BoardDeps } from '../../queue/producer/board.ts';
import { requireScope } from '../auth/identify.ts';

const BASE_PATH = '/admin/queues';

/** The board brings a `<base>` and styles in its markup; scripts still come from here alone. */
const BOARD_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

/** bull-board below `/admin/queues`, for callers with the scope `admin`; its page's addresses begin with `publicPath`. */
export function createDashboardRouter(deps: BoardDeps, publicPath: string): Router {
  const loadBoard = lazy(async () => (await import('./board.ts')).createBoard(deps, BASE_PATH, publicPath));
  const board: RequestHandler = async (req, res, next) => (await loadBoard())(req, res, next);
  const router = Router();
  router.use(BASE_PATH, requireScope('admin'), usePolicy, adaptPage(publicPath), board);
  return router;
}

const usePolicy: RequestHandler = (_req, res, next) => {
  res.setHeader('Content-Security-Policy', BOARD_POLICY);
  next();
};

/** The board's page links a font from another host; no page of ours asks anybody else for anything. */
const adaptPage = (publicPath: string): RequestHandler => {
  // It says when Redis does not answer, which the board takes for a Redis without queues.
  const script = `<script type="module" src="${publicPath}/assets/board/board.js"></script>`;
  return (_req, res, next) => {
    const send = res.send.bind(res);
    res.send = ((body: unknown): Response => {
      if (typeof body !== 'string' || !body.startsWith('<!DOCTYPE')) return send(body);
      return send(body.replaceAll(/<link[^>]+href="https?:[^>]*>/g, '').replace('</head>', `${script}</head>`));
    }) as typeof res.send;
    next();
  };
};
