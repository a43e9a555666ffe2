import { CHECKS, type CheckFinding } from '../../src/doctor/finding.ts';
import type { AllConfig } from '../../workers/index.ts';
import { ADDRESS_CHECKS } from './addresses.ts';
import { type Check, openExamination, settle } from './examination.ts';
import { FILE_CHECKS } from './files.ts';
import { MACHINE_CHECKS } from './machine.ts';
import { MAIL_CHECKS } from './mail.ts';
import { REDIS_CHECKS } from './redis.ts';
import { SOFTWARE_CHECKS } from './software.ts';
import { STORAGE_CHECKS } from './storage.ts';

/** What is measured alone, and what comes after it, each within this time; with the connecting it is under 15 s. */
const [MEASURED_WITHIN_MS, WITHIN_MS] = [2500, 8500];

const ALL: readonly Check[] = [
  ...SOFTWARE_CHECKS,
  ...REDIS_CHECKS,
  ...STORAGE_CHECKS,
  ...MACHINE_CHECKS,
  ...MAIL_CHECKS,
  ...FILE_CHECKS,
  ...ADDRESS_CHECKS,
];
const ORDER = Object.keys(CHECKS);

/** Examines this machine and its deployment: what is measured first, all else at once. Never rejects, and takes 15 s at most. */
export async function examine(config: AllConfig): Promise<CheckFinding[]> {
  const ending = new AbortController();
  const examination = await openExamination(config, ending.signal);
  try {
    const measured: CheckFinding[] = [];
    for (const check of ALL.filter(({ isMeasurement }) => isMeasurement)) {
      measured.push(...(await settle(check, examination, MEASURED_WITHIN_MS)));
    }
    const others = ALL.filter(({ isMeasurement }) => !isMeasurement);
    const found = await Promise.all(others.map((check) => settle(check, examination, WITHIN_MS)));
    const settings: CheckFinding = { check: 'settings', level: 'ok', text: 'each has a value that can be used' };
    const findings = [settings, ...measured, ...found.flat()];
    return findings.toSorted((one, other) => ORDER.indexOf(one.check) - ORDER.indexOf(other.check));
  } finally {
    ending.abort();
    examination.redis?.disconnect();
  }
}
