import { parentPort } from 'node:worker_threads';
import type { Config } from '../../config/platform.ts';
import type { JobContract } from '../../jobs/contract.ts';
import { createFieldReader } from '../fields.ts';
import { checkTemplate, type DigestAnswer, type DigestKind, digest, type ThreadRequest } from './digest.ts';

/** What goes back to the asking thread: the answer, or an error of our own making, as text for the log. */
export type ThreadAnswer = { answer: DigestAnswer } | { failure: string };

/** Answers requests of the parent thread, one after another, with these contracts, which are made for that configuration. */
export function serveDigests(contracts: readonly JobContract[], config: Config): void {
  const kinds = new Map<string, DigestKind>(
    contracts.map((contract) => [contract.kind, { contract, reader: createFieldReader(contract), config }]),
  );
  const answer = async (request: ThreadRequest): Promise<ThreadAnswer> => {
    try {
      const kind = kinds.get(request.kind);
      if (!kind) throw new Error(`there is no kind ${request.kind}`);
      if ('isTemplate' in request) return { answer: await checkTemplate(kind, request.json) };
      return { answer: await digest(kind, request) };
    } catch (error) {
      return { failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
  };
  parentPort?.on('message', async (request: ThreadRequest) => parentPort?.postMessage(await answer(request)));
}
