import type { Command } from 'commander';
import type { Config } from '../../../src/config/platform.ts';
import { createKeyStore, type Holdings, type Rate, type StoredKey } from '../../../src/keys/store.ts';
import type { CommandContext } from '../../cli/context.ts';
import { withRedis } from '../../cli/redis.ts';
import { formatTable, formatTime } from '../../cli/table.ts';
import { formatHoldings, formatRate, settingsKeys } from './settings-keys.ts';

/** A key as the list shows it, never its text. */
interface KeyView extends Holdings {
  name: string;
  /** Where it is kept: `Redis`, or the setting. */
  source: string;
  scopes: readonly string[];
  rate: Rate | null;
  senders: string[] | null;
  /** The brand of its jobs that name none. */
  brand: string | null;
  createdAt: string | null;
  lastUsedAt: string | null;
  /** The setting whose key of the same name counts in its place; null when this one counts. */
  hiddenBy: string | null;
}

/** `heavylift keys list` */
export function addListKeys(keys: Command, context: CommandContext): void {
  keys
    .command('list')
    .description('list all keys, those of the settings first')
    .option('--json', 'print a JSON list')
    .action(async ({ json }: { json?: true }) => {
      const config = context.loadConfig();
      const stored = await withRedis(config, (redis) => createKeyStore(redis).list());
      const views = viewKeys(config, stored);
      context.print(json ? JSON.stringify(views, null, 2) : formatKeys(views));
    });
}

function viewKeys(config: Config, stored: readonly StoredKey[]): KeyView[] {
  const { keys, source } = settingsKeys(config);
  const without = { rate: null, senders: null, brand: null, createdAt: null, lastUsedAt: null, hiddenBy: null };
  return [
    ...keys.map(({ name, scopes }) => ({ name, source, scopes, ...without })),
    ...stored.map(({ digest, senders = null, brand = null, ...key }) => {
      // Made before the settings took its name.
      const hiddenBy = keys.some(({ name }) => name === key.name) ? source : null;
      return { ...key, source: 'Redis', senders, brand, hiddenBy };
    }),
  ];
}

function formatKeys(views: readonly KeyView[]): string {
  const rows = views.map((view) => {
    const { name, source, scopes, rate, senders, createdAt, lastUsedAt, hiddenBy } = view;
    const created = createdAt === null ? `in ${source}` : formatTime(createdAt);
    const used = lastUsedAt ? formatTime(lastUsedAt) : 'never';
    return [
      name,
      `${scopes.join(',')}${senders ? ` (from ${senders.join(', ')})` : ''}`,
      formatRate(rate),
      formatHoldings(view).join(', ') || '-',
      view.brand ?? '-',
      hiddenBy ? `hidden by the one in ${hiddenBy}` : created,
      createdAt === null ? '-' : used,
    ];
  });
  return formatTable([['NAME', 'SCOPES', 'RATE', 'LIMITS', 'BRAND', 'CREATED', 'LAST USED'], ...rows]);
}
