import { EASTERN } from './eastern.ts';
import { FURTHER } from './further.ts';
import { NORTHERN } from './northern.ts';
import type { UnsubscribeWords } from './unsubscribe-words.ts';
import { WESTERN } from './western.ts';

/** The words of the page by language; one that differs by script or country has a further entry under that name. */
export const WORDS: Readonly<Record<string, UnsubscribeWords>> = { ...NORTHERN, ...WESTERN, ...EASTERN, ...FURTHER };
