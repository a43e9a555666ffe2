import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { listProcesses } from '../../../bin/launch/supervisor.ts';
import { findOrphans } from '../../../bin/watch/orphans.js';
import { type LauncherSite, useLauncher } from '../../support/operations/use-launcher.ts';
import { until } from '../../support/until.ts';

describe('bin/start whose processes are killed with -9', () => {
  let site: LauncherSite;
  useLauncher((opened) => {
    site = opened;
  });

  it('what was started is supervisord itself: when it is killed, the watch ends all that it ran, Redis at last', async () => {
    const { paths, start, untilReady } = site;
    const started = start();
    await untilReady(started);
    expect(Number(readFileSync(join(paths.run, 'supervisord.pid'), 'utf8'))).toBe(started.pid);
    started.signal('SIGKILL');
    expect(await started.exited).toBe('SIGKILL');
    await until('nothing is left', () => findOrphans(paths).length === 0, { timeoutMs: 60_000 });
    expect(readFileSync(join(paths.redis, 'dump.rdb'), 'latin1')).toMatch(/^REDIS/);
  });

  it('supervisord and the watch: the next start ends what they left behind and comes up', async () => {
    const { paths, start, untilReady } = site;
    const first = start();
    await untilReady(first);
    const watch = (await listProcesses(paths.supervisorSocket)).find(({ program }) => program === 'watch');
    process.kill(watch?.pid as number, 'SIGKILL');
    first.signal('SIGKILL');
    await first.exited;
    const second = start();
    await untilReady(second);
    expect(second.output()).toMatch(/ending what a killed supervisord left behind: .*redis \(\d+\)/);
    expect(await second.stop()).toBe(0);
  });
});
