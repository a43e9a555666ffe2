import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { findOrphans } from '../../bin/launch/orphans.ts';
import { type LauncherSite, useLauncher } from '../support/use-launcher.ts';

describe('bin/start whose processes are killed with -9', () => {
  let site: LauncherSite;
  useLauncher((opened) => {
    site = opened;
  });
  const supervisord = () => Number(readFileSync(join(site.paths.run, 'supervisord.pid'), 'utf8'));

  it('supervisord: the launcher says so, ends all that it ran in order, and exits 1', async () => {
    const { paths, start, untilReady } = site;
    const launcher = start();
    await untilReady(launcher);
    process.kill(supervisord(), 'SIGKILL');
    expect(await launcher.exited).toBe(1);
    expect(launcher.output()).toContain('supervisord ended by itself (SIGKILL)');
    expect(findOrphans(paths)).toEqual([]);
    expect(readFileSync(join(paths.redis, 'dump.rdb'), 'latin1')).toMatch(/^REDIS/);
  });

  it('launcher and supervisord: the next start ends what they left behind and comes up', async () => {
    const { start, untilReady } = site;
    const first = start();
    await untilReady(first);
    const pid = supervisord();
    first.signal('SIGKILL');
    process.kill(pid, 'SIGKILL');
    await first.exited;
    const second = start();
    await untilReady(second);
    expect(second.output()).toMatch(/ending what a killed supervisord left behind: .*redis \(\d+\)/);
    expect(await second.stop()).toBe(0);
  });
});
