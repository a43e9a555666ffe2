/** How well something stands: `error` costs work or secrets now, `warning` will one day; `unknown` could not be found out. */
export type CheckLevel = 'ok' | 'warning' | 'error' | 'unknown';

/** All that the doctor looks at, in the order of its table, each by its name for people; docs/runbook.md says what is done about it. */
export const CHECKS = {
  settings: 'Settings',
  node: 'Node',
  libraries: 'Libraries',
  fonts: 'Fonts',
  redis: 'Redis',
  'redis-settings': 'Redis: settings',
  'redis-memory': 'Redis: memory',
  'redis-latency': 'Redis: writes',
  overcommit: 'Overcommit',
  'huge-pages': 'Huge pages',
  storage: 'Storage',
  disk: 'Disk',
  'disk-sync': 'Disk: sync',
  steal: 'Processors',
  clock: 'Clock',
  limits: 'Open files',
  processes: 'Processes',
  relay: 'Mail relay',
  sender: 'Sender',
  modes: 'File modes',
  secrets: 'Age of secrets',
  exposure: 'Addresses',
  'public-url': 'Public address',
  backup: 'Backup',
} as const;

/** The name of something that the doctor looks at. */
export type CheckName = keyof typeof CHECKS;

/** What a check has found. */
export interface CheckFinding {
  check: CheckName;
  level: CheckLevel;
  /** What was measured, in a sentence without a full stop. */
  text: string;
  /** What to do about it; absent where there is nothing to do. */
  fix?: string;
}

/** Finds the worst level; what could not be found out counts as no fault. */
export function worstOf(findings: readonly CheckFinding[]): 'ok' | 'warning' | 'error' {
  const levels = new Set(findings.map(({ level }) => level));
  if (levels.has('error')) return 'error';
  return levels.has('warning') ? 'warning' : 'ok';
}

/** Says how many findings are errors and warnings: `1 error, 2 warnings`, or that there is none. */
export function summaryOf(findings: readonly CheckFinding[]): string {
  const parts = (['error', 'warning', 'unknown'] as const).flatMap((level) => {
    const count = findings.filter((finding) => finding.level === level).length;
    if (count === 0) return [];
    return level === 'unknown' ? [`${count} not known`] : [`${count} ${level}${count === 1 ? '' : 's'}`];
  });
  return parts.length === 0 ? `all ${findings.length} checks are well` : parts.join(', ');
}
