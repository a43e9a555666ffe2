import type { WorkerDeps } from '../../../src/kinds/worker-deps.ts';

/** For a processor that runs without its product: there are no other jobs, nobody listens, and nobody is an operator. */
export const ALONE: Pick<WorkerDeps, 'findJob' | 'tellEndpoints' | 'isOperator'> = {
  findJob: async () => null,
  tellEndpoints: async () => {},
  isOperator: async () => false,
};
