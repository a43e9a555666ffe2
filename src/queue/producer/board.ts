import { BullAdapter } from '@bull-board/api/bullAdapter';
import type { Producer } from './producer.ts';

/** A job's data without the password that its input may have. */
function hidePassword(data: { input?: { password?: unknown } } | null): unknown {
  if (data?.input?.password === undefined) return data;
  return { ...data, input: { ...data.input, password: '(hidden)' } };
}

/**
 * The dashboard's view of the queues: read only, since its Remove, Empty, Clean and Obliterate would lose accepted
 * jobs. Each job links to its own page, where it can be cancelled, retried and erased.
 */
export const boardAdapters = ({ queues }: Pick<Producer, 'queues'>): BullAdapter[] =>
  queues.map((queue) => {
    const adapter = new BullAdapter(queue, {
      readOnlyMode: true,
      externalJobUrl: ({ id }) => ({ displayText: 'Open the job', href: `/jobs/${id}` }),
    });
    adapter.setFormatter('data', hidePassword);
    return adapter;
  });
