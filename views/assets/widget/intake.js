// @ts-check

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
