import { defineKind } from '../../src/kinds/kind.ts';
import { flows } from './job.ts';
import { page } from './page.ts';
import { documented } from './routes/documented.ts';
import { createRoutes } from './routes/rows.ts';
import { settings } from './settings.ts';

/** The flows kind. */
export const kind = defineKind({
  folder: import.meta.dirname,
  contract: flows,
  load: () => import('./processor.ts'),
  settings,
  program: { weight: 'light' },
  page,
  createRoutes,
  documented,
});
