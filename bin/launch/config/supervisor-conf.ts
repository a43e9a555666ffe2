import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { Kind } from '../../../src/kinds/kind.ts';
import { KINDS } from '../../../workers/index.ts';
import { workersSetting } from './environment.ts';

/** What the configuration of supervisord is made for. */
export interface Site {
  /** The folder that paths of settings count from. */
  checkout: string;
  /** The address that the web processes listen on. */
  host: string;
}

/** Makes the configuration of supervisord: the file of this version, and a program for the workers of each kind. */
export function supervisorConf({ checkout, host }: Site): string {
  const common = readFileSync(join(import.meta.dirname, '../../../supervisord.conf'), 'utf8');
  const conf = isIPv6(host) ? withoutSocket(common) : common;
  // `here` is where a file lies; the one that supervisord reads lies elsewhere.
  return [conf, ...KINDS.map(workerProgram)].join('\n').replaceAll('%(here)s', checkout);
}

/** supervisord knows no sockets of IPv6: there each web process listens itself, beside the others. */
const withoutSocket = (conf: string): string =>
  conf
    .replace('[fcgi-program:web]', '[program:web]')
    .replace(/^socket(?:_backlog)?=.*\n/gm, '')
    .replace('--inherited-socket', '--reuse-port');

/** One kind's program; supervisord.conf explains the lines. */
function workerProgram({ contract: { kind }, program: { environment = {} } }: Kind): string {
  const variables = Object.entries(environment).map(([name, value]) => `${name}="${value}"`);
  return `[program:${kind}]
command=%(ENV_RUN_NODE)s workers/main.ts ${kind} --place %(ENV_RUN_ID)s:%(program_name)s-%(process_num)s
${variables.length > 0 ? `environment=${variables.join(',')}\n` : ''}directory=%(here)s
numprocs=%(ENV_${workersSetting(kind)})s
process_name=%(program_name)s-%(process_num)s
priority=20
autorestart=true
startsecs=2
startretries=1000000
stopwaitsecs=%(ENV_STOP_SECONDS)s
stopasgroup=false
killasgroup=true
redirect_stderr=true
stdout_logfile=%(ENV_LOG_DIR)s/%(program_name)s-%(process_num)s.log
stdout_logfile_maxbytes=%(ENV_LOG_MAX_BYTES)s
stdout_logfile_backups=%(ENV_LOG_OLD_FILES)s
`;
}
