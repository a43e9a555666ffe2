import type { Command } from 'commander';
import { ConfigError } from '../../src/config/config-error.ts';
import { CHECKS, type CheckFinding, summaryOf, worstOf } from '../../src/doctor/finding.ts';
import { type CommandContext, CommandError, EXIT } from '../cli/context.ts';
import { examine } from '../doctor/doctor.ts';

/** `heavylift doctor`: what is wrong with this machine and its deployment, or will be, and what to do about it. */
export function addDoctor(program: Command, context: CommandContext): void {
  program
    .command('doctor')
    .description('examine this machine and the deployment; exit status 1 with a warning, 2 with an error')
    .option('--json', 'print a JSON list of check, level, text and fix')
    .action(async ({ json }: { json?: true }) => {
      const findings = await examineSettings(context);
      context.print(json ? JSON.stringify(findings, null, 2) : formatFindings(findings));
      const worst = worstOf(findings);
      if (worst === 'ok') return context.remark(summaryOf(findings));
      throw new CommandError(summaryOf(findings), worst === 'error' ? EXIT.usage : EXIT.failed);
    });
}

/** Examines with the settings; without usable ones there is nothing else to look at. */
async function examineSettings(context: CommandContext): Promise<CheckFinding[]> {
  try {
    return await examine(context.loadConfig());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const fix = 'Mend it in .env, or in the environment.';
    return error.issues.map((text) => ({ check: 'settings', level: 'error', text, fix }));
  }
}

const MARKS = { ok: 'ok', warning: 'WARNING', error: 'ERROR', unknown: 'unknown' } as const;

function formatFindings(findings: readonly CheckFinding[]): string {
  const width = Math.max(...Object.values(CHECKS).map((name) => name.length));
  const gap = ' '.repeat(width + 2 + MARKS.warning.length + 2);
  return findings
    .map(({ check, level, text, fix }) => {
      const line = `${CHECKS[check].padEnd(width)}  ${MARKS[level].padEnd(MARKS.warning.length)}  ${text}`;
      return fix === undefined ? line : `${line}\n${gap}${fix}`;
    })
    .join('\n');
}
