import type { Total } from '../input/columns.ts';
import type { Messages } from './messages.ts';

/** The word for each row of totals. */
const WORDS = { sum: 'total', avg: 'average', min: 'minimum', max: 'maximum', count: 'count' } as const;

/** Returns what a row of totals is called. */
export const totalWord = (total: Total, messages: Messages): string => messages[WORDS[total]];
