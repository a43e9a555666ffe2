import { createBullBoard } from '@bull-board/api';
import { ExpressAdapter } from '@bull-board/express';
import type { RequestHandler } from 'express';
import { type BoardDeps, boardAdapters } from '../../queue/producer/board.ts';

/**
 * Makes bull-board itself, below that path; its page's addresses begin with `publicPath`. dashboard.ts loads this file at the
 * first request for it.
 */
export function createBoard(deps: BoardDeps, basePath: string, publicPath: string): RequestHandler {
  const icon = `${publicPath}/favicon.svg`;
  const adapter = new ExpressAdapter();
  adapter.setBasePath(`${publicPath}${basePath}`);
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
  return adapter.getRouter() as RequestHandler;
}
