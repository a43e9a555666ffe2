import { createBullBoard } from '@bull-board/api';
import { ExpressAdapter } from '@bull-board/express';
import type { RequestHandler } from 'express';
import { type BoardDeps, boardAdapters } from '../../queue/producer/board.ts';

/** Makes bull-board itself, below that path. dashboard.ts loads this file at the first request for it. */
export function createBoard(deps: BoardDeps, basePath: string): RequestHandler {
  const adapter = new ExpressAdapter();
  adapter.setBasePath(basePath);
  createBullBoard({
    queues: boardAdapters(deps),
    serverAdapter: adapter,
    options: {
      uiConfig: {
        boardTitle: 'Heavylift',
        boardLogo: { path: '/favicon.svg', width: 24, height: 24 },
        favIcon: { default: '/favicon.svg', alternative: '/favicon.svg' },
        miscLinks: [{ text: 'Queues', url: '/admin' }],
        hideDocsLink: true,
        hideRedisDetails: false,
      },
    },
  });
  return adapter.getRouter() as RequestHandler;
}
