import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import { callEnterLine, enterIntoLine } from '../../../src/queue/scripts/line/bull-lines.ts';

const bulls = (name: string) =>
  (createRequire(import.meta.url)(`bull/lib/scripts/${name}.js`) as { content: string }).content;

describe("Bull's scripts", () => {
  it.each([
    ['updateDelaySet', 'updateDelaySet-6'],
    ['retryJob', 'retryJob-7'],
  ])('%s enters a job into the line where Bull would give it a place in the list', (name, file) => {
    const content = bulls(file);
    expect(content).toMatch(/addJobWithPriority\(KEYS\[\d\], priority, (jobId|ARGV\[2\]), target\)/);
    const lua = enterIntoLine(name, content);
    expect(lua.match(/local function addJobWithPriority\(/g)).toHaveLength(1);
    expect(lua).toContain(`enterLine(jobId, ${name === 'retryJob'})`);
  });

  it('moveStalledJobsToWait rings for a job that it puts back', () => {
    expect(enterIntoLine('moveStalledJobsToWait', bulls('moveStalledJobsToWait-7'))).toContain('jobId) ring()');
  });

  it('another is left as it is; one with another text than the known one is refused', () => {
    expect(enterIntoLine('takeLock', 'return 1')).toBe('return 1');
    expect(() => callEnterLine('return 1')).toThrow("Bull's script has no single");
  });
});
