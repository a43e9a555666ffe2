import type { Kind } from '../../../src/kinds/kind.ts';
import { workersSetting } from './environment.ts';

/** Writes supervisord's programs for the workers of all kinds, run in the repository; supervisord.conf includes them. */
export const workerPrograms = (kinds: readonly Kind[], repository: string): string =>
  kinds.map((kind) => workerProgram(kind, repository)).join('\n');

/** One kind's program; supervisord.conf says what the lines stand for. `%(here)s` would be the folder of this text. */
function workerProgram({ contract: { kind }, program: { environment = {} } }: Kind, repository: string): string {
  const variables = Object.entries(environment).map(([name, value]) => `${name}="${value}"`);
  return `[program:${kind}]
command="%(ENV_NODE)s" workers/main.ts ${kind}
${variables.length > 0 ? `environment=${variables.join(',')}\n` : ''}directory=${repository}
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
stdout_logfile_backups=3
`;
}
