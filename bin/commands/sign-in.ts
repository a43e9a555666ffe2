import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { dataPaths } from '../../src/data-dir.ts';
import { openKeyring } from '../../src/keys/keyring.ts';
import { findSecrets } from '../../src/signing/secret.ts';
import { SCOPES } from '../../workers/index.ts';
import { enterAuditSoon } from '../cli/audited.ts';
import { type CommandContext, CommandError } from '../cli/context.ts';

/** `heavylift sign-in`: another sign-in link, since each serves once. */
export function addSignIn(program: Command, context: CommandContext): void {
  program
    .command('sign-in')
    .description('print a link that signs a browser in, once, within a day')
    .action(async () => {
      const config = context.loadConfig();
      // Neither is made here: what the service does not know would lead nowhere.
      if (!findSecrets(config) || !(config.API_KEYS || existsSync(dataPaths(config.DATA_DIR).apiKeyFile))) {
        throw new CommandError(
          `${config.DATA_DIR} has no deployment secret or no api-key: run this with the settings of the service`,
        );
      }
      context.print(await openKeyring(config, SCOPES).signInLink());
      await enterAuditSoon(context, 'sign-in.link', null);
    });
}
