import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { findFreePort } from './product.ts';
import { until } from './until.ts';

// biome-ignore lint/style/noProcessEnv: a program that lies elsewhere
const PROGRAM = process.env['EXIM_PROGRAM'] ?? '/usr/sbin/exim4';

/** Why exim can not be started here; null when it can. */
export function findEximFault(): string | null {
  if (process.getuid?.() !== 0) return 'exim is started by root only';
  return existsSync(PROGRAM) ? null : 'exim is not installed (apt-get install exim4-daemon-light, or EXIM_PROGRAM)';
}

/** Takes all mail, but for lines that Debian's exim refuses by default. */
const configuration = (dir: string, port: number) => `
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
queue_only = true
begin acl
take:
  accept
check:
  deny condition = \${if > {$max_received_linelength}{998}}
       message = maximum allowed line length is 998 octets, got $max_received_linelength
  accept
begin routers
begin transports
begin retry
`;

/** Starts a real exim below `dir`; it refuses lines of more than 998 octets and keeps all else in its queue. */
export async function startExim(dir: string): Promise<{ url: string; stop(): void }> {
  const port = await findFreePort();
  chmodSync(dir, 0o755);
  for (const folder of ['spool', 'log']) {
    mkdirSync(join(dir, folder));
    chmodSync(join(dir, folder), 0o777);
  }
  const file = join(dir, 'exim.conf');
  writeFileSync(file, configuration(dir, port));
  const daemon: ChildProcess = spawn(PROGRAM, ['-C', file, '-bdf'], { stdio: ['ignore', 'pipe', 'pipe'] });
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
