import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { emails } from '../../../workers/emails/job.ts';
import { reports } from '../../../workers/reports/job.ts';
import { startProcess } from '../processes.ts';
import { startRedis } from '../redis/redis.ts';
import { makeTempDir } from '../temp-dir.ts';
import { until } from '../until.ts';

/** A run that the runner is asked for; `files` are paths by form field, the input's is `input`. */
export interface ContentRun {
  kind: 'reports' | 'emails';
  caller: string;
  files: Record<string, string>;
  limitMs: number;
}

/** How a run ended, and what the process has seen since it was last told to forget. */
export interface ContentVerdict {
  /** `completed`, or an error's code; `refused` for an input that the web process takes no job for. */
  code: string;
  message: string;
  ms: number;
  /** The longest time for which the event loop did nothing else, in milliseconds of work. */
  longestMs: number;
  /** The most memory that the process had. */
  peakMb: number;
}

/** What a caller sends: fields of the request, and data files by form field. */
export interface Content {
  kind: ContentRun['kind'];
  input: object;
  files?: Record<string, string | Uint8Array>;
}

/** A process that runs reports and mails as their workers do. */
export interface ContentRunner {
  /** Runs what the web process would have accepted; rejects when the process has died of it. */
  run(content: Content, caller?: string, limitMs?: number): Promise<ContentVerdict>;
  /** What is measured starts anew. */
  forget(): Promise<void>;
  close(): Promise<void>;
}

const LIMIT_MS = 300_000;
const REFUSED = { code: 'refused', message: '', ms: 0, longestMs: 0, peakMb: 0 };

/** Starts the process, and the Redis that mails need. */
export async function startRunner(): Promise<ContentRunner> {
  const { path: folder, remove } = makeTempDir();
  const redis = await startRedis(folder);
  const script = new URL('./runner.ts', import.meta.url).pathname;
  const runner = startProcess(process.execPath, [script, redis.socket, folder]);
  const port = await until('the runner listens', () => /^port (\d+)$/m.exec(runner.output())?.[1]);
  const ask = async (path: string, body = '') => {
    const died = runner.exited.then((code) => {
      throw new Error(`the runner has ended (${code}):\n${runner.output().slice(-2000)}`);
    });
    return Promise.race([fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body }), died]);
  };
  let count = 0;
  return {
    async run({ kind, input, files = {} }, caller = 'alice', limitMs = LIMIT_MS) {
      const contract = kind === 'reports' ? reports : emails;
      const parsed = contract.input.safeParse(JSON.parse(JSON.stringify(input)));
      if (!parsed.success) return { ...REFUSED, message: JSON.stringify(parsed.error.issues).slice(0, 300) };
      count += 1;
      const paths: Record<string, string> = {};
      for (const [name, content] of Object.entries({ ...files, input: JSON.stringify(parsed.data) })) {
        paths[name] = join(folder, `sent-${count}-${name}`);
        await writeFile(paths[name], content);
      }
      const run: ContentRun = { kind, caller, files: paths, limitMs };
      return (await ask('/run', JSON.stringify(run))).json() as Promise<ContentVerdict>;
    },
    forget: async () => void (await ask('/forget')),
    async close() {
      await runner.stop('SIGKILL');
      await redis.stop();
      remove();
    },
  };
}
