import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { startProcess } from '../processes.ts';

/** How a program ended, what it printed, and the most memory that it had. */
export interface Measured {
  output: string;
  peakMb: number;
  seconds: number;
}

/** Runs a program to its end and looks at its memory (VmHWM) until then. Rejects unless it ends with `expected`. */
export async function measureProgram(command: string[], env: Record<string, string>, expected = 0): Promise<Measured> {
  const [program = '', ...args] = command;
  const began = performance.now();
  const running = startProcess(program, args, env);
  const ended = { is: false };
  void running.exited.then(() => {
    ended.is = true;
  });
  let peakMb = 0;
  while (!ended.is) {
    peakMb = Math.max(peakMb, readPeak(running.pid));
    await delay(50);
  }
  const seconds = (performance.now() - began) / 1000;
  const [code, output] = [await running.exited, running.output()];
  if (code !== expected) throw new Error(`${command.slice(0, 4).join(' ')} ended with ${code}\n${output}`);
  return { output, peakMb, seconds };
}

/** In MB; 0 where the process is gone. A shell that becomes the program begins anew with it. */
function readPeak(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1000;
  } catch {
    return 0;
  }
}
