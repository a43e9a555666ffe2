// @ts-check

import { parse } from './request.js';

/**
 * @typedef {import('./row.js').Kept} Kept
 * @typedef {import('./row.js').Row} Row
 * @typedef {import('./words.js').Phrases} Phrases
 */

/** Sets what the form sends, and what comes back with the page. @param {ElementInternals} internals @param {string} name @param {readonly Row[]} rows */
export function setFormValue(internals, name, rows) {
  const kept = rows.filter(({ id }) => id).map(({ id, name: file, size, state }) => ({ id, name: file, size, state }));
  const data = new FormData();
  for (const { id } of kept) data.append(name, id);
  internals.setFormValue(kept.length > 0 && name ? data : null, JSON.stringify(kept));
}

/** Reads what came back. @param {unknown} state @returns {Kept[]} */
export const readKept = (state) => (typeof state === 'string' && parse(state)) || [];

/**
 * Sets whether the form may be sent, and what is said where it may not.
 * @param {ElementInternals} internals
 * @param {{ rows: readonly Row[], isRequired: boolean, phrases: Phrases, anchor: HTMLElement }} facts
 */
export function setValidity(internals, { rows, isRequired, phrases, anchor }) {
  const isIn = (/** @type {Row['state']} */ state) => rows.some((row) => row.state === state);
  const isMissing = isRequired && !rows.some(({ id }) => id);
  const word = (isIn('sending') && 'busy') || (isIn('failed') && 'failed') || (isMissing && 'required') || '';
  if (!word) return internals.setValidity({});
  const flags = word === 'required' ? { valueMissing: true } : { customError: true };
  internals.setValidity(flags, phrases.word(word), anchor.isConnected ? anchor : undefined);
}

/**
 * The field that was taken over keeps its name, by which browsers know a form again, but sends nothing.
 * @param {FormData} data
 * @param {string} name
 */
export function leaveOut(data, name) {
  const sent = data.getAll(name);
  data.delete(name);
  for (const entry of sent) if (!(entry instanceof File && entry.name === '')) data.append(name, entry);
}
