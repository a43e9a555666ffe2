import { execFileSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { findFreePort } from '../product.ts';
import { until } from '../until.ts';

/** Who owns the mailboxes (nobody). */
const MAIL_USER = 65_534;

/** A real mail server (Debian's postfix) on a free loopback port, with all of its state in a folder. */
export interface Postfix {
  url: string;
  /** The addresses of its further services, by their names. */
  urls: Record<string, string>;
  /** The bytes of every mail delivered so far. */
  delivered(): string[];
  /** Whether mails wait in its own queue. */
  isIdle(): boolean;
  start(): Promise<void>;
  /** Ends it at once, sessions included. */
  stop(): void;
}

/** The address by which mails are handed over, in clear. */
const urlOf = (port: number): string => `smtp://127.0.0.1:${port}?ignoreTLS=true`;

/** Why postfix can not be started here; null when it can. */
export function findPostfixFault(): string | null {
  if (process.getuid?.() !== 0) return 'postfix is started by root only';
  try {
    accessSync('/usr/sbin/postfix');
    return null;
  } catch {
    return 'postfix is not installed (apt-get install postfix)';
  }
}

const mainCf = (dir: string) => `
compatibility_level = 3.6
config_directory = ${dir}/etc
queue_directory = ${dir}/queue
data_directory = ${dir}/data
maillog_file = ${dir}/log
maillog_file_prefixes = ${dir}
myhostname = mta.example.test
mydestination =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.1
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
default_transport = error:this is a test
virtual_mailbox_domains = example.test
virtual_mailbox_base = ${dir}/boxes
virtual_mailbox_maps = static:all/
virtual_minimum_uid = 1000
virtual_uid_maps = static:${MAIL_USER}
virtual_gid_maps = static:${MAIL_USER}
`;

/** Postfix' processes, none of them in a chroot. */
const masterCf = (port: number) =>
  [
    `127.0.0.1:${port} inet n - n - - smtpd`,
    ...['cleanup unix n - n - 0', 'qmgr unix n - n 300 1', 'tlsmgr unix - - n 1000? 1', 'rewrite unix - - n - -'],
    ...['bounce unix - - n - 0', 'defer unix - - n - 0', 'trace unix - - n - 0', 'verify unix - - n - 1'],
    ...['flush unix n - n 1000? 0', 'proxymap unix - - n - -', 'error unix - - n - -', 'retry unix - - n - -'],
    ...['smtp unix - - n - -'],
    ...['virtual unix - n n - -', 'anvil unix - - n - 1', 'showq unix n - n - -', 'postlog unix-dgram n - n - 1'],
  ]
    .map((line) =>
      line.endsWith('smtpd') ? line : `${line} ${PROGRAMS[line.split(' ')[0] as string] ?? line.split(' ')[0]}`,
    )
    .join('\n');
/** Where a service's program has another name. */
const PROGRAMS: Record<string, string> = {
  rewrite: 'trivial-rewrite',
  defer: 'bounce',
  trace: 'bounce',
  retry: 'error',
  postlog: 'postlogd',
};

/** Ways to be strict, each on a port of its own: lines of master.cf below `smtpd`, and of main.cf. */
export interface PostfixOptions {
  services?: Record<string, readonly string[]>;
  main?: readonly string[];
  /** Further lines of master.cf. */
  master?: readonly string[];
}

/**
 * Starts postfix below `dir`, which every user must be able to enter; takes mail for anybody at example.test, on the ports of
 * its further services as these say.
 */
export async function startPostfix(
  dir: string,
  { services = {}, main = [], master = [] }: PostfixOptions = {},
): Promise<Postfix> {
  const port = await findFreePort();
  const ports: Record<string, number> = {};
  for (const name of Object.keys(services)) ports[name] = await findFreePort();
  const further = Object.entries(services).flatMap(([name, lines]) => [
    `127.0.0.1:${ports[name]} inet n - n - - smtpd`,
    ...lines.map((line) => `  -o ${line}`),
  ]);
  for (const folder of ['etc', 'queue', 'data', 'boxes']) mkdirSync(join(dir, folder), { recursive: true });
  chmodSync(dir, 0o755);
  chownSync(join(dir, 'boxes'), MAIL_USER, MAIL_USER);
  const uid = Number(execFileSync('id', ['-u', 'postfix'], { encoding: 'utf8' }));
  chownSync(join(dir, 'data'), uid, MAIL_USER);
  writeFileSync(join(dir, 'etc/main.cf'), `${mainCf(dir)}${main.join('\n')}\n`);
  writeFileSync(join(dir, 'etc/master.cf'), `${[masterCf(port), ...further, ...master].join('\n')}\n`);
  writeFileSync(join(dir, 'log'), '');
  const command = (...args: string[]) =>
    execFileSync('/usr/sbin/postfix', ['-c', join(dir, 'etc'), ...args], { stdio: 'pipe' });
  const boxes = join(dir, 'boxes/all/new');
  const filesIn = (folder: string) =>
    existsSync(folder)
      ? readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length
      : 0;
  const start = async () => {
    command('start');
    await until('postfix answers', async () => {
      const { connect } = await import('node:net');
      return new Promise<boolean>((resolve) => {
        const socket = connect(port, '127.0.0.1');
        socket.once('data', () => resolve(true)).once('error', () => resolve(false));
        socket.once('close', () => resolve(false));
        setTimeout(() => socket.destroy(), 500).unref();
      });
    });
  };
  await start();
  return {
    url: urlOf(port),
    urls: Object.fromEntries(Object.entries(ports).map(([name, one]) => [name, urlOf(one)])),
    delivered: () =>
      existsSync(boxes) ? readdirSync(boxes).map((name) => readFileSync(join(boxes, name), 'latin1')) : [],
    isIdle: () =>
      ['incoming', 'active', 'deferred', 'maildrop'].every((name) => filesIn(join(dir, 'queue', name)) === 0),
    start,
    stop: () => void command('abort'),
  };
}
