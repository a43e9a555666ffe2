import { da } from './da.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import { es } from './es.ts';
import { fi } from './fi.ts';
import { fr } from './fr.ts';
import { it } from './it.ts';
import type { Messages } from './messages.ts';
import { nb } from './nb.ts';
import { nl } from './nl.ts';
import { nn } from './nn.ts';
import { pl } from './pl.ts';
import { sv } from './sv.ts';

/** By language; each has a file of its own. */
const LANGUAGES: Record<string, Messages> = { da, de, en, es, fi, fr, it, nb, nl, nn, pl, sv, no: nb };

/** Finds the messages of a language tag; those of a language that isn't here are English. */
export const messagesFor = (lang: string): Messages => LANGUAGES[new Intl.Locale(lang).language] ?? en;
