import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkersProgram } from '../../../workers/programs.ts';

/** Makes the configuration of supervisord: the repository's file, and the programs that run workers. */
export function supervisorConf(repository: string, programs: readonly WorkersProgram[]): string {
  const common = readFileSync(join(repository, 'supervisord.conf'), 'utf8');
  // `here` is where a file lies; the one that supervisord reads lies elsewhere.
  return [common, ...programs.map(workersProgram)].join('\n').replaceAll('%(here)s', repository);
}

/** One program; supervisord.conf explains the lines. */
function workersProgram({ name, kinds, processes }: WorkersProgram): string {
  return `[program:${name}]
command="%(ENV_NODE)s" workers/main.ts ${kinds.join(' ')} --place %(ENV_RUN_ID)s:%(program_name)s-%(process_num)s
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
