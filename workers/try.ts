import { KINDS } from './index.ts';

/**
 * Tries whether libraries load on this machine: `node workers/try.ts images reports` prints a line of JSON for each kind that
 * was tried, `{"kind", "fault"}` with null for none, and ends.
 */
for (const name of process.argv.slice(2)) {
  const tried = KINDS.find(({ contract }) => contract.kind === name);
  let fault: string | null = null;
  try {
    await tried?.load();
    await tried?.loadThreads?.();
  } catch (error) {
    [fault = 'unknown'] = String((error as Error | null)?.message ?? error).split('\n');
  }
  process.stdout.write(`${JSON.stringify({ kind: name, fault })}\n`);
}
// What a library keeps open is no reason to stay.
process.exit(0);
