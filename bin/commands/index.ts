import type { Command } from 'commander';
import type { CommandContext } from '../cli/context.ts';
import { addAcceptSecret } from './accept-secret.ts';
import { addAlerts } from './alerts.ts';
import { addAudit } from './audit.ts';
import { addBackup } from './backup.ts';
import { addCallers } from './callers.ts';
import { addCompletion } from './completion.ts';
import { addDeploy } from './deploy.ts';
import { addDev } from './dev.ts';
import { addDoctor } from './doctor.ts';
import { addJobs } from './jobs/index.ts';
import { addAddressSecret, addWebhookSecret } from './key-secrets.ts';
import { addKeys } from './keys/index.ts';
import { addLogs } from './logs.ts';
import { addMailCheck } from './mail-check.ts';
import { addMailEvents } from './mail-events/index.ts';
import { addRepairRedis } from './repair-redis.ts';
import { addRestart } from './restart.ts';
import { addRestore } from './restore.ts';
import { addSignIn } from './sign-in.ts';
import { addStart } from './start.ts';
import { addStatus } from './status.ts';
import { addStop } from './stop.ts';
import { addStorage } from './storage/index.ts';

/** Every command, in the order of the help: each adds itself to the program. */
export const COMMANDS: readonly ((program: Command, context: CommandContext) => void)[] = [
  addStart,
  addDev,
  addStop,
  addStatus,
  addDoctor,
  addRestart,
  addDeploy,
  addJobs,
  addLogs,
  addKeys,
  addCallers,
  addAudit,
  addAlerts,
  addSignIn,
  addWebhookSecret,
  addAddressSecret,
  addAcceptSecret,
  addMailCheck,
  addMailEvents,
  addStorage,
  addBackup,
  addRestore,
  addRepairRedis,
  addCompletion,
];
