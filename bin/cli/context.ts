import type { AllConfig } from '../../workers/index.ts';

/** What a command's exit status says. */
export const EXIT = { ok: 0, failed: 1, usage: 2, notRunning: 3, wantsStart: 4 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command: its message is one line for the operator, on standard error. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = EXIT.failed) {
    super(message);
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}

/** What a command has of the process that runs it. */
export interface CommandContext {
  /** The settings; throws ConfigError. */
  loadConfig(): AllConfig;
  /** Writes what was asked for: text and a line break, to standard output. */
  print(text: string): void;
  /** Writes a remark about it: text and a line break, to standard error. */
  remark(text: string): void;
}
