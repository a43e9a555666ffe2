import { defineKind } from '../../src/kinds/kind.ts';
import { images } from './job.ts';
import { page } from './page.ts';
import { settings } from './settings.ts';

/** The images kind. */
export const kind = defineKind({
  folder: import.meta.dirname,
  contract: images,
  load: () => import('./processor.ts'),
  loadThreads: () => import('./threads/thread.ts'),
  settings,
  program: {
    weight: 'heavy',
    // Its heap is small beside the files and pixels that come and go, which V8 counts with it: left alone, V8 would
    // look for garbage every other job, for a third of a PNG's time. So it waits until there is four times what was
    // left.
    v8Flag: '--heap-growing-percent=300',
  },
  page,
});
