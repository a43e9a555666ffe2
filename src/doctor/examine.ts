import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { CheckFinding } from './finding.ts';

const COMMAND = join(import.meta.dirname, '../../bin/heavylift.ts');
/** Longer than all checks together may take. */
const WITHIN_MS = 25_000;
const MOST_BYTES = 1_000_000;

/**
 * Examines this machine and the deployment in a process of its own, as `bin/heavylift doctor` does: what it loads is not kept.
 * Rejects where that process says nothing.
 */
export function examineApart(): Promise<CheckFinding[]> {
  const args = ['--disable-warning=ExperimentalWarning', COMMAND, 'doctor', '--json'];
  const options = { timeout: WITHIN_MS, killSignal: 'SIGKILL', maxBuffer: MOST_BYTES } as const;
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      try {
        // Its exit status tells how well things stand.
        resolve(JSON.parse(stdout) as CheckFinding[]);
      } catch {
        reject(new Error(`the doctor said nothing (${stderr.trim().slice(0, 200) || error?.message})`));
      }
    });
  });
}
