import { setTimeout as delay } from 'node:timers/promises';
import { Router } from 'express';
import { CHECKS, type CheckFinding, type CheckLevel, summaryOf, worstOf } from '../../doctor/finding.ts';
import type { Log } from '../../log.ts';
import { requireScope } from '../auth/identify.ts';
import { type Moment, momentOf } from './job-list/row.ts';
import type { Views } from './views.ts';

/** What was found is shown for so long before it is looked at anew. */
const HOLDS_MS = 30_000;
/** A page that is not ready by then says so, and asks again. */
const [WAITS_MS, REFRESH_SECONDS] = [400, 2];

/** The colours of the verdict; none for what is not known. */
type Look = 'green' | 'amber' | 'red' | 'none';

/** What the doctor's page shows, every text ready. */
export interface DoctorData {
  /** Whether it is being looked at; what was found before is shown meanwhile. */
  isLooking: boolean;
  /** Why nothing could be found out; null where it could. */
  fault: string | null;
  look: Look;
  word: string;
  summary: string | null;
  /** When it was found. */
  at: Moment | null;
  /** What is wrong first, then what is well. */
  rows: { name: string; look: Look; word: string; text: string; fix: string | null }[];
}

/** What was found last; a fault where that could not be done. */
interface Report {
  findings: CheckFinding[];
  fault: string | null;
  at: number;
}

export interface DoctorPageDeps {
  /** Examines this machine and the deployment. */
  examine(): Promise<CheckFinding[]>;
  log: Log;
  views: Views;
}

const LOOKS: Record<CheckLevel, [look: Look, word: string]> = {
  ok: ['green', 'Well'],
  warning: ['amber', 'Warning'],
  error: ['red', 'Error'],
  unknown: ['none', 'Not known'],
};
const WORST_FIRST: readonly CheckLevel[] = ['error', 'warning', 'unknown', 'ok'];

/** `/admin/doctor`: what `bin/heavylift doctor` finds, for operators. However many ask, one examination runs at a time. */
export function createDoctorPageRouter({ examine, log, views }: DoctorPageDeps): Router {
  const router = Router();
  const show = views.page<DoctorData>('doctor');
  let last: Report | null = null;
  let looking: Promise<void> | null = null;

  const look = async () => {
    const found = await examine().then(
      (findings) => ({ findings, fault: null }),
      (err) => {
        log.warn({ err }, 'the doctor could not examine');
        return { findings: [], fault: 'The examination broke off. On the machine itself: bin/heavylift doctor.' };
      },
    );
    last = { ...found, at: Date.now() };
    looking = null;
  };

  router.get('/admin/doctor', requireScope('admin'), async (req, res) => {
    const isOld = last === null || Date.now() - last.at > HOLDS_MS;
    if (isOld) looking ??= look();
    if (looking) await Promise.race([looking, delay(WAITS_MS, undefined, { ref: false })]);
    const isLooking = looking !== null;
    const frame = { title: 'Doctor', ...(isLooking ? { refreshSeconds: REFRESH_SECONDS } : {}) };
    show(req, res, frame, describe(last, isLooking));
  });
  return router;
}

function describe(report: Report | null, isLooking: boolean): DoctorData {
  const { findings, fault, at } = report ?? { findings: [], fault: null, at: null };
  const [look, word] = LOOKS[fault === null && at !== null ? worstOf(findings) : 'unknown'];
  return {
    ...{ isLooking, fault, look, word },
    summary: at === null || fault !== null ? null : summaryOf(findings),
    at: at === null ? null : momentOf(at, Date.now()),
    rows: WORST_FIRST.flatMap((level) => findings.filter((finding) => finding.level === level)).map(
      ({ check, level, text, fix = null }) => {
        const [ownLook, ownWord] = LOOKS[level];
        return { name: CHECKS[check], look: ownLook, word: ownWord, text, fix };
      },
    ),
  };
}
