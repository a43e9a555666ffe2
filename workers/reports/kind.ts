import { defineKind } from '../../src/kinds/kind.ts';
import { reports } from './job.ts';
import { page } from './page.ts';
import { settings } from './settings.ts';

/** The reports kind. */
export const kind = defineKind({
  folder: import.meta.dirname,
  contract: reports,
  load: () => import('./processor.ts'),
  loadThreads: () => import('./render/thread.ts'),
  settings,
  page,
});
