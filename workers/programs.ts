import type { Config } from '../src/config/platform.ts';
import { workerSetting } from '../src/config/settings.ts';
import { nameProgram } from '../src/processes/program.ts';
import { KINDS } from './index.ts';

/** A program of supervisord that runs workers. */
export interface WorkersProgram {
  name: string;
  /** The kinds that each of its processes runs. */
  kinds: string[];
  /** How many processes it has on this machine. */
  processes: number;
}

/**
 * Plans which kinds share their processes: those of one weight that have the same number of them, light ones always and heavy
 * ones on a small machine. A kind without a process has a program of its own.
 */
export function planPrograms(config: Config): WorkersProgram[] {
  const planned = KINDS.map(({ contract: { kind }, program: { weight } }) => {
    const processes = workerSetting(config, kind, 'WORKERS');
    const shares = processes > 0 && (weight === 'light' || config.PROFILE === 'small');
    return { kind, processes, group: shares ? `${weight} ${processes}` : kind };
  });
  return [...Map.groupBy(planned, ({ group }) => group).values()].map((members) => {
    const kinds = members.map(({ kind }) => kind);
    return { name: nameProgram(kinds), kinds, processes: members[0]?.processes ?? 0 };
  });
}
