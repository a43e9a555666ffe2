import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { startProcess } from '../../support/processes.ts';
import { type Found, readRecord } from '../../support/redis/redis-records.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const MINUTES = 20;

it(
  'whatever the integration tests have Redis do: each command and each script keeps to the keys of one slot',
  async () => {
    const dir = makeTempDir();
    const jest = [
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      '--forceExit',
      'test/integration',
    ];
    const run = startProcess(process.execPath, jest, { TEST_REDIS_RECORDS: dir.path });
    await run.exited;
    const files = readdirSync(dir.path);
    expect(files.length).toBeGreaterThan(30);
    const found: Found = { commands: new Set(), faults: new Set() };
    for (const file of files) await readRecord(join(dir.path, file), found);
    expect(found.commands).toContain('evalsha');
    expect([...found.faults]).toEqual([]);
    dir.remove();
  },
  MINUTES * 60_000,
);
