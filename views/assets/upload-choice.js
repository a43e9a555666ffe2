import { showKept } from './kept-file.js';

/** A file can be dropped anywhere on the page, or pasted; the browser's own field stays in charge of the choice. */
export function chooseByDropping(form, input) {
  takeDropped(form.querySelector('[data-drop]'), ({ files }) => {
    if (files.length === 0) return;
    input.files = files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });
  input.addEventListener('change', () => showKept(form));
}

/** Calls `choose` with what is dropped anywhere on the page, or pasted; the zone shows that it would be taken. */
export function takeDropped(zone, choose) {
  const hasFiles = (event) => event.dataTransfer?.types.includes('Files');
  addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    zone.classList.add('is-over');
  });
  addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) zone.classList.remove('is-over');
  });
  addEventListener('drop', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    zone.classList.remove('is-over');
    choose(event.dataTransfer);
  });
  // Cells that were copied in a spreadsheet are a text and a picture of it: the picture is not what is meant.
  addEventListener('paste', ({ target, clipboardData }) => {
    const isText = target instanceof Element && target.matches('input, textarea');
    if (!isText && clipboardData && !clipboardData.types.includes('text/plain')) choose(clipboardData);
  });
}
