import type { Redis } from 'ioredis';
import { LINE } from './line.ts';

/** Bull's scripts that put jobs among the waiting ones, with what `prefix` (of job keys) is there. */
const PREFIXES: Readonly<Record<string, string>> = {
  updateDelaySet: 'ARGV[1]',
  retryJob: 'string.sub(KEYS[3], 1, -#ARGV[2] - 1)',
  moveStalledJobsToWait: 'ARGV[2]',
};

/** A run that is put back at once goes before its caller's other jobs. */
const PUTS_BACK = 'retryJob';

const BULLS_OWN = 'local function addJobWithPriority(';

/**
 * Makes one of Bull's scripts enter jobs into the kind's line, where Bull would find each its place in the list by a
 * number. A stalled job rings alone: whoever takes jobs looks for those that are in no line. Throws where Bull's text is
 * not the one that was known.
 */
export function enterIntoLine(name: string, lua: string): string {
  const prefix = PREFIXES[name];
  if (prefix === undefined) return lua;
  const lines = `local prefix = ${prefix}\n${LINE}`;
  if (name === 'moveStalledJobsToWait') {
    return (
      lines +
      replaceOnce(lua, "rcall('PUBLISH', KEYS[1] .. '@', jobId)", "rcall('PUBLISH', KEYS[1] .. '@', jobId) ring()")
    );
  }
  return lines + callEnterLine(lua, name === PUTS_BACK);
}

/** A script of Bull's that calls `enterLine`, which is there, for each job that it puts among the waiting ones, and notes when. */
export function callEnterLine(lua: string, isPutBack = false): string {
  const own = `
local function addJobWithPriority(_key, _priority, jobId, list)
  redis.call('LPUSH', list, jobId)
  enterLine(jobId, ${isPutBack})
  redis.pcall('HSET', prefix .. jobId, 'entered', now)
end
`;
  return own + replaceOnce(lua, BULLS_OWN, 'local function bullsAddJobWithPriority(');
}

function replaceOnce(text: string, part: string, by: string): string {
  if (text.split(part).length !== 2) throw new Error(`Bull's script has no single "${part}"`);
  return text.replace(part, () => by);
}

/** Makes Bull's scripts on this connection enter jobs into lines. Call it before Bull defines its scripts. */
export function useLines(redis: Redis): void {
  const define = redis.defineCommand.bind(redis);
  redis.defineCommand = (name, definition) => define(name, { ...definition, lua: enterIntoLine(name, definition.lua) });
}
