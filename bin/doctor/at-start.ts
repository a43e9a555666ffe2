import { dataPaths } from '../../src/data-dir.ts';
import { CHECKS, type CheckFinding, type CheckName } from '../../src/doctor/finding.ts';
import type { AllConfig } from '../../workers/index.ts';
import { ADDRESS_CHECKS } from './addresses.ts';
import { settle } from './examination.ts';
import { FILE_CHECKS } from './files.ts';
import { MACHINE_CHECKS } from './machine.ts';
import { SOFTWARE_CHECKS } from './software.ts';
import { STORAGE_CHECKS } from './storage.ts';

/** What costs next to nothing, and is known before anything runs. */
const CHEAP: readonly CheckName[] = ['node', 'disk', 'overcommit', 'limits', 'modes', 'secrets', 'exposure'];
const WITHIN_MS = 250;

/** Looks at the start at what is cheap; resolves with a line for each warning and error. Never rejects. */
export async function warnAtStart(config: AllConfig): Promise<string[]> {
  const examination = {
    config,
    paths: dataPaths(config.DATA_DIR),
    redis: null,
    signal: AbortSignal.timeout(WITHIN_MS),
  };
  const all = [...SOFTWARE_CHECKS, ...STORAGE_CHECKS, ...MACHINE_CHECKS, ...FILE_CHECKS, ...ADDRESS_CHECKS];
  const cheap = all.filter(({ name }) => CHEAP.includes(name));
  const found = await Promise.all(cheap.map((check) => settle(check, examination, WITHIN_MS)));
  return found
    .flat()
    .filter(({ level }) => level === 'warning' || level === 'error')
    .map(describe);
}

const describe = ({ check, text, fix }: CheckFinding): string =>
  `${CHECKS[check]}: ${text}.${fix === undefined ? '' : ` ${fix}`}`;
