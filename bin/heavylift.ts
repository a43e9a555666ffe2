/** The entry of the command line; `bin/heavylift` runs it with node 24. */
import { loadConfig } from '../workers/config.ts';
import { runCommand } from './cli/run.ts';

const code = await runCommand(process.argv.slice(2), {
  loadConfig,
  print: (text) => process.stdout.write(`${text}\n`),
  remark: (text) => process.stderr.write(`${text}\n`),
});
// A connection to a frozen Redis would hold the process for its own time.
process.exit(code);
