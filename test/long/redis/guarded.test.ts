import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { findRedisProblems } from '../../../bin/launch/checks.ts';
import { watchPlan } from '../../../bin/launch/config/watch-plan.ts';
import { createSend } from '../../../bin/watch/redis.js';
import { dataPaths } from '../../../src/data-dir.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { KINDS } from '../../../workers/index.ts';
import { quotedIn } from '../../fast/docs/documents.ts';
import { certify } from '../../support/certificates.ts';
import { KEYS, postPhoto, startProduct } from '../../support/product.ts';
import { documentedUser, moreRights, rightsSection } from '../../support/redis/documented-user.ts';
import { type RedisGroup, type RedisNode, startCluster, startSentinels } from '../../support/redis/redis-modes.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const EVERYBODY = 'user default on nopass ~* &* +@all';
const spared = quotedIn(rightsSection());

/** What the user was refused by any of the servers, but for what it does without. */
async function refusals(nodes: readonly RedisNode[]): Promise<string[]> {
  const logs = await Promise.all(nodes.map(({ client }) => client.call('ACL', 'LOG') as Promise<string[][]>));
  const refused = logs.flat().map((entry) => entry[entry.indexOf('object') + 1] ?? '');
  return refused.filter((command) => !spared.includes(command));
}

async function masterOfMails(group: RedisGroup): Promise<RedisNode> {
  for (const master of await group.masters()) {
    if ((await master.client.exists('heavylift:{emails}:emails:callers')) > 0) return master;
  }
  throw new Error('no master has the queue of mails');
}

it.each(['sentinel', 'cluster'] as const)(
  'a %s behind TLS, with the user that the docs give: jobs are accepted and run, also by the next master',
  async (mode) => {
    const { path: dir, remove } = makeTempDir();
    const { sentinel, cluster } = moreRights();
    const users = join(dir, 'users.acl');
    writeFileSync(users, `${EVERYBODY}\n${documentedUser()} ${mode === 'cluster' ? cluster : ''}\n`);
    const authority = certify(dir, 'ca', '/CN=An authority');
    const tls = { ...certify(dir, 'server', '/CN=localhost', authority), ca: authority.cert };
    const conf = ['--aclfile', users];
    const sentinelConf = [`user watcher on >secret2 resetchannels -@all ${sentinel}`];
    const group = await (mode === 'cluster'
      ? startCluster(dir, { conf, tls })
      : startSentinels(dir, { conf, tls, sentinelConf }));
    const login = mode === 'cluster' ? '' : '&sentinelUser=watcher&sentinelPassword=secret2';
    const url = group.url.replace('://', '://heavylift:secret@') + login;
    const product = await startProduct({
      kinds: [KINDS.map(({ contract }) => contract.kind)],
      env: { REDIS_URL: url },
    });
    try {
      await product.jobReaches(await postPhoto(product), 'completed');
      const mail = KINDS.find(({ contract }) => contract.kind === 'emails')?.contract.example;
      const headers = { 'Content-Type': 'application/json', Prefer: 'wait=30' };
      const post = () => product.request('/v1/emails', { method: 'POST', body: JSON.stringify(mail), headers });
      expect(await (await post()).json()).toMatchObject({ state: 'completed' });
      for (const path of ['/metrics', '/v1/verdict', '/v1/jobs', '/admin', '/readyz?verbose']) {
        await until(`${path} is shown`, async () => (await product.request(path, { key: KEYS.operator })).ok);
      }
      const config = { ...defaultConfig(), REDIS_URL: url, DATA_DIR: product.dir };
      expect(await findRedisProblems(config)).toEqual([]);
      const { redis, deathsKey } = watchPlan(config, dataPaths(product.dir), []);
      expect(await createSend(redis)([['LLEN', deathsKey]])).toEqual([0]);
      expect(await refusals(group.nodes)).toEqual([]);
      for (const [wrong, why] of [
        [url.replace(/[?]ca=[^&]*&?/, '?'), /certificate/],
        [mode === 'cluster' ? url.replace('secret@', 'x@') : url.replace('secret2', 'x'), /WRONGPASS/],
      ] as const) {
        expect(await findRedisProblems({ ...config, REDIS_URL: wrong })).toEqual([expect.stringMatching(why)]);
      }
      await (await masterOfMails(group)).kill();
      await until('a mail is accepted and sent again', async () => (await post()).status === 200, {
        timeoutMs: 60_000,
      });
      expect(product.web.output()).not.toContain('MaxListeners');
    } finally {
      await product.close();
      await group.stop();
      remove();
    }
  },
);
