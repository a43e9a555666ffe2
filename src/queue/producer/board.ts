import { BullAdapter } from '@bull-board/api/bullAdapter';
import type { JobContract } from '../../jobs/contract.ts';
import type { Producer } from './producer.ts';

export interface BoardDeps {
  producer: Pick<Producer, 'queues'>;
  contracts: readonly JobContract[];
}

/** A job's data as the queue holds it; large inputs lie in storage. */
type JobData = { input?: Record<string, unknown> } | null;

/** Copies a job's data without what its kind keeps secret. */
function hideSecrets(data: JobData, secretFields: readonly string[]): JobData {
  const secret = Object.keys(data?.input ?? {}).filter((name) => secretFields.includes(name));
  if (secret.length === 0) return data;
  return { ...data, input: { ...data?.input, ...Object.fromEntries(secret.map((name) => [name, '(hidden)'])) } };
}

/**
 * The dashboard's view of the queues: read only, since its Remove, Empty, Clean and Obliterate would lose accepted
 * jobs. Each job links to its own page, where it can be cancelled, retried and erased.
 */
export const boardAdapters = ({ producer, contracts }: BoardDeps, publicPath: string): BullAdapter[] =>
  producer.queues.map((queue) => {
    const { secretFields = [] } = contracts.find(({ kind }) => kind === queue.name) ?? {};
    const adapter = new BullAdapter(queue, {
      readOnlyMode: true,
      description: 'The board has cancelled jobs among the failed ones; the page of all queues counts them apart.',
      externalJobUrl: ({ id }) => ({ displayText: 'Open the job', href: `${publicPath}/jobs/${id}` }),
    });
    adapter.setFormatter('data', (data: JobData) => hideSecrets(data, secretFields));
    return adapter;
  });
