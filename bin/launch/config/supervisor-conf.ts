import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { WorkersProgram } from '../../../workers/programs.ts';

/** What the configuration of supervisord is made for. */
export interface Site {
  /** The folder that paths of settings count from. */
  checkout: string;
  /** The address that the web processes listen on. */
  host: string;
  /** The programs that run workers. */
  programs: readonly WorkersProgram[];
}

/** Makes the configuration of supervisord: the file of this version, and the programs that run workers. */
export function supervisorConf({ checkout, host, programs }: Site): string {
  const common = readFileSync(join(import.meta.dirname, '../../../supervisord.conf'), 'utf8');
  const conf = isIPv6(host) ? withoutSocket(common) : common;
  // `here` is where a file lies; the one that supervisord reads lies elsewhere.
  return [conf, ...programs.map(workersProgram)].join('\n').replaceAll('%(here)s', checkout);
}

/** supervisord knows no sockets of IPv6: there each web process listens itself, beside the others. */
const withoutSocket = (conf: string): string =>
  conf
    .replace('[fcgi-program:web]', '[program:web]')
    .replace(/^socket(?:_backlog)?=.*\n/gm, '')
    .replace('--inherited-socket', '--reuse-port');

/** One program; supervisord.conf explains the lines. */
function workersProgram({ name, kinds, processes }: WorkersProgram): string {
  return `[program:${name}]
command=%(ENV_RUN_NODE)s workers/main.ts ${kinds.join(' ')} --place %(ENV_RUN_ID)s:%(program_name)s-%(process_num)s
directory=%(here)s
numprocs=${processes}
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
