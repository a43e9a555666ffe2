// @ts-check

import { takesFile } from './sending.js';

/** `20MB`, in steps of 1000; a number is in bytes. Without limit where it is neither. @param {string | null} text */
export function readBytes(text) {
  const [, amount, unit = ''] = /^\s*([\d.]+)\s*([kmg]?)b?\s*$/i.exec(text ?? '') ?? [];
  if (amount === undefined) return Number.POSITIVE_INFINITY;
  return Number(amount) * 1000 ** ['', 'k', 'm', 'g'].indexOf(unit.toLowerCase());
}

/** Whether files are dragged. @param {DragEvent} event */
export const hasFiles = ({ dataTransfer }) => Boolean(dataTransfer?.types.includes('Files'));

/** The files that were dropped; folders are none. @param {DragEvent} event */
export const filesDropped = ({ dataTransfer }) =>
  [...(dataTransfer?.items ?? [])].flatMap((item) =>
    item.webkitGetAsEntry()?.isDirectory ? [] : (item.getAsFile() ?? []),
  );

/**
 * The files that were pasted; none where a text was, or into a text field: cells that were copied in a spreadsheet are a
 * text and a picture of it, and the picture is not what is meant.
 * @param {ClipboardEvent} event
 */
export function filesPasted(event) {
  const { files, types } = event.clipboardData ?? {};
  if (event.defaultPrevented || !files || types?.includes('text/plain')) return [];
  const isText = (/** @type {EventTarget} */ place) =>
    place instanceof HTMLElement && (place.isContentEditable || place.matches('textarea, input:not([type=file])'));
  return event.composedPath().some(isText) ? [] : [...files];
}

/**
 * What an element takes, as its attributes say, or else the field that it took over.
 * @typedef {object} Taking
 * @property {string} types As `accept` has them.
 * @property {string | null} camera Null without a button for it.
 * @property {boolean} isMultiple
 * @property {number} mostFiles
 * @property {number} mostBytes
 * @property {boolean} isOff Whether the element is disabled.
 */

/** @param {HTMLElement} element @param {HTMLInputElement | undefined} field @param {boolean} isOff @returns {Taking} */
export function readTaking(element, field, isOff) {
  const isMultiple = element.hasAttribute('multiple') || Boolean(field?.multiple);
  return {
    types: element.getAttribute('accept') ?? field?.accept ?? '',
    camera: element.getAttribute('camera'),
    isMultiple,
    mostFiles: isMultiple ? Number(element.getAttribute('max-files')) || Number.POSITIVE_INFINITY : 1,
    mostBytes: readBytes(element.getAttribute('max-bytes')),
    isOff,
  };
}

/**
 * Why a file can not be taken beside so many others, as a word; empty when it can.
 * @param {File} file
 * @param {Taking} taking
 * @param {number} beside
 */
export function findFault(file, { types, mostBytes, mostFiles }, beside) {
  if (!takesFile(file, types)) return 'wrongType';
  if (file.size === 0) return 'empty';
  if (file.size > mostBytes) return 'tooLarge';
  return beside < mostFiles ? '' : 'tooMany';
}
