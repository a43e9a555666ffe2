import { readFileSync } from 'node:fs';
import { openJudge } from './judge.ts';

// Judges one file in a process of its own: `node child.ts FILE [FIELDS]` prints what it took as one line of JSON.

/** What judging a file took. */
export interface Taken {
  verdict: string;
  /** The most that was resident, beyond what was before it was judged. */
  peakBytes: number;
  /** The most that the loop's own thread computed between two turns: how long others waited for it at least. */
  lagMs: number;
  ms: number;
}

const LOOK_EVERY_MS = 10;
const peak = () => 1024 * Number(readFileSync('/proc/self/status', 'utf8').match(/VmHWM:\s+(\d+)/)?.[1]);

const [path = '', fields = '{"width":50,"format":"png"}'] = process.argv.slice(2);
const judge = await openJudge();
// Loads what the first job loads.
await judge.judge(
  Buffer.from('GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;', 'latin1'),
);
const content = readFileSync(path);
const before = peak();
let lagMs = 0;
const computedMs = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};
let computedBefore = computedMs();
const look = () => {
  const computed = computedMs();
  lagMs = Math.max(lagMs, computed - computedBefore);
  computedBefore = computed;
};
setInterval(look, LOOK_EVERY_MS).unref();
let begun = performance.now();
const verdict = await judge.judge(content, JSON.parse(fields), () => {
  // How the file gets into storage is not the subject.
  begun = performance.now();
  computedBefore = computedMs();
  lagMs = 0;
});
look();
const taken: Taken = {
  verdict,
  peakBytes: peak() - before,
  lagMs: Math.round(lagMs),
  ms: Math.round(performance.now() - begun),
};
await judge.close();
process.stdout.write(`${JSON.stringify(taken)}\n`);
