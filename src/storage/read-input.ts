import type { Storage } from './storage.ts';

/** Where a job's input is: in its envelope, in a file of its own, or in a part of one that a batch shares. */
interface InputPlace {
  input: unknown;
  inputFile?: { key: string; bytes: number; offset?: number };
}

/** Reads a job's input, wherever it lies. Rejects as storage does. */
export async function readInput({ input, inputFile }: InputPlace, storage: Pick<Storage, 'read' | 'open'>) {
  if (!inputFile) return input;
  const { key, bytes, offset } = inputFile;
  if (offset === undefined) return JSON.parse((await storage.read(key)).toString()) as unknown;
  const part = await storage.open(key, { start: offset, end: offset + bytes - 1 });
  return JSON.parse(Buffer.concat(await part.toArray()).toString()) as unknown;
}
