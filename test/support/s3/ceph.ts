import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, ListMultipartUploadsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { startProcess, type TestProcess } from '../processes.ts';
import { findFreePort } from '../product.ts';
import { until } from '../until.ts';
import { S3_KEYS } from './keys.ts';

const USER = 'heavylift';
const PROGRAMS = ['ceph', 'ceph-mon', 'ceph-osd', 'monmaptool', 'radosgw', 'radosgw-admin'];

/** A real S3 server, Ceph's: what it holds is in memory. */
export interface Ceph {
  /** Where it listens, without a slash at its end. */
  url: string;
  /** As settings. */
  keys: typeof S3_KEYS;
  client: S3Client;
  createBucket(name: string): Promise<void>;
  /** Every key in a bucket, uploads in parts that are not whole included. */
  stored(bucket: string): Promise<string[]>;
  /** Lets all of the account's contents together be no larger; null: as large as they like. */
  limit(bytes: number | null): void;
  /** Freezes what answers: connections stay open, nothing is answered. */
  freeze(): void;
  thaw(): void;
  /** kill -9 of what answers; the contents stay. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Why it can not be started here; null when it can. */
export function findCephFault(): string | null {
  if (process.getuid?.() !== 0) return 'Ceph is started by root only';
  const missing = PROGRAMS.find((name) => !existsSync(`/usr/bin/${name}`));
  return missing ? `${missing} is not installed (apt-get install ceph-mon ceph-osd ceph-common radosgw)` : null;
}

const configuration = (dir: string, fsid: string, ports: { mon: [number, number]; osd: number; s3: number }) => `
[global]
fsid = ${fsid}
mon host = ${monAddress(ports.mon)}
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
ms bind port min = ${ports.osd}
ms bind port max = ${ports.osd + 60}
auth cluster required = none
auth service required = none
auth client required = none
run dir = ${dir}
log file = ${dir}/$name.log
admin socket = ${dir}/$name.asok
mon data = ${dir}/mon
mon data avail crit = 1
mon data avail warn = 1
mon allow pool size one = true
mon warn on pool no redundancy = false
osd data = ${dir}/osd
osd objectstore = memstore
memstore device bytes = 2147483648
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
rgw rados pool pg num min = 4
rgw frontends = beast endpoint=127.0.0.1:${ports.s3} tcp_nodelay=1
rgw enable ops log = false
rgw user quota bucket sync interval = 1
rgw bucket quota ttl = 0
ms mon client mode = crc
ms mon service mode = crc
ms client mode = crc
[client.rgw]
keyring = ${dir}/keyring
`;

const monAddress = ([v2, v1]: [number, number]) => `[v2:127.0.0.1:${v2},v1:127.0.0.1:${v1}]`;

/** Starts one with all of its state below `dir`. It takes a quarter of a minute. */
export async function startCeph(dir: string): Promise<Ceph> {
  for (const name of ['mon', 'osd']) mkdirSync(join(dir, name), { recursive: true });
  const ports = {
    mon: [await findFreePort(), await findFreePort()] as [number, number],
    osd: Math.min(await findFreePort(), 65_000),
    s3: await findFreePort(),
  };
  const [fsid, conf] = [randomUUID(), join(dir, 'ceph.conf')];
  writeFileSync(conf, configuration(dir, fsid, ports));
  writeFileSync(join(dir, 'keyring'), '');
  const run = (program: string, ...args: string[]) =>
    execFileSync(program, ['-c', conf, ...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 }).toString();
  const open = (program: string, ...args: string[]) => startProcess(program, ['-c', conf, ...args, '-f']);

  const map = join(dir, 'monmap');
  execFileSync('monmaptool', ['--create', '--addv', 'a', monAddress(ports.mon), '--fsid', fsid, map], {
    stdio: 'ignore',
  });
  run('ceph-mon', '--mkfs', '-i', 'a', '--monmap', map);
  const mon = open('ceph-mon', '-i', 'a');
  const osdId = randomUUID();
  await until(
    'the monitor has an OSD',
    () => run('ceph', '--connect-timeout', '10', 'osd', 'new', osdId).trim() === '0',
  );
  run('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', osdId);
  const osd = open('ceph-osd', '-i', '0');
  await until('the OSD is up', () => run('ceph', 'osd', 'stat').includes('1 up'), { everyMs: 300 });
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = S3_KEYS;
  const names = [`--uid=${USER}`, '--display-name=Heavylift'];
  run('radosgw-admin', 'user', 'create', ...names, `--access-key=${accessKeyId}`, `--secret-key=${secretAccessKey}`);
  const url = `http://127.0.0.1:${ports.s3}`;
  let gateway: TestProcess;
  const start = async () => {
    gateway = open('radosgw', '-n', 'client.rgw', '--no-mon-config');
    await until('the S3 server answers', async () => (await fetch(url)).ok, { everyMs: 100 });
  };
  await start();
  const client = new S3Client({
    ...{ endpoint: url, region: 'us-east-1', forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } },
    ...{ requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' },
  });
  return {
    ...{ url, keys: S3_KEYS, client, start },
    createBucket: async (Bucket) => void (await client.send(new CreateBucketCommand({ Bucket }))),
    async stored(Bucket) {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
      return [...Contents, ...Uploads].map(({ Key = '' }) => Key);
    },
    limit(bytes) {
      const user = ['--quota-scope=user', `--uid=${USER}`];
      if (bytes !== null) run('radosgw-admin', 'quota', 'set', ...user, `--max-size=${bytes}`);
      run('radosgw-admin', 'quota', bytes === null ? 'disable' : 'enable', ...user);
    },
    freeze: () => gateway.signal('SIGSTOP'),
    thaw: () => gateway.signal('SIGCONT'),
    kill: async () => void (await gateway.stop('SIGKILL')),
    async stop() {
      client.destroy();
      gateway.signal('SIGCONT');
      for (const one of [gateway, osd, mon]) await one.stop('SIGKILL');
    },
  };
}
