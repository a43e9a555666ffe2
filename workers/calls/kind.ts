import { defineKind } from '../../src/kinds/kind.ts';
import { calls } from './job.ts';
import { page } from './page.ts';
import { documented } from './routes/documented.ts';
import { createRoutes } from './routes/secrets.ts';
import { settings } from './settings.ts';

/** The calls kind. */
export const kind = defineKind({
  folder: import.meta.dirname,
  contract: calls,
  load: () => import('./processor.ts'),
  settings,
  program: { weight: 'light' },
  page,
  createRoutes,
  documented,
});
