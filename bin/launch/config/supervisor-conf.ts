import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Kind } from '../../../src/kinds/kind.ts';
import { KINDS } from '../../../workers/index.ts';
import { workersSetting } from './environment.ts';

/** Makes the configuration of supervisord: the repository's file, and a program for the workers of each kind. */
export function supervisorConf(repository: string): string {
  const common = readFileSync(join(repository, 'supervisord.conf'), 'utf8');
  // `here` is where a file lies; the one that supervisord reads lies elsewhere.
  return [common, ...KINDS.map(workerProgram)].join('\n').replaceAll('%(here)s', repository);
}

/** One kind's program; supervisord.conf explains the lines. */
function workerProgram({ contract: { kind }, program: { environment = {} } }: Kind): string {
  const variables = Object.entries(environment).map(([name, value]) => `${name}="${value}"`);
  return `[program:${kind}]
command="%(ENV_NODE)s" workers/main.ts ${kind} --place %(ENV_RUN_ID)s:%(program_name)s-%(process_num)s
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
