import { defineKind } from '../../src/kinds/kind.ts';
import { webhooks } from './job.ts';
import { page } from './page.ts';
import { settings } from './settings.ts';

/** The webhooks kind. */
export const kind = defineKind({
  folder: import.meta.dirname,
  contract: webhooks,
  load: () => import('./processor.ts'),
  settings,
  program: { weight: 'light' },
  page,
});
