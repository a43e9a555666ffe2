// @ts-check

/** How many sentences are said in one go. */
const MOST_SAID = 5;

/** Makes what has a screen reader say something; what comes at one moment in one go. @param {HTMLElement} status @returns {(text: string) => void} */
export function createSpeech(status) {
  /** @type {string[]} */
  let unsaid = [];
  return (text) => {
    unsaid.push(text);
    if (unsaid.length > 1) return;
    setTimeout(() => {
      status.textContent = unsaid.slice(0, MOST_SAID).join(' ');
      unsaid = [];
    }, 200);
  };
}
