import type { Redis } from 'ioredis';
import { queueKey, queueKeys, usageKey } from '../../redis/keys.ts';
import { completeJobsScript } from '../scripts/runs/complete-jobs.ts';

/** A job that a run has completed. */
export interface Completion {
  id: string;
  /** As JSON. */
  outcome: string;
  /** The envelope that the job keeps, as JSON; '' for the one it has. */
  kept: string;
  resultBytes: number;
}

/** Marks jobs as completed: those whose runs end in one turn of the event loop by one script. */
export interface Completions {
  /** Resolves once the job is marked, with whether others wait for its end; rejects where it is not this worker's any more. */
  add(completion: Completion): Promise<boolean>;
}

export interface CompletionsDeps {
  redis: Redis;
  kind: string;
  /** The worker's lock token. */
  token: string;
  /** The worker's name for people: `images-0@host`. */
  by: string;
  /** Called for each job as soon as its end is sent. */
  onSent: (id: string) => void;
}

/** What the script's negative answers mean. */
const REFUSALS: Readonly<Record<number, string>> = {
  [-1]: 'its record is gone',
  [-2]: 'its lock is gone',
  [-3]: 'it is not among the running ones',
  [-6]: 'another has its lock',
};

/** Makes the completions of a worker. */
export function createCompletions({ redis, kind, token, by, onSent }: CompletionsDeps): Completions {
  const keys = [...queueKeys(kind, 'active', 'completed', 'stalled'), usageKey(kind)];
  let batch: { jobs: Completion[]; answered: Promise<number[]> } | null = null;

  const send = (jobs: readonly Completion[]): Promise<unknown> => {
    batch = null;
    const args = jobs.flatMap(({ id, outcome, kept, resultBytes }) => [id, outcome, kept, resultBytes]);
    const sent = completeJobsScript(redis, keys, [queueKey(kind, ''), token, by, ...args]);
    for (const { id } of jobs) onSent(id);
    return sent;
  };

  const open = () => {
    const jobs: Completion[] = [];
    const answered = new Promise<number[]>((resolve, reject) => {
      setImmediate(() => void send(jobs).then((answers) => resolve(answers as number[]), reject));
    });
    return { jobs, answered };
  };

  return {
    async add(completion) {
      batch ??= open();
      const { jobs, answered } = batch;
      const place = jobs.push(completion) - 1;
      const answer = (await answered)[place] ?? 0;
      if (answer < 0)
        throw new Error(`${completion.id} can't be completed by this run: ${REFUSALS[answer] ?? answer}.`);
      return answer === 1;
    },
  };
}
