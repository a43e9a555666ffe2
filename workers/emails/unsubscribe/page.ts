import type { Brands } from '../../../src/brands/store.ts';
import { parseMailbox } from '../../../src/fields/mail-address.ts';
import type { PageFrame } from '../../../src/kinds/page.ts';
import type { RouteAnswer, RouteRequest } from '../../../src/kinds/routes.ts';
import type { Subscription } from '../../../src/signing/links.ts';
import { TRANSACTIONAL } from '../../../src/suppressions/stream.ts';
import type { EmailsConfig } from '../settings.ts';
import { directionOf } from '../words/words.ts';
import type { UnsubscribeWords } from './languages/unsubscribe-words.ts';
import { chooseLanguage, readLanguages, wordsOf } from './words.ts';

/** What a person has left: nothing, the stream of the mail, or all that its sender sends. */
export type Left = 'nothing' | 'stream' | 'all';

/** What the page says. `unknown`: the link is none of ours; `undone`: who had left is back; without `canUndo` others stopped the mail. */
type Step =
  | { subscription: null }
  | { subscription: Subscription; left: Left; canUndo: boolean; others: OtherStream[]; isUndone?: boolean };

/** Another stream of the same sender, and whether the person has left it; without `canUndo` others stopped it. */
export interface OtherStream {
  name: string;
  hasLeft: boolean;
  canUndo: boolean;
}

/** A form of one button; `do` is what its POST asks for. */
interface Choice {
  do: 'stream' | 'all' | 'undo' | 'undo-all';
  label: string;
  isPrimary: boolean;
  hint?: string;
}

interface UnsubscribeData {
  title: string;
  /** A sentence in pieces; values may be of another direction than their sentence. */
  text: { text: string; isValue: boolean }[];
  choices: Choice[];
  /** The other streams of the sender, each with its button. */
  others: { title: string; streams: { name: string; label: string; do: Choice['do'] }[] } | null;
  /** The logo of the sender, and its name. */
  logo: { path: string; alt: string } | null;
  /** Where the forms are posted. */
  path: string;
  /** Where its sender is. */
  postalAddress: readonly string[];
}

export interface UnsubscribePageDeps {
  config: Pick<EmailsConfig, 'EMAILS_FROM'>;
  brands: Pick<Brands, 'resolve'>;
}

type Request = Pick<RouteRequest, 'params' | 'header'>;

/** Makes the function that shows the page: in the sender's name, in the language of the mail, else of the browser. */
export function createUnsubscribePage({ config, brands }: UnsubscribePageDeps) {
  const fallback = parseMailbox(config.EMAILS_FROM);
  return async (step: Step, { params, header }: Request): Promise<RouteAnswer> => {
    const { page, caller = null } = step.subscription ?? {};
    const lang = chooseLanguage([page?.lang, ...readLanguages(header('accept-language'))]);
    const words = wordsOf(lang);
    // A page without its brand is better than none.
    const brand = caller && page?.brand ? await brands.resolve(caller, page.brand).catch(() => null) : null;
    const sender = brand?.body.senderName || page?.sender || fallback.name || fallback.address;
    const path = `/u/${encodeURIComponent(params['token'] ?? '')}`;
    const data = describe(step, words, sender);
    const frame: PageFrame = {
      ...{ title: data.title, isPublic: true },
      language: { lang, dir: directionOf(lang), skip: words.skip },
      ...(step.subscription ? { owner: sender } : {}),
      ...(brand?.body.colours?.accent ? { look: `${path}/look.css` } : {}),
    };
    const logo = brand?.body.logo ? { path: `${path}/logo`, alt: sender } : null;
    const shown: UnsubscribeData = { ...data, path, logo, postalAddress: brand?.body.postalAddress ?? [] };
    return { status: step.subscription ? 200 : 404, page: { view: '@emails/unsubscribe', frame, data: shown } };
  };
}

function describe(
  step: Step,
  words: UnsubscribeWords,
  sender: string,
): Omit<UnsubscribeData, 'path' | 'logo' | 'postalAddress'> {
  const { subscription } = step;
  if (subscription === null) {
    return { title: words.unknown, text: fill(words.unknownText, {}), choices: [], others: null };
  }
  const others = describeOthers(step.others, words, sender);
  const { address, messageStream } = subscription;
  const values = { address, sender, stream: messageStream };
  const hasName = messageStream !== TRANSACTIONAL;
  if (step.left !== 'nothing') {
    const text = step.left === 'all' ? words.doneAll : hasName ? words.doneStream : words.doneThis;
    const undo = step.left === 'all' ? 'undo-all' : 'undo';
    return {
      title: words.done,
      text: fill(text, values),
      choices: step.canUndo ? [{ do: undo, label: words.undo, isPrimary: false }] : [],
      others: step.left === 'all' ? null : others,
    };
  }
  const choices: Choice[] = [
    { do: 'stream', label: words.unsubscribe, isPrimary: true },
    {
      ...{ do: 'all', label: words.stopAll.replace('{sender}', () => sender) },
      ...{ isPrimary: false, hint: words.stopAllHint },
    },
  ];
  if (step.isUndone) return { title: words.undone, text: fill(words.undoneText, values), choices: [], others };
  return { title: words.ask, text: fill(hasName ? words.askStream : words.askThis, values), choices, others };
}

/** The other streams, but for those that the person did not leave by such a link. */
function describeOthers(
  streams: readonly OtherStream[],
  words: UnsubscribeWords,
  sender: string,
): UnsubscribeData['others'] {
  const shown = streams.filter(({ hasLeft, canUndo }) => !hasLeft || canUndo);
  if (shown.length === 0) return null;
  return {
    title: words.others.replace('{sender}', () => sender),
    streams: shown.map(({ name, hasLeft }) =>
      hasLeft ? { name, label: words.undo, do: 'undo' } : { name, label: words.unsubscribe, do: 'stream' },
    ),
  };
}

/** Splits a sentence at the values that are filled in. */
const fill = (sentence: string, values: Readonly<Record<string, string>>): UnsubscribeData['text'] =>
  sentence
    .split(/\{(\w+)\}/)
    .map((text, index) => (index % 2 === 0 ? { text, isValue: false } : { text: values[text] ?? '', isValue: true }))
    .filter(({ text }) => text !== '');
