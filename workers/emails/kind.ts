import { defineKind } from '../../src/kinds/kind.ts';
import { emails } from './job.ts';
import { page } from './page.ts';
import { documented } from './routes/documented.ts';
import { createRoutes } from './routes/routes.ts';
import { settings } from './settings.ts';

/** The emails kind. */
export const kind = defineKind({
  folder: import.meta.dirname,
  contract: emails,
  load: () => import('./processor.ts'),
  settings,
  program: { weight: 'light', loadsAtStart: true },
  page,
  createRoutes,
  documented,
});
