import { relative } from 'node:path';
import { endLeftovers, SHARED } from './leftovers.ts';

/**
 * A jest reporter that prints two things nobody should overlook, at the end of a run: tests that passed only when they
 * were tried again, and test files that left processes running. The latter are ended as soon as their file is over,
 * whether its tests passed or not.
 */
export default class Reporter {
  #rootDir;
  #runId;
  #retried = [];
  #left = [];

  constructor(globalConfig, { runId }) {
    this.#rootDir = globalConfig.rootDir;
    this.#runId = runId;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => this.#breakOff(signal));
  }

  onTestFileResult({ path }, { testResults }) {
    const file = relative(this.#rootDir, path);
    for (const { fullName, status, invocations = 1 } of testResults) {
      if (status === 'passed' && invocations > 1) this.#retried.push(`${file}: ${fullName} (try ${invocations})`);
    }
    for (const { pid, command } of endLeftovers(`${this.#runId}:${path}\0`)) {
      this.#left.push(`${file}: ${pid} ${command}`);
    }
  }

  onRunComplete() {
    endLeftovers(`${this.#runId}:${SHARED}\0`);
    print(this.#retried, 'passed only when tried again');
    print(this.#left, 'left running by a test file, and ended');
  }

  #breakOff(signal) {
    endLeftovers(`${this.#runId}:`);
    process.kill(process.pid, signal);
  }
}

function print(lines, what) {
  if (lines.length === 0) return;
  process.stderr.write(`\n${lines.length} ${what}:\n${lines.map((line) => `  ${line}\n`).join('')}`);
}
