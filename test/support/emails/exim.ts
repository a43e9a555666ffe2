import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { findFreePort } from '../product.ts';
import { until } from '../until.ts';

// biome-ignore lint/style/noProcessEnv: a program that lies elsewhere
const PROGRAM = process.env['EXIM_PROGRAM'] ?? '/usr/sbin/exim4';

/** Why exim can not be started here; null when it can. */
export function findEximFault(): string | null {
  if (process.getuid?.() !== 0) return 'exim is started by root only';
  return existsSync(PROGRAM) ? null : 'exim is not installed (apt-get install exim4-daemon-light, or EXIM_PROGRAM)';
}

/** Where it asks for senders, and what it does with mail in the place of keeping it. */
export interface EximOptions {
  senderPort?: number;
  /** Routers and transports by which it delivers, and returns what it can not deliver within seconds. */
  bounces?: { routers: string; transports: string };
}

/**
 * Takes all mail, but for lines that Debian's exim refuses by default; where it has a server to ask for senders, only from those
 * (of sender.example) that are known there, and to anybody at example.test but `nobody-there`.
 */
const configuration = (dir: string, port: number, { senderPort, bounces }: EximOptions) => `
exim_path = ${PROGRAM}
exim_user = nobody
exim_group = nogroup
spool_directory = ${dir}/spool
log_file_path = ${dir}/log/%slog
pid_file_path = ${dir}/exim.pid
primary_hostname = exim.example.test
daemon_smtp_ports = ${port}
local_interfaces = 127.0.0.1
tls_advertise_hosts =
host_lookup =
rfc1413_hosts =
acl_smtp_rcpt = take
acl_smtp_data = check
${bounces ? 'delay_warning = 2s\ndeliver_drop_privilege = true\nqueue_run_in_order = true' : 'queue_only = true'}
begin acl
take:
${senderPort === undefined ? '' : STRICT}  accept
check:
  deny condition = \${if > {$max_received_linelength}{998}}
       message = maximum allowed line length is 998 octets, got $max_received_linelength
  accept
begin routers
${senderPort === undefined ? '' : routers(senderPort)}${bounces?.routers ?? ''}begin transports
${bounces?.transports ?? ''}out:
  driver = smtp
  hosts_try_auth =
begin retry
${bounces ? '* * F,6s,2s' : ''}
`;

const STRICT = `  require verify = sender/callout=5s
  require message = relay not permitted
          domains = example.test
  require verify = recipient
`;
const routers = (senderPort: number) => `senders:
  driver = manualroute
  domains = sender.example
  route_list = sender.example 127.0.0.1::${senderPort}
  transport = out
  self = send
boxes:
  driver = accept
  domains = example.test
  local_parts = ! nobody-there
  transport = out
`;

/**
 * Starts a real exim below `dir`; it refuses lines of more than 998 octets and keeps all else in its queue. `senderPort`: where
 * it asks whether a sender is there; then it is strict with recipients too. `bounces`: it delivers.
 */
export async function startExim(dir: string, options: EximOptions = {}): Promise<{ url: string; stop(): void }> {
  const port = await findFreePort();
  chmodSync(dir, 0o755);
  for (const folder of ['spool', 'log']) {
    mkdirSync(join(dir, folder));
    chmodSync(join(dir, folder), 0o777);
  }
  const file = join(dir, 'exim.conf');
  writeFileSync(file, configuration(dir, port, options));
  const daemon: ChildProcess = spawn(PROGRAM, ['-C', file, '-bdf', ...(options.bounces ? ['-q1s'] : [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  for (const stream of [daemon.stdout, daemon.stderr]) stream?.on('data', (chunk) => void said.push(String(chunk)));
  await until('exim answers', async () => {
    if (daemon.exitCode !== null) throw new Error(`exim ended: ${said.join('')} ${readLog(dir)}`);
    return new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket
        .once('data', () => socket.destroy())
        .once('data', () => resolve(true))
        .once('error', () => resolve(false));
    });
  });
  return { url: `smtp://127.0.0.1:${port}?ignoreTLS=true`, stop: () => void daemon.kill('SIGTERM') };
}

const readLog = (dir: string): string => {
  const file = join(dir, 'log/mainlog');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
};
