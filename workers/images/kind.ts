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
    ownProcess: true,
    // Its heap is small beside the files and pixels that come and go, which V8 counts with it: left alone, V8 would
    // look for garbage every other job, for a third of a PNG's time. So it waits until there is four times what was
    // left.
    v8Flag: '--heap-growing-percent=300',
    // Pixels come and go in large blocks from many threads. glibc would keep an arena for each thread, and raise the
    // size from which it gives a block back at once: a worker that made a large image would keep 200 MB for good. With
    // two arenas and a fixed size it comes down to what it had. (Without effect where jemalloc is preloaded, as in the
    // container image.)
    environment: {
      MALLOC_ARENA_MAX: '2',
      MALLOC_MMAP_THRESHOLD_: '131072',
      MALLOC_TRIM_THRESHOLD_: '131072',
    },
  },
  page,
});
