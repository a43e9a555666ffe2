import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pino } from 'pino';
import { AppError } from '../../../src/errors.ts';
import { createRunStorage } from '../../../src/queue/run/run-storage.ts';
import { openDiskStorage } from '../../../src/storage/disk.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { HEAD_BYTES, inspectImage } from '../../../workers/images/formats/header.ts';
import { images } from '../../../workers/images/job.ts';
import { createProcessor } from '../../../workers/images/processor.ts';

/** The verdicts that a hostile file may end with; anything else is a fault of ours. */
export const VERDICTS = [
  'completed',
  'invalid_request',
  'unsupported_media_type',
  'payload_too_large',
  'image_unreadable',
];

/** Judges files as the product does, over a real storage: at POST by their head, then in a worker. */
export interface Judge {
  /** `completed`, the code of the AppError, or what else was thrown; `onStored` is called before a worker sees it. */
  judge(content: Buffer, fields?: Record<string, unknown>, onStored?: () => void): Promise<string>;
  /** Files that lie in storage beside finished results. */
  leftovers(): Promise<string[]>;
  close(): Promise<void>;
}

export async function openJudge(): Promise<Judge> {
  const root = await mkdtemp(join(tmpdir(), 'heavylift-hostile-'));
  const config = defaultConfig();
  const log = pino({ level: 'silent' });
  const storage = await openDiskStorage(root);
  const processor = createProcessor({ config, log });
  let count = 0;
  return {
    async judge(content, fields = { width: 50, format: 'png' }, onStored = () => {}) {
      count += 1;
      const id = `img_${count}`;
      const key = `uploads/${id}/file`;
      try {
        const { type } = inspectImage(content.subarray(0, HEAD_BYTES), config);
        await storage.put(key, Readable.from([content]));
        const file = { key, name: 'file', type, bytes: content.length, sha256: '' };
        onStored();
        const { signal } = new AbortController();
        await processor.process(
          {
            id,
            caller: 'test',
            attempt: 1,
            createdAt: new Date(),
            input: images.input.parse(fields),
            uploads: { file },
          },
          {
            signal,
            progress: () => {},
            storage: createRunStorage(storage, id, signal),
            appendLog: async () => {},
            jobs: { find: async (other) => ({ id: other, state: 'missing', files: [] }) },
            log,
          },
        );
        return 'completed';
      } catch (error) {
        return error instanceof AppError ? error.code : `thrown: ${error}`;
      } finally {
        await storage.remove(`uploads/${id}`);
        await storage.remove(`results/${id}`);
      }
    },
    async leftovers() {
      const entries = await readdir(root, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    },
    async close() {
      await processor.close?.();
      await rm(root, { recursive: true });
    },
  };
}
