import { BullAdapter } from '@bull-board/api/bullAdapter';
import type { Producer } from './producer.ts';

/**
 * The dashboard's view of the queues: read only, since its Remove, Empty, Clean and Obliterate would lose accepted
 * jobs. Each job links to its own page, where it can be steered.
 */
export const boardAdapters = ({ queues }: Pick<Producer, 'queues'>): BullAdapter[] =>
  queues.map(
    (queue) =>
      new BullAdapter(queue, {
        readOnlyMode: true,
        externalJobUrl: ({ id }) => ({ displayText: 'Open the job', href: `/jobs/${id}` }),
      }),
  );
