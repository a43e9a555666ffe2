import { accessSync, constants, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { openSmtpServer } from '../../support/emails/smtp-server.ts';
import { openMemoryGroup } from '../../support/memory/group.ts';
import { readShares, sumMb } from '../../support/memory/shares.ts';
import { workFor } from '../../support/memory/work.ts';
import { type LauncherSite, useLauncher } from '../../support/operations/use-launcher.ts';
import { until } from '../../support/until.ts';

let site: LauncherSite;
useLauncher((opened) => {
  site = opened;
});

/** Control groups are root's. */
function mayMakeGroups(): boolean {
  try {
    accessSync('/sys/fs/cgroup', constants.W_OK);
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

describe('at rest', () => {
  it.each([
    ['large', '2', 350],
    ['small', '1', 250],
  ])(
    'PROFILE=%s, %s processes of images: everything takes less than %i MB, of its own the watch less than 13',
    async (PROFILE, IMAGES_WORKERS, most) => {
      // Nobody listens there: a relay is no part of what is measured.
      Object.assign(site.env, { PROFILE, IMAGES_WORKERS, SMTP_URL: 'smtp://127.0.0.1:9' });
      const started = site.start();
      await site.untilReady(started);
      const read = () => readShares(started.pid);
      const isAnnouncing = () => read().some(({ name }) => name === 'bin/launch/announce.ts');
      await until('what said so has ended', () => !isAnnouncing(), { timeoutMs: 60_000 });
      await until(`less than ${most} MB`, () => sumMb(read()) < most, { timeoutMs: 120_000, everyMs: 1000 }).catch(
        (error) => {
          throw new Error(`${error.message}\n${JSON.stringify(read(), null, 2)}`);
        },
      );
      const watch = read().find(({ name }) => name === 'bin/watch/main.js');
      expect((watch?.ownBytes ?? Number.NaN) / 1e6).toBeLessThan(13);
      expect(await started.stop()).toBe(0);
    },
    300_000,
  );
});

(mayMakeGroups() ? describe : describe.skip)('on a small machine', () => {
  it.each([512, 1024])(
    '%i MB: it starts, does what such a machine is for, and no process is ended',
    async (megabytes) => {
      const smtp = await openSmtpServer();
      const group = openMemoryGroup(megabytes * 2 ** 20);
      delete site.env['IMAGES_WORKERS'];
      Object.assign(site.env, { SMTP_URL: smtp.url });
      try {
        const started = site.start(group.prefix);
        await site.untilReady(started);
        const authorization = `Bearer ${readFileSync(site.paths.apiKeyFile, 'utf8').trim()}`;
        const ask = (path: string, init: RequestInit = {}) =>
          fetch(`http://127.0.0.1:${site.env['PORT']}${path}`, {
            ...init,
            headers: { authorization, ...init.headers },
          });
        for (const { name, run } of workFor(megabytes)) {
          await run(ask);
          expect([name, group.kills()]).toEqual([name, 0]);
        }
        expect(await started.stop()).toBe(0);
        expect(group.kills()).toBe(0);
      } finally {
        group.close();
        await smtp.close();
      }
    },
    600_000,
  );
});
