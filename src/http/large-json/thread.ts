import { parentPort } from 'node:worker_threads';
import type { JobContract } from '../../jobs/contract.ts';
import { createFieldReader } from '../fields.ts';
import { type DigestAnswer, type DigestKind, type DigestRequest, digest } from './digest.ts';

/** What goes back to the asking thread: the answer, or an error of our own making, as text for the log. */
export type ThreadAnswer = { answer: DigestAnswer } | { failure: string };

/** Answers requests of the parent thread, one after another, with these contracts. */
export function serveDigests(contracts: readonly JobContract[]): void {
  const kinds = new Map<string, DigestKind>(
    contracts.map((contract) => [contract.kind, { contract, reader: createFieldReader(contract) }]),
  );
  const answer = (request: DigestRequest): ThreadAnswer => {
    try {
      const kind = kinds.get(request.kind);
      if (!kind) throw new Error(`there is no kind ${request.kind}`);
      return { answer: digest(kind, request) };
    } catch (error) {
      return { failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
  };
  parentPort?.on('message', (request: DigestRequest) => parentPort?.postMessage(answer(request)));
}
